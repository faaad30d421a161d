"""Votes: one per person and comment; a new vote replaces the old one."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Integer, bindparam, case, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from dialogue import comments, threads
from dialogue.kit.errors import Conflict
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

    @property
    def shares(self) -> tuple[int, int, int]:
        """Whole per cent of agree, pass, disagree; they add up to 100."""
        agree, disagree = round(100 * self.agree / self.n), round(100 * self.disagree / self.n)
        return agree, 100 - agree - disagree, disagree


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
    .where(Comment.number == bindparam("number"), comments.published_for(_person), threads.OPEN)
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
        comments.published_for(_person),
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
        await _why_not(db, person_id, number)
        raise Conflict
    others = [voted[0], voted[1], voted[2]]
    others[1 - value] += 1
    return Ballot(value, None if voted.sealed else Tally(*others), voted.address)


async def take_back(db: AsyncConnection, person_id: int, number: str) -> Ballot:
    """Delete a person's vote; the same request twice has the same result."""
    address = (await db.execute(_TAKE_BACK, {"person": person_id, "number": number})).scalar()
    if address is None:
        address = await _why_not(db, person_id, number)
    return Ballot(address=address)


async def _why_not(db: AsyncConnection, person_id: int, number: str) -> str:
    comment = await comments.published(db, number, person_id)
    return str((await threads.open_for_writing(db, comment.thread_id, person_id)).address)


_VOTED_ON = select(Vote.comment_id).where(Vote.person_id == _person)


async def voted(db: AsyncConnection, person_id: int) -> set[int]:
    """The ids of everything a person has voted on, anywhere."""
    return set(await db.scalars(_VOTED_ON, {"person": person_id}))


_ids: Any = bindparam("ids", type_=ARRAY(BigInteger))
_mine = func.max(case((Vote.person_id == _person, Vote.value)))
_MINE = select(Vote.comment_id, Vote.value).where(
    Vote.person_id == _person, Vote.comment_id == func.any(_ids)
)
_ALL = (
    select(Vote.comment_id, _mine, *_counts(Vote.value))
    .where(Vote.comment_id == func.any(_ids))
    .group_by(Vote.comment_id)
)
_own = aliased(Vote)
_VOTED = _ALL.where(
    Vote.comment_id.in_(
        select(_own.comment_id).where(_own.person_id == _person, _own.comment_id == func.any(_ids))
    )
)


async def ballots(
    db: AsyncConnection, person_id: int | None, ids: Sequence[int], *, ended: bool, sealed: bool
) -> dict[int, Ballot]:
    """Comment id → ballot, EMPTY where there is nothing to show, in one query however many comments a page has.

    While the thread is open a tally is shown only to someone who voted on that comment; after the end
    to everyone; before the seal's date to nobody. The ids are those of comments the viewer may see.
    """
    found: dict[int, Ballot] = defaultdict(lambda: EMPTY)
    if not ids or (person_id is None and (sealed or not ended)):
        return found
    query = _MINE if sealed else _ALL if ended else _VOTED
    for comment_id, mine, *counts in await db.execute(query, {"person": person_id or 0, "ids": list(ids)}):
        found[comment_id] = Ballot(mine, Tally(*counts) if counts else None)
    return found
