"""Forms: WTForms with German messages; a refusal becomes an error of its field or of the form."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from email_validator import EmailNotValidError, validate_email
from wtforms import DateField, Field, FieldList, Form, FormField, HiddenField, IntegerField, StringField
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from dialogue.kit.errors import Refusal
from dialogue.kit.text import normalise

_INCOMPLETE = "Diese E-Mail-Adresse ist unvollständig. Sie sieht etwa so aus: name@example.org"


class GermanForm(Form):
    """Base of all forms."""

    class Meta:
        locales = ["de"]

    once = HiddenField()

    @property
    def faulty(self) -> list[Field]:
        """Fields with an error, also those within groups."""
        return [field for field in leaves(self) if field.errors]

    def refuse(self, error: Refusal) -> None:
        """Show a rule's "no" at its field; without one that can be seen it stands alone in the summary."""
        field = self._fields.get(error.field)
        if field is None or field.flags.hidden:
            self.form_errors.append(error.text)
        else:
            field.errors = [*field.errors, error.text]


class WholeField(IntegerField):
    """A whole number of at most nine digits, as our own pages send it; anything else is as good as none."""

    def process_formdata(self, valuelist: Any) -> None:
        written = valuelist[0] if valuelist else ""
        fits = written.isascii() and written.isdigit() and len(written) <= 9
        self.data = int(written) if fits else None


def leaves(fields: Iterable[Field]) -> Iterator[Field]:
    """All fields, also those within groups and repeated ones."""
    for field in fields:
        if isinstance(field, FormField | FieldList):
            yield from leaves(field)
        else:
            yield field


def plain(value: Any) -> Any:
    """Filter: normalised text, as it will be stored."""
    return normalise(value) if isinstance(value, str) else value


def mailable(written: str) -> str:
    """The address that means one mailbox in every mail program, in the one way it is written in mails.

    Raises ValueError.
    """
    found = validate_email(written, check_deliverability=False, allow_smtputf8=False)
    if "=?" in found.local_part:  # an encoded word: mail programs would read another address
        raise EmailNotValidError
    return str(found.ascii_email)


def must_be_mailable(_: Form, field: Field) -> None:
    try:
        field.data = mailable(field.data)
    except EmailNotValidError:
        raise ValidationError(_INCOMPLETE) from None


def ruled(rule: Callable[[str], str]) -> Callable[[Form, Field], None]:
    """A validator made of a rule: the field then holds what it returns, or shows what it refuses."""

    def validate(_: Form, field: Field) -> None:
        try:
            field.data = rule(field.data or "")
        except Refusal as error:
            raise ValidationError(error.text) from None

    return validate


def day_field(label: str) -> DateField:
    return DateField(
        label, validators=[InputRequired("Bitte wählen Sie einen Tag.")], render_kw={"type": "date"}
    )


def email_field(label: str, *, required: bool = True) -> StringField:
    return StringField(
        label,
        filters=[plain],
        validators=[
            InputRequired("Bitte geben Sie Ihre E-Mail-Adresse ein.") if required else Optional(),
            Length(max=200, message="Bitte höchstens 200 Zeichen."),
            must_be_mailable,
        ],
        render_kw={"autocomplete": "email", "inputmode": "email", "type": "email"},
    )
