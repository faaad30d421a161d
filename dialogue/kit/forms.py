"""Forms: WTForms with German messages; a refusal becomes an error of its field or of the form."""

from typing import Any

from wtforms import Form, HiddenField, StringField
from wtforms.validators import Email, InputRequired, Length

from dialogue.kit.errors import Refusal
from dialogue.kit.text import normalise


class GermanForm(Form):
    """Base of all forms."""

    class Meta:
        locales = ["de"]

    once = HiddenField()

    def refuse(self, error: Refusal) -> None:
        """Show a rule's "no" at its field; without one that can be seen it stands alone in the summary."""
        field = self._fields.get(error.field)
        if field is None or field.flags.hidden:
            self.form_errors.append(error.text)
        else:
            field.errors = [*field.errors, error.text]


def plain(value: Any) -> Any:
    """Filter: normalised text, as it will be stored."""
    return normalise(value) if isinstance(value, str) else value


def email_field(label: str) -> StringField:
    return StringField(
        label,
        filters=[plain],
        validators=[
            InputRequired("Bitte geben Sie Ihre E-Mail-Adresse ein."),
            Length(max=200, message="Bitte höchstens 200 Zeichen."),
            Email("Diese E-Mail-Adresse ist unvollständig. Sie sieht etwa so aus: name@example.org"),
        ],
        render_kw={"autocomplete": "email", "inputmode": "email", "type": "email"},
    )
