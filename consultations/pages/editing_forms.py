"""The editors' forms: which fields each kind has, in which groups."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from wtforms import BooleanField, Field, FieldList, FormField, HiddenField, RadioField, SelectField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # the stubs lag behind
from wtforms.validators import Optional, Regexp

from consultations.editing import schedule
from consultations.pages.editing_fields import (
    LINE,
    LONG,
    SHORT,
    TEXT,
    Part,
    choice,
    day,
    https,
    line,
    place,
    title,
    words,
)
from dialogue.kit.forms import GermanForm

MOST_DOCUMENTS, MOST_RULES = 15, 20


class Draft(GermanForm):
    """What all forms of the editors share: the step they were opened on."""

    base = HiddenField(default="0")
    GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def groups(self) -> Iterator[tuple[str, list[Field]]]:
        """Headings and their fields, in order; a field that was taken out is left out."""
        for heading, names in self.GROUPS:
            yield heading, [self._fields[name] for name in names if name in self._fields]

    @property
    def contents(self) -> Iterator[Field]:
        return (field for _, fields in self.groups for field in fields)

    @property
    def content(self) -> dict[str, Any]:
        """What was typed, as it is stored."""
        return {field.name: _stored(field.data) for field in self.contents}


def _stored(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        rows = [{name: _stored(each) for name, each in row.items()} for row in value]
        return [row for row in rows if any(row.values())]
    if isinstance(value, dict):
        return {name: _stored(each) for name, each in value.items()}
    return value if isinstance(value, int) else value or (None if value is None else "")


class AreaForm(Draft):
    title = title("Name des Handlungsfelds")
    summary = words("Kurzbeschreibung", SHORT, "Ein bis drei Sätze: Worum geht es in diesem Feld?")
    position = place()
    GROUPS = (("", ("title", "summary", "position")),)


class DocumentPart(Part):
    title = line("Titel")
    address = line("Adresse", 500, "Beginnt mit https://. Ohne Adresse steht nur der Titel da.", https)
    note = line("Hinweis dazu", 500)

    def validate(self, extra_validators: Any = None) -> bool:
        fine = bool(super().validate(extra_validators))
        if not self.title.data and (self.address.data or self.note.data):
            self.title.errors = ["Bitte geben Sie dem Dokument einen Titel."]
            return False
        return fine


class PointForm(Draft):
    title = title("Titel")
    code = line(
        "Kürzel",
        20,
        "Zum Beispiel E7. Ohne Angabe bekommt der Punkt das nächste freie. Nach der Veröffentlichung bleibt es.",
        Optional(),
        Regexp("^[A-Z]+[0-9]+$", message="Erwartet sind Großbuchstaben und eine Zahl, wie E7."),
    )
    consultation = choice("Beteiligung")
    area = choice("Handlungsfeld")
    position = place()
    text = words("Text", LONG, "Was gelten soll. Eine Leerzeile beginnt einen neuen Absatz.", 10)
    rationale = words("Begründung", LONG, "Warum das vorgeschlagen wird.", 6)
    easy = words("In Leichter Sprache", LONG, "Kurze Sätze, jeder in einer eigenen Zeile.", 6)
    documents = FieldList(
        FormField(DocumentPart, "Dokument"),
        "Quellen und Dokumente",
        min_entries=1,
        max_entries=MOST_DOCUMENTS,
    )
    GROUPS = (
        ("Einordnung", ("title", "consultation", "area", "code", "position")),
        ("Wortlaut", ("text", "rationale", "easy")),
        ("Quellen und Dokumente", ("documents",)),
    )


class MeasureForm(Draft):
    title = title("Titel")
    area = choice("Handlungsfeld")
    code = line("Kürzel", 20, "Ohne Angabe bekommt die Maßnahme das nächste freie.")
    text = words("Beschreibung", TEXT)
    state = RadioField(
        "Stand",
        choices=[
            SelectChoice("planned", "geplant"),
            SelectChoice("running", "läuft"),
            SelectChoice("done", "erledigt"),
        ],
        default="planned",
    )
    until = line("Geplant bis", LINE, "Zum Beispiel: Ende 2027")
    cost = line("Kosten", LINE)
    position = place()
    GROUPS = (("", ("title", "area", "code", "text", "state", "until", "cost", "position")),)


class PhaseWords(Part):
    title = line("Überschrift")
    text = words("Was in dieser Zeit geschieht", SHORT, rows=2)


class PhasePart(PhaseWords):
    starts_on = day("Erster Tag")
    ends_on = day("Letzter Tag")


class LastPhasePart(PhaseWords):
    starts_on = day("Erster Tag")
    ends_on = day("Letzter Tag", "Ohne Angabe bleibt es dabei.")


class ConsultationForm(Draft):
    title = title("Titel", "Am besten eine Frage, die man ohne Vorwissen versteht.")
    lead = words("Kurz gesagt", SHORT, "Zwei Sätze: Worum geht es, und wozu werden die Menschen gefragt?", 3)
    about = words("Hintergrund", LONG, "Warum jetzt? Wer entscheidet? Was geschieht mit den Beiträgen?", 8)
    starts_on = day("Erster Tag", "Von diesem Tag an kann man schreiben und abstimmen. Heute heißt: sofort.")
    ends_on = day("Letzter Tag", "Er gehört dazu. Später lässt er sich nur nach hinten verschieben.")
    participation = FormField(PhaseWords, "Mitreden: eigene Worte dazu")
    information = FormField(PhasePart, "Vorher: Informieren")
    evaluation = FormField(PhasePart, "Danach: Auswerten")
    result = FormField(LastPhasePart, "Zum Schluss: Antworten")
    sealed_until = day(
        "Zwischenstände verdeckt bis zum",
        "Ohne Angabe sieht man den Stand eines Beitrags, sobald man selbst abgestimmt hat.",
    )
    moderation = RadioField(
        "Wann erscheinen Beiträge?",
        choices=[
            SelectChoice("pre", "Nachdem ein Mensch sie gelesen hat"),
            SelectChoice("post", "Sofort; Auffälliges liest vorher ein Mensch"),
        ],
        default="pre",
    )
    rulebook = choice("Netiquette", "Sie gilt vom Beginn bis zum Ende.")
    circle = choice("Wer darf lesen und mitreden?", "Nach dem Beginn lässt sich das nicht mehr ändern.")
    guests_write = BooleanField(
        "Mitmachen ohne Konto: schreiben",
        description="Die Beiträge tragen den Hinweis „Gast“. Nach dem Beginn lässt sich das nicht mehr ändern.",
    )
    guests_vote = BooleanField(
        "Mitmachen ohne Konto: abstimmen",
        description="Diese Stimmen zählen nicht zum Ergebnis; sie stehen daneben. Nach dem Beginn lässt sich das nicht "
        "mehr ändern.",
    )
    contact = words("Kontakt für Fragen", SHORT, rows=3)
    privacy = words(
        "Hinweis zum Datenschutz", TEXT, "Was mit den Angaben in dieser Beteiligung geschieht.", 4
    )
    GROUPS = (
        ("Worum geht es?", ("title", "lead", "about")),
        ("Wann?", ("starts_on", "ends_on", "participation", "information", "evaluation", "result")),
        (
            "Welche Regeln gelten?",
            ("circle", "guests_write", "guests_vote", "moderation", "rulebook", "sealed_until"),
        ),
        ("Kontakt und Datenschutz", ("contact", "privacy")),
    )

    def tell(self, name: str, sentence: str) -> None:
        """A problem with the days, at its field."""
        outer, _, inner = name.partition("-")
        field: Any = self._fields[outer]
        field = field.form[inner] if inner else field
        field.errors = [*field.errors, sentence]


class PageForm(Draft):
    title = title("Überschrift")
    slug = line(
        "Adresse",
        60,
        "Das letzte Stück der Adresse: /seiten/… Ohne Angabe wird es aus der Überschrift gemacht. Nach der "
        "Veröffentlichung bleibt es.",
        Optional(),
        Regexp("^[a-z0-9]+(-[a-z0-9]+)*$", message="Möglich sind a–z, Ziffern und Bindestriche."),
    )
    text = words(
        "Text",
        LONG,
        "Mit ## am Anfang wird eine Zeile zur Überschrift, mit - zum Punkt einer Liste. **Wichtiges** wird fett. "
        "Ein Link sieht so aus: [Text](https://…).",
        18,
    )
    GROUPS = (("", ("title", "slug", "text")),)


class RulePart(Part):
    title = line("Überschrift")
    text = words("Regel", TEXT, rows=3)
    easy = words("In Leichter Sprache", TEXT, rows=3)
    reason = words(
        "Vorgeschlagene Begründung",
        2000,
        "Damit fängt die Moderation an, wenn ein Beitrag daran scheitert.",
        3,
    )


class RulebookForm(Draft):
    title = title("Überschrift")
    intro = words("Einleitung", SHORT, rows=3)
    rules = FieldList(FormField(RulePart, "Regel"), "Regeln", min_entries=1, max_entries=MOST_RULES)
    GROUPS = (("", ("title", "intro")), ("Regeln", ("rules",)))


FORMS: dict[str, type[Draft]] = {
    "area": AreaForm,
    "point": PointForm,
    "measure": MeasureForm,
    "consultation": ConsultationForm,
    "page": PageForm,
    "rulebook": RulebookForm,
}


def filled(kind: str, sent: Any, content: dict[str, Any]) -> Draft:
    """The form with what was sent, else with what is stored."""
    return FORMS[kind](sent, data=_typed(FORMS[kind], content))


def _typed(form: type[Draft], content: dict[str, Any]) -> dict[str, Any]:
    """Stored words as the fields want them: days as dates."""
    found = dict(content)
    for name in ("starts_on", "ends_on", "sealed_until"):
        if name in found:
            found[name] = schedule.day(found[name])
    for name in schedule.TITLES:
        if isinstance(found.get(name), dict):
            found[name] = _typed(form, found[name])
    return found


def as_text(field: Field) -> str:
    """A field's value as one would say it, to compare two versions."""
    if isinstance(field, FieldList):
        return "\n\n".join(filter(None, (as_text(entry) for entry in field.entries)))
    if isinstance(field, FormField):
        lines = [(part.label.text, as_text(part)) for part in field.form]
        return "\n".join(f"{label}: {text}" for label, text in lines if text)
    if isinstance(field, SelectField):  # a RadioField is one, too
        chosen = [name for value, name, *_ in field.iter_choices() if value == field.data]
        return str(chosen[0]) if chosen else ""
    if isinstance(field, BooleanField):
        return "ja" if field.data else "nein"
    if isinstance(field.data, date):
        return field.data.strftime("%d.%m.%Y")
    return "" if field.data is None else str(field.data)


def add_row(form: Draft, name: str) -> Field | None:
    """One more empty group of a repeated field, if there may be one."""
    rows = form._fields.get(name)
    if not isinstance(rows, FieldList) or len(rows.entries) >= (rows.max_entries or 0):
        return None
    added: Field = rows.append_entry()
    return added
