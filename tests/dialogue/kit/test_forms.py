"""Forms: a refusal stands at its field, or alone where no field can be seen."""

import pytest
from bs4 import BeautifulSoup

from dialogue.kit import rendering
from dialogue.kit.errors import Invalid
from dialogue.kit.forms import GermanForm, email_field

SUMMARY = '{% from "components/forms.html" import error_summary %}{{ error_summary(form) }}'


class Letter(GermanForm):
    email = email_field("E-Mail-Adresse")


def summary(field):
    """The items of the error summary after a refusal for this field: text and where it leads."""
    form = Letter()
    form.refuse(Invalid("Heute nicht.", field=field))
    page = BeautifulSoup(rendering.environment().from_string(SUMMARY).render(form=form), "html.parser")
    return [(item.get_text(), item.a["href"] if item.a else None) for item in page.select("li")]


@pytest.mark.parametrize(
    ("field", "leads_to"), [("email", "#email"), ("once", None), ("", None), ("unknown", None)]
)
def test_a_refusal_leads_to_its_field_if_that_can_be_seen(field, leads_to):
    assert summary(field) == [("Heute nicht.", leads_to)]
