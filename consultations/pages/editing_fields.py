"""Fields of the editors' forms, each with its limit."""

from typing import Any
from urllib.parse import urlsplit

from wtforms import DateField, Field, Form, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, NumberRange, Optional, ValidationError

from dialogue.kit.forms import plain
from dialogue.kit.text import length

LONG, TEXT, SHORT, LINE = 20_000, 8_000, 1_500, 200


class Part(Form):
    """A group of fields that is repeated, or belongs together."""

    class Meta:
        locales = ["de"]


def _at_most(most: int) -> Any:
    def check(_: Form, field: Field) -> None:
        if (many := length(field.data or "")) > most:
            raise ValidationError(f"Bitte höchstens {most} Zeichen; jetzt sind es {many}.")

    return check


def line(label: str, most: int = LINE, hint: str = "", *more: Any) -> StringField:
    return StringField(label, filters=[plain], validators=[*more, _at_most(most)], description=hint)


def words(label: str, most: int, hint: str = "", rows: int = 5) -> TextAreaField:
    return TextAreaField(
        label, filters=[plain], validators=[_at_most(most)], description=hint, render_kw={"rows": rows}
    )


def title(label: str, hint: str = "") -> StringField:
    return line(label, LINE, hint, InputRequired(f"Bitte füllen Sie „{label}“ aus."))


def choice(label: str, hint: str = "") -> SelectField:
    return SelectField(label, description=hint, validate_choice=True)


def _in_reach(_: Form, field: Field) -> None:
    if field.data and not 2000 <= field.data.year <= 2200:
        raise ValidationError("Bitte geben Sie ein Jahr zwischen 2000 und 2200 an.")


def day(label: str, hint: str = "") -> DateField:
    return DateField(label, validators=[Optional(), _in_reach], description=hint)


def place() -> IntegerField:
    return IntegerField(
        "Platz in der Reihenfolge",
        validators=[Optional(), NumberRange(0, 9999, "Bitte geben Sie eine Zahl von 0 bis 9999 an.")],
        description="Kleine Zahlen stehen weiter oben. Ohne Angabe kommt es ans Ende.",
        render_kw={"inputmode": "numeric"},
    )


def https(_: Form, field: Field) -> None:
    if not field.data:
        return
    try:
        found = urlsplit(field.data)
        fine = found.scheme == "https" and bool(found.hostname) and " " not in field.data
    except ValueError:
        fine = False
    if not fine:
        raise ValidationError("Bitte geben Sie eine vollständige Adresse an, die mit https:// beginnt.")
