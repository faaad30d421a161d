"""E-mail addresses: one mailbox, one spelling, in the account and in the mail."""

import pytest
from starlette.datastructures import FormData

from dialogue.kit.forms import GermanForm, email_field
from dialogue.kit.mail import Mail, Post


class Asked(GermanForm):
    email = email_field("E-Mail-Adresse")


def stored(typed):
    form = Asked(FormData(email=typed))
    return form.email.data if form.validate() else None


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  name@halle.de ", "name@halle.de"),
        ("name@ｈalle.de", "name@halle.de"),
        ("name@halle。de", "name@halle.de"),
        ("name@HALLE.de", "name@halle.de"),
        ("name@bücherei.de", "name@xn--bcherei-n2a.de"),
        ("Vor.Name+dialog@halle.de", "Vor.Name+dialog@halle.de"),
    ],
)
def test_an_address_is_kept_as_it_stands_in_mails(typed, kept):
    assert stored(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "=?utf-8?q?citizen?=@halle.de",
        "=?utf-8?q?a=40evil.de=2C_b?=@halle.de",
        "jürgen@halle.de",
        "a@b",
        "a b@halle.de",
        "a@halle.de, b@halle.de",
        '"a@evil.de, b"@halle.de',
        "a@halle.de\nBcc: b@halle.de",
    ],
)
def test_what_mail_programs_read_differently_is_refused(typed):
    assert stored(typed) is None


@pytest.mark.parametrize("to", ["a+b.c@halle.de", "x@xn--bcherei-n2a.de"])
def test_a_mail_goes_to_the_address_of_the_account(to):
    message = Post("Stadt <dialog@halle.de>").message(Mail(to, "Betreff", "Text", "1"))

    assert [each.addr_spec for each in message["To"].addresses] == [to]
    assert message.as_bytes().count(b"\nTo: " + to.encode()) == 1
