"""Hints of coordinated voting, for moderators alone: kept for three months, never acted upon by themselves."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ARRAY, BigInteger, bindparam, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from dialogue import threads
from dialogue.comments import Viewer
from dialogue.kit.database import Record
from dialogue.tables import Comment, Thread
from moderation.tables import Hint

SHOWN, KEPT = 100, timedelta(days=90)


@dataclass(frozen=True)
class Found:
    """A pattern of a day, as it is kept: counts and moments, nobody's name, and not which way they voted."""

    kind: str
    thread_id: int
    comment_id: int | None
    detail: dict[str, Any]
    day: date


_HINT = insert(Hint)
_NOTE = _HINT.on_conflict_do_update(
    index_elements=[Hint.kind, Hint.thread_id, Hint.comment_id, Hint.day],
    set_={"detail": _HINT.excluded.detail},
)


async def note(db: AsyncConnection, found: list[Found]) -> None:
    """Keep what was found; a day looked at again replaces what was found then."""
    if found:
        await db.execute(_NOTE, [vars(each) for each in found])


_rooms = bindparam("rooms", type_=ARRAY(BigInteger))  # NULL: all of them
_SEEN = (
    select(Hint.id, Hint.kind, Hint.detail, Hint.day, Thread.title, Thread.address, Comment.number)
    .join(Thread, Thread.id == Hint.thread_id)
    .outerjoin(Comment, Comment.id == Hint.comment_id)
    # How many voted is nobody's business before the seal is broken.
    .where(or_(_rooms.is_(None), Thread.room_id == func.any(_rooms)), ~func.coalesce(threads.SEALED, False))
    .order_by(Hint.day.desc(), Hint.id.desc())
    .limit(SHOWN)
)


async def seen(db: AsyncConnection, viewer: Viewer) -> list[Record]:
    """The newest hints where the viewer moderates."""
    rooms = None if viewer.moderates else list(viewer.rooms)
    return list(await db.execute(_SEEN, {"rooms": rooms}))


async def sweep(db: AsyncConnection) -> None:
    """Forget hints after three months."""
    await db.execute(delete(Hint).where(Hint.found_at < func.now() - KEPT))
