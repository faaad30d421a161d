"""The form of the appearance: what admins may write, and how it becomes a look."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from wtforms import (
    BooleanField,
    Field,
    FileField,
    Form,
    HiddenField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, ValidationError

from consultations import accent, appearance
from consultations.city import City
from consultations.town import CITY, CONTACT, Town
from dialogue.kit import catalogues, colour
from dialogue.kit.errors import Invalid
from dialogue.kit.forms import GermanForm, must_be_mailable, plain
from dialogue.kit.text import is_blank, length, normalise, overloaded

LOGO_SIZE = 1024 * 1024
TOO_LARGE = "Das Logo ist größer als 1 MB. Bitte wählen Sie eine kleinere Datei."
_PHONE = re.compile(r"\+?[0-9][0-9 ()/.\-\u2013]{3,38}[0-9]", re.ASCII)


def one_line(value: Any) -> Any:
    """Filter: normalised, and on one line: it may stand in the subject of a mail."""
    return " ".join(normalise(value).split()) if isinstance(value, str) else value


def _words(most: int) -> Callable[[Form, Field], None]:
    def check(_: Form, field: Field) -> None:
        if field.data and is_blank(field.data):
            raise ValidationError("Bitte schreiben Sie etwas, das man sehen kann.")
        if length(field.data or "") > most:
            raise ValidationError(f"Bitte höchstens {most} Zeichen. Jetzt sind es {length(field.data)}.")
        if overloaded(field.data or ""):
            raise ValidationError(
                "Ein Zeichen ist aus sehr vielen zusammengesetzt. Bitte schreiben Sie es einfacher."
            )

    return check


def _line(label: str, most: int, missing: str = "", hint: str = "", **looks: Any) -> StringField:
    required = [InputRequired(missing)] if missing else []
    return StringField(
        label, filters=[one_line], validators=[*required, _words(most)], description=hint, render_kw=looks
    )


def _dialled(_: Form, field: Field) -> None:
    if not _PHONE.fullmatch(field.data or ""):
        raise ValidationError("Bitte geben Sie eine Telefonnummer ein, etwa 0345 221-0.")


def _readable(_: Form, field: Field) -> None:
    if field.data:
        try:
            field.data = accent.checked(field.data)
        except Invalid as wrong:
            raise ValidationError(wrong.text) from None


def _finished(_: Form, field: Field) -> None:
    known = {language.code: language for language in catalogues.languages()}
    for code in field.data or ():
        if code not in known:
            raise ValidationError("Diese Sprache gibt es hier nicht.")
        if not known[code].finished:
            raise ValidationError(
                f"{known[code].name} ist erst zu {known[code].percent} % übersetzt und noch nicht wählbar."
            )


class AppearanceForm(GermanForm):
    name = _line("Name der Stadt", 80, "Bitte geben Sie den Namen der Stadt ein.")
    platform = _line(
        "Name der Plattform",
        80,
        "Bitte geben Sie den Namen der Plattform ein.",
        "Steht oben auf jeder Seite und in E-Mails.",
    )
    claim = _line("Leitsatz", 120, hint="Steht klein unter dem Namen.")
    question = _line(
        "Leitfrage", 160, "Bitte geben Sie die Leitfrage ein.", "Die Überschrift der Startseite."
    )
    intro = TextAreaField(
        "Einführung",
        filters=[plain],
        validators=[InputRequired("Bitte schreiben Sie zwei, drei Sätze zur Einführung."), _words(1000)],
        description="Zwei, drei Sätze unter der Leitfrage: worum es geht, wer entscheidet, wann.",
        render_kw={"rows": 5},
    )
    accent = StringField(
        "Akzentfarbe",
        filters=[one_line],
        validators=[_readable],
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )
    office = _line("Stelle", 120, "Bitte geben Sie an, welche Stelle antwortet.", autocomplete="off")
    address = TextAreaField(
        "Anschrift",
        filters=[plain],
        validators=[InputRequired("Bitte geben Sie die Anschrift ein."), _words(400)],
        render_kw={"rows": 4, "autocomplete": "off"},
    )
    mail = StringField(
        "E-Mail-Adresse",
        filters=[one_line],
        validators=[InputRequired("Bitte geben Sie eine E-Mail-Adresse ein."), _words(200), must_be_mailable],
        render_kw={"inputmode": "email", "type": "email", "autocomplete": "off"},
    )
    phone = StringField(
        "Telefon",
        filters=[one_line],
        validators=[InputRequired("Bitte geben Sie eine Telefonnummer ein."), _dialled],
        render_kw={"inputmode": "tel", "type": "tel", "autocomplete": "off"},
    )
    languages = SelectMultipleField("Sprachen", validators=[_finished], validate_choice=False)
    remove_logo = BooleanField("Logo entfernen")
    logo = FileField("Logo", render_kw={"accept": "image/png,image/jpeg,image/webp,image/svg+xml"})
    kept_logo = HiddenField()
    version = HiddenField()

    @property
    def follows(self) -> int:
        """The look this form was made from; -1 when somebody made that up."""
        version = self.version.data or ""
        return int(version) if version.isascii() and version.isdigit() and len(version) < 19 else -1

    @property
    def proposal(self) -> str:
        """The nearest colour that can be read, when the one in the field cannot."""
        try:
            chosen = accent.read(self.accent.data or "#000000")
        except Invalid:
            return ""
        return accent.nearest(chosen) if accent.faint(chosen) else ""

    @property
    def colour(self) -> str:
        """The colour in the field, if it is one that may be used."""
        chosen = self.accent.data or ""
        return chosen if colour.is_colour(chosen) and not accent.faint(chosen) else ""


def filled_with(town: Town) -> AppearanceForm:
    """The form with what holds."""
    words = {name: getattr(town, name) for name in CITY}
    words |= {name: getattr(town.contact, name).strip() for name in CONTACT}
    carried = {"kept_logo": town.logo.digest if town.logo else "", "version": str(town.version)}
    return AppearanceForm(data=words | carried | {"languages": list(town.languages)})


def look_of(form: AppearanceForm, file: City, logo: str | None) -> Mapping[str, Any]:
    """What the form changes in the city's file; what is the same there stays as it is there."""
    standing = {name: getattr(file, name) for name in CITY} | dict(file.contact)
    typed = {name: form[name].data or "" for name in appearance.WORDS}
    changed = {
        name: value if normalise(value) != normalise(standing[name]) else None
        for name, value in typed.items()
    }
    languages = [
        catalogues.GERMAN,
        *(code for code in form.languages.data or () if code != catalogues.GERMAN),
    ]
    return changed | {"accent": changed["accent"] or None, "logo": logo, "languages": languages}
