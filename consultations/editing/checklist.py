"""What a consultation needs before it may open."""

from uuid import UUID

from consultations.editing import rulebooks
from consultations.editing.kinds import Gap, empty
from consultations.editing.versions import Content

NEEDED = {
    "title": "Der Titel fehlt.",
    "lead": "Die Kurzbeschreibung fehlt: Worum geht es?",
    "about": "Der Hintergrund fehlt: Wer entscheidet, und was geschieht mit den Beiträgen?",
    "starts_on": "Der erste Tag fehlt.",
    "ends_on": "Der letzte Tag fehlt.",
    "contact": "Der Kontakt fehlt: An wen wendet man sich mit Fragen?",
    "privacy": "Der Hinweis zum Datenschutz fehlt.",
}


def of(uid: UUID, content: Content, *, points: int, rules: bool) -> list[Gap]:
    """What is missing, each with the place to mend it."""
    found = empty(NEEDED, content)
    if not rules:
        found.append(
            Gap(
                "Die Netiquette fehlt: Ohne Regeln öffnet keine Beteiligung.",
                kind="rulebook",
                uid=rulebooks.UID,
            )
        )
    if not points:
        found.append(Gap("Es fehlt mindestens ein Punkt, über den gesprochen wird.", kind="point", about=uid))
    return found
