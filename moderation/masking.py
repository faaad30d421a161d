"""Blacking out places of a text. The original is put aside for an appeal, and forgotten when none can come."""

import re
from collections.abc import Iterable, Sequence
from datetime import timedelta

from sqlalchemy import bindparam, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialogue import journal
from dialogue.kit.database import Record
from dialogue.kit.errors import Conflict, Invalid
from dialogue.kit.text import normalise
from moderation.tables import Appeal, Original

BLACK = "[geschwärzt]"
APPEALABLE = timedelta(days=185)  # six months, however long they are, and what is left of the last day
MOST = 50  # places; who has more to black out rejects
TELLING = 5  # characters: a shorter place stands in many a word


def blacked(text: str, spans: Iterable[Sequence[int]]) -> str:
    """The text with these places, (start, end) each, blacked out; overlapping ones are one. Pure."""
    kept, at = [], 0
    for start, end in sorted((start, end) for start, end in spans):
        if start >= at:
            kept += [text[at:start], BLACK]
        at = max(at, end)
    return "".join([*kept, text[at:]])


def blacked_out(text: str, places: str) -> str:
    """The text with every occurrence of the given words, one place a line, blacked out.

    Raises Invalid when there is none, or when one of them does not stand in the text.
    """
    spans = []
    for place in named(places):
        found = [hit.span() for hit in re.finditer(re.escape(place), text)]
        if not found:
            raise Invalid(
                f"„{place[:60]}“ steht so nicht im Beitrag. Bitte prüfen Sie die Stelle.", field="places"
            )
        spans += found
    return blacked(text, spans)


def named(places: str) -> list[str]:
    """The words to black out, one place a line, each once; Invalid without any, or with too many. Pure."""
    wanted = list(dict.fromkeys(line.strip() for line in normalise(places).splitlines() if line.strip()))
    if len(wanted) > MOST:
        raise Invalid(f"Bitte nennen Sie höchstens {MOST} Stellen.", field="places")
    if not wanted:
        raise Invalid("Bitte nennen Sie die Stellen, die geschwärzt werden sollen.", field="places")
    return wanted


def must_not_tell(reasons: str, places: str) -> None:
    """Raise Invalid when the reasons, which are kept and mailed, repeat what is blacked out. Pure."""
    if any(len(place) >= TELLING and place in reasons for place in named(places)):
        raise Invalid(
            "Die Begründung wiederholt eine geschwärzte Stelle. Bitte schreiben Sie sie ohne diese Wörter.",
            field="reasons",
        )


async def put_aside(db: AsyncConnection, comment: Record, decision_id: int) -> None:
    """Keep the text as it was before the decision that masks it."""
    values = {"decision_id": decision_id, "comment_id": comment.id, "text": comment.text}
    await db.execute(insert(Original).values(**values))


_LAST = (
    select(Original.decision_id, Original.text)
    .where(Original.comment_id == bindparam("comment"))
    .order_by(Original.decision_id.desc())
    .limit(1)
)


async def original(db: AsyncConnection, comment_id: int) -> str | None:
    """The text before the last blacking out, as long as it is kept: an appeal is about that one."""
    last = (await db.execute(_LAST, {"comment": comment_id})).first()
    return None if last is None else str(last.text)


async def note_read(db: AsyncConnection, comment: Record, moderator_id: int) -> None:
    """That somebody reads the original, for an appeal: each time an entry of the journal, last in a transaction."""
    await journal.record(db, "comment.original_read", f"comment:{comment.number}", person_id=moderator_id)


async def kept(db: AsyncConnection, comment_id: int) -> str:
    """The original, to be shown again. Conflict when it is gone."""
    if (text := await original(db, comment_id)) is None:
        raise Conflict("Der Text vor der Schwärzung ist nicht mehr da. Wiederherstellen geht deshalb nicht.")
    return text


async def forget(db: AsyncConnection, comment_id: int) -> None:
    """Keep no longer apart what is public again: the text before the last blacking out."""
    last = select(func.max(Original.decision_id)).where(Original.comment_id == comment_id).scalar_subquery()
    await db.execute(delete(Original).where(Original.decision_id == last))


async def sweep(db: AsyncConnection) -> None:
    """Forget originals when the time for an appeal is over, unless one waits for its answer."""
    waits = select(Appeal.id).where(Appeal.comment_id == Original.comment_id, Appeal.settled_at.is_(None))
    over = Original.masked_at < func.now() - APPEALABLE
    await db.execute(delete(Original).where(over, ~waits.exists()))
