"""Votes: one per person and comment; a new vote replaces the old one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Integer, Row, bindparam, case, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from dialogue import comments, threads
from dialogue.tables import Comment, Person, Thread, Vote

CHOICES = {"agree": 1, "pass": 0, "disagree": -1}


@dataclass(frozen=True)
class Tally:
    """Counts of one comment's votes."""

    agree: int = 0
    passed: int = 0
    disagree: int = 0

    @property
    def n(self) -> int:
        return self.agree + self.passed + self.disagree


@dataclass(frozen=True)
class Ballot:
    """What one person sees at one comment: the own vote, and the tally where it may be shown."""

    mine: int | None = None
    tally: Tally | None = None
    address: str = ""


EMPTY = Ballot()


def _counts(value: Any) -> tuple[Any, Any, Any]:
    return tuple(func.count().filter(value == choice) for choice in (1, 0, -1))  # type: ignore[return-value]


_person: Any = bindparam("person", type_=BigInteger)
_target = (
    select(Comment.id, _person, bindparam("value", type_=Integer), Person.source)
    .join(Thread, Thread.id == Comment.thread_id)
    .join(Person, Person.id == _person)
    .where(Comment.number == bindparam("number"), comments.visible_to(comments.NOBODY), threads.OPEN)
)
_upsert = insert(Vote).from_select(["comment_id", "person_id", "value", "source"], _target)
_cast = (
    _upsert.on_conflict_do_update(
        index_elements=[Vote.comment_id, Vote.person_id],
        set_={"value": _upsert.excluded.value, "cast_at": func.now()},
    )
    .returning(Vote.comment_id)
    .cte("voted")
)
_take_back = (
    delete(Vote)
    .where(
        Vote.person_id == _person,
        Vote.comment_id == Comment.id,
        Comment.number == bindparam("number"),
        comments.visible_to(comments.NOBODY),
        Thread.id == Comment.thread_id,
        threads.OPEN,
    )
    .returning(Vote.comment_id)
    .cte("voted")
)
# The statement's snapshot does not hold its own change: count the others, add one's own in Python.
_CAST = (
    select(*_counts(Vote.value), Thread.address, threads.SEALED.label("sealed"))
    .select_from(_cast)
    .join(Comment, Comment.id == _cast.c.comment_id)
    .join(Thread, Thread.id == Comment.thread_id)
    .outerjoin(Vote, (Vote.comment_id == Comment.id) & (Vote.person_id != _person))
    .group_by(Thread.id)
)
_TAKE_BACK = (
    select(Thread.address)
    .join(Comment, Comment.thread_id == Thread.id)
    .join(_take_back, _take_back.c.comment_id == Comment.id)
)


async def cast(db: AsyncConnection, person_id: int, number: str, value: int) -> Ballot:
    """Set a person's vote in one statement; NotFound for what is not public, Closed outside the dates."""
    voted = (await db.execute(_CAST, {"person": person_id, "number": number, "value": value})).first()
    if voted is None:
        await _why_not(db, number)
        raise AssertionError("unreachable: a vote that failed has a reason")
    others = [voted[0], voted[1], voted[2]]
    others[1 - value] += 1
    return Ballot(value, None if voted.sealed else Tally(*others), voted.address)


async def take_back(db: AsyncConnection, person_id: int, number: str) -> Ballot:
    """Delete a person's vote; the same request twice has the same result."""
    address = (await db.execute(_TAKE_BACK, {"person": person_id, "number": number})).scalar()
    if address is None:
        address = await _why_not(db, number)
    return Ballot(address=address)


async def _why_not(db: AsyncConnection, number: str) -> str:
    comment = await comments.by_number(db, number)
    return str((await threads.open_for_writing(db, comment.thread_id)).address)


_SHOWN = or_(threads.ENDED, func.bool_or(Vote.person_id == _person)) & ~threads.SEALED
_BALLOTS = (
    select(
        Vote.comment_id,
        func.max(case((Vote.person_id == _person, Vote.value))).label("mine"),
        *_counts(Vote.value),
        _SHOWN.label("shown"),
    )
    .join(Comment, Comment.id == Vote.comment_id)
    .join(Thread, Thread.id == Comment.thread_id)
    .where(Vote.comment_id == func.any(bindparam("ids", type_=ARRAY(BigInteger))))
    .group_by(Vote.comment_id, Thread.id)
)
_OWN_ONLY = _BALLOTS.where(
    select(1)
    .where(
        (own := Vote.__table__.alias("own")).c.comment_id == Vote.comment_id,
        own.c.person_id == _person,
    )
    .exists()
)


async def ballots(
    db: AsyncConnection, person_id: int | None, ids: Sequence[int], *, ended: bool
) -> dict[int, Ballot]:
    """Comment id → ballot in one query however many comments the page shows.

    While the thread is open a tally is shown only to someone who voted on that comment; after the end
    to everyone; before the seal's date to nobody.
    """
    if not ids or (person_id is None and not ended):
        return {}
    query = _BALLOTS if ended else _OWN_ONLY
    rows = await db.execute(query, {"person": person_id or 0, "ids": list(ids)})
    return {row[0]: Ballot(row.mine, Tally(row[2], row[3], row[4]) if row.shown else None) for row in rows}


async def of_person(db: AsyncConnection, person_id: int) -> list[Row[Any]]:
    """All votes of one person, for the copy of their data."""
    query = select(Comment.number, Vote.value, Vote.cast_at).join(Comment, Comment.id == Vote.comment_id)
    return list(await db.execute(query.where(Vote.person_id == person_id).order_by(Vote.cast_at)))
