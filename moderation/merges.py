"""Merging: a contribution that says the same as another one stands under it, among its replies; and back again."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialogue import journal
from dialogue.accounts import Current
from dialogue.kit import tokens
from dialogue.kit.database import Record
from dialogue.kit.errors import Conflict, Invalid
from dialogue.tables import Comment
from moderation.decisions import Barred
from moderation.tables import Merge

MERGED = ("pending", "published")
NO_ENTRY = "Zusammenführen lässt sich nur ein eigenständiger Beitrag, der wartet oder veröffentlicht ist."
NOT_THERE = "In dieser Diskussion gibt es keinen veröffentlichten, eigenständigen Beitrag mit dieser Nummer."
OWN = "Einer der Beiträge ist Ihr eigener. Darüber entscheidet jemand anderes."
_one, _place = bindparam("comment", type_=BigInteger), bindparam("place", type_=BigInteger)
# Whoever answers one of them holds its place meanwhile (dialogue.comments): both are taken before anything is moved.
_BOTH = (
    select(
        Comment.id, Comment.number, Comment.thread_id, Comment.parent_id, Comment.status, Comment.author_id
    )
    .where(or_(Comment.id == _one, Comment.number == bindparam("entry")))
    .order_by(Comment.id)
    .with_for_update()
)
_MOVE = update(Comment).where(Comment.id == _one).values(parent_id=_place)
_MOVE_REPLIES = (
    update(Comment).where(Comment.parent_id == _one).values(parent_id=_place).returning(Comment.id)
)
_MOVE_BACK = (
    update(Comment)
    .where(Comment.id == func.any(bindparam("moved", type_=ARRAY(BigInteger))), Comment.parent_id == _place)
    .values(parent_id=_one)
)
_ADD = insert(Merge).values(comment_id=_one, into_id=_place, replies=bindparam("replies"))
_UNDO = delete(Merge).where(Merge.comment_id == _one).returning(Merge.replies)


async def merge(db: AsyncConnection, moderator: Current, comment: Record, number: str) -> None:
    """Put an entry, and the replies to it, under another public entry of its thread; its votes stay.

    Conflict when it is no entry, Barred when one of them is one's own, Invalid for a number that is no entry
    there. Call it last in a transaction.
    """
    here, entry = await _both(db, comment.id, tokens.number(number))
    if here.parent_id is not None or here.status not in MERGED:
        raise Conflict(NO_ENTRY)
    right = entry is not None and entry.id != here.id and entry.thread_id == here.thread_id
    if entry is None or not right or entry.parent_id is not None or entry.status != "published":
        raise Invalid(NOT_THERE, field="entry")
    if moderator.id in (here.author_id, entry.author_id):
        raise Barred(OWN)
    ids = {"comment": here.id, "place": entry.id}
    replies = sorted(await db.scalars(_MOVE_REPLIES, ids))
    await db.execute(_MOVE, ids)
    await db.execute(_ADD, ids | {"replies": replies})
    await _note(db, "comment.merged", here, moderator, entry.number)


async def undo(db: AsyncConnection, moderator: Current, comment: Record) -> None:
    """Take a merged contribution out again, with the replies that came along; those written since stay where
    they were written. One that stands on its own stays so. Call it last in a transaction."""
    here, entry = await _both(db, comment.id, comment.merged_into or "")
    if moderator.id == here.author_id:
        raise Barred(OWN)
    ids = {"comment": here.id, "place": None}
    if (replies := (await db.execute(_UNDO, ids)).scalar()) is None:
        return
    await db.execute(_MOVE, ids)
    await db.execute(_MOVE_BACK, {"comment": here.id, "place": here.parent_id, "moved": replies})
    await _note(db, "comment.unmerged", here, moderator, entry.number if entry else None)


async def _both(db: AsyncConnection, comment_id: int, number: str) -> tuple[Record, Record | None]:
    """The contribution and the entry with this number, both held until the commit."""
    found = list(await db.execute(_BOTH, {"comment": comment_id, "entry": number}))
    here = next(row for row in found if row.id == comment_id)
    return here, next((row for row in found if row.number == number), None)


async def _note(
    db: AsyncConnection, action: str, comment: Record, moderator: Current, entry: str | None
) -> None:
    await journal.record(db, action, f"comment:{comment.number}", person_id=moderator.id, into=entry)


# --- shown -------------------------------------------------------------------------------------------

_ids = bindparam("ids", type_=ARRAY(BigInteger))
_AMONG = select(Merge.comment_id).where(Merge.comment_id == func.any(_ids))


def there(thread_id: Any) -> ColumnElement[bool]:
    """Whether something is merged in a thread: rarely, so it is asked before it is read."""
    inside = select(Merge.comment_id).join(Comment, Comment.id == Merge.comment_id)
    return inside.where(Comment.thread_id == thread_id).exists()


async def among(db: AsyncConnection, ids: Sequence[int]) -> set[int]:
    """Which of these contributions stand where they do because they were merged."""
    return set(await db.scalars(_AMONG, {"ids": list(ids)})) if ids else set()
