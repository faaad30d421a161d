"""Triage reads what was written: near-duplicates and the learned order join the signs of the rules.

A job, because it takes too long for a request. Where contributions are checked later, what then carries no sign
is published; all else waits for a person. Told twice, or too late, it changes nothing.
"""

from collections.abc import Sequence
from typing import Any

from anyio import to_thread
from sqlalchemy import ARRAY, BigInteger, Text, bindparam, func, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from dialogue import comments
from dialogue.kit.database import Database, Record
from dialogue.tables import Comment, Thread
from moderation import decisions, models
from moderation.triage import duplicates, learned, levels
from moderation.triage.learned import Order

OURS = frozenset({duplicates.KIND, learned.KIND})  # the signs of the rules were there before
MOST = 100  # earlier contributions that are compared closely
_held = models.Held()
_written_at = func.coalesce(Comment.edited_at, Comment.created_at)
CASE = select(
    Comment.id,
    Comment.number,
    Comment.text,
    Comment.signs,
    Comment.thread_id,
    Comment.revision,
    _written_at.label("written_at"),
).where(
    Comment.id == bindparam("comment"), Comment.revision == bindparam("seen"), Comment.status == "pending"
)
_piece = func.unnest(bindparam("pieces", type_=ARRAY(Text))).column_valued("piece")
_shared = (
    select(func.count().label("pieces"))
    .where(func.strpos(func.lower(Comment.text), _piece) > 0)
    .correlate(Comment)
    .lateral("shared")
)
_size = func.char_length(Comment.text)
_EARLIER = (
    select(Comment.number, Comment.text)
    .join(_shared, true())
    .where(
        Comment.thread_id == bindparam("thread"),
        Comment.status != "withdrawn",
        Comment.erased_at.is_(None),
        _size.between(bindparam("shortest"), bindparam("longest")),
        tuple_(_written_at, Comment.id)
        < tuple_(
            bindparam("written_at", type_=Comment.created_at.type), bindparam("comment", type_=BigInteger)
        ),
        _shared.c.pieces > 0,
    )
    .order_by(_shared.c.pieces.desc(), Comment.id)
    .limit(MOST)
)
_CHECKED_LATER = select(Thread.id).where(
    Thread.id == bindparam("thread"), ~Thread.checks_first, Thread.closed_at.is_(None)
)


async def read(database: Database, comment_id: int, revision: int) -> None:
    """Read a contribution that waits, as it stands in this revision: a newer text has a job of its own."""
    async with database.reading() as db:
        case = (await db.execute(CASE, {"comment": comment_id, "seen": revision})).first()
        if case is None:
            return
        others, order = await earlier(db, case), await _held.current(db)
    noticed = await to_thread.run_sync(_notice, case.text, others, order)
    signs = [sign for sign in case.signs if sign["kind"] not in OURS] + noticed
    async with database.writing() as db:
        await _settle(db, case, signs)


async def earlier(db: AsyncConnection, case: Record) -> list[duplicates.Other]:
    """What was written before in the same thread and may be nearly the same: who copies is the later one."""
    if not duplicates.comparable(case.text):
        return []
    size = len(case.text)
    values = {
        "comment": case.id,
        "thread": case.thread_id,
        "written_at": case.written_at,
        "pieces": duplicates.pieces(case.text),
        "shortest": int(size / duplicates.LONGER),
        "longest": int(size * duplicates.LONGER),
    }
    return [duplicates.Other(*row) for row in await db.execute(_EARLIER, values)]


def _notice(text: str, others: Sequence[duplicates.Other], order: Order | None) -> list[dict[str, Any]]:
    found = (duplicates.sign(text, others), order.read(text) if order else None)
    return [sign.stored() for sign in found if sign is not None]


async def _settle(db: AsyncConnection, case: Record, signs: list[dict[str, Any]]) -> None:
    urgency = levels.urgency(signs)
    if not await comments.mark(db, case.id, case.revision, signs=signs, urgency=urgency) or signs:
        return
    if (await db.execute(_CHECKED_LATER, {"thread": case.thread_id})).first() is not None:
        await decisions.publish_unseen(db, case)
