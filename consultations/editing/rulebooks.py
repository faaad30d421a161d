"""The Netiquette: each publication is a new version; decisions and running consultations keep theirs."""

import re
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from consultations import calendar
from consultations.editing.kinds import Gap, Listed, Stored, Written, empty
from consultations.editing.versions import Content
from consultations.tables import Consultation
from dialogue.kit.database import Record
from dialogue.kit.text import length
from moderation import rules
from moderation.decisions import LONGEST_REASONS, SHORTEST_REASONS
from moderation.tables import Rule, Rulebook

NAME = "rulebook"
UID = uuid5(NAMESPACE_URL, "ki-dialog:netiquette")
NEEDED = {
    "title": "Die Überschrift fehlt.",
    "intro": "Die Einleitung fehlt.",
    "rules": "Es fehlt mindestens eine Regel.",
}
PARTS = {
    "title": "die Überschrift",
    "text": "der Text",
    "easy": "der Text in Leichter Sprache",
    "reason": "die Begründung",
}


async def stored(db: AsyncConnection, uid: UUID) -> Stored | None:
    found = await rules.current(db)
    if uid != UID or found.book is None:
        return None
    words = [{name: getattr(rule, name) for name in PARTS} for rule in found.rules]
    book = found.book
    content = {"version": book.version, "title": book.title, "intro": book.intro, "rules": words}
    return Stored(content, book.valid_from)


async def complete(db: AsyncConnection, uid: UUID, content: Content) -> Content:
    """The number of the version to come: one above all that were."""
    taken = (await db.execute(select(Rulebook.version))).scalars()
    whole = [int(word.partition(".")[0]) for word in taken if re.match(r"[0-9]{1,6}(\.|$)", word)]
    return content | {"version": f"{max(whole, default=0) + 1}.0"}


async def gaps(db: AsyncConnection, uid: UUID, content: Content) -> list[Gap]:
    found = empty(NEEDED, content)
    for at, rule in enumerate(content.get("rules") or ()):
        for name, word in PARTS.items():
            if not rule.get(name):
                found.append(Gap(f"Regel {at + 1}: Hier fehlt {word}.", field=f"rules-{at}-{name}"))
        if rule.get("reason") and not SHORTEST_REASONS <= length(rule["reason"]) <= LONGEST_REASONS:
            sentence = (
                f"Regel {at + 1}: Die Begründung braucht {SHORTEST_REASONS} bis {LONGEST_REASONS} Zeichen."
            )
            found.append(Gap(sentence, field=f"rules-{at}-reason"))
    return found


async def apply(db: AsyncConnection, uid: UUID, content: Content, actor: UUID) -> Written:
    """A new version. What was announced under the old one stays under it to its end."""
    old = (await rules.current(db)).book
    if old is not None:
        await _keep_old(db, old)
    words = {name: content[name] for name in ("version", "title", "intro")}
    # Not now(), the beginning of the transaction: another version may have come since.
    book = insert(Rulebook).values(valid_from=func.clock_timestamp(), **words).returning(Rulebook.id)
    book_id = (await db.execute(book)).scalar_one()
    for number, rule in enumerate(content["rules"], 1):
        row = {name: rule.get(name) or "" for name in PARTS}
        await db.execute(insert(Rule).values(rulebook_id=book_id, number=number, **row))
    return Written(f"rulebook:{content['version']}")


async def _keep_old(db: AsyncConnection, old: Record) -> None:
    unbound = (Consultation.rulebook_id.is_(None), Consultation.published_at.is_not(None))
    kept = update(Consultation).where(*unbound).values(rulebook_id=old.id).returning(Consultation.id)
    for consultation_id in (await db.execute(kept)).scalars().all():
        await calendar.apply(db, consultation_id)


async def listed(db: AsyncConnection) -> list[Listed]:
    found = await rules.current(db)
    return [Listed(UID, found.book.title, found.book.version)] if found.book else []


async def choices(db: AsyncConnection) -> list[tuple[str, str]]:
    """The versions a consultation may be held under, the newest first."""
    query = select(Rulebook.id, Rulebook.title, Rulebook.version).order_by(
        Rulebook.valid_from.desc(), Rulebook.id.desc()
    )
    return [(str(row.id), f"{row.title}, Fassung {row.version}") for row in await db.execute(query)]
