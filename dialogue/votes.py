"""Votes: one per person and comment; a new vote replaces the old one."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Integer,
    bindparam,
    case,
    delete,
    func,
    literal,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from dialogue import comments, threads
from dialogue.kit.errors import Conflict, SignInNeeded, TooMany
from dialogue.tables import OFFICIAL, Comment, Person, Thread, Vote

CHOICES = {"agree": 1, "pass": 0, "disagree": -1}
A_MINUTE = 60  # votes a person may cast


@dataclass(frozen=True)
class Tally:
    """Counts of one comment's votes: the official ones, and how many more stand beside them."""

    agree: int = 0
    passed: int = 0
    disagree: int = 0
    guests: int = 0
    paper: int = 0

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


# Words of our own in the statement's text: a list of parameters would be put together anew for every request.
_GUEST: Any = literal_column("'guest'")
_PAPER: Any = literal_column("'paper'")
_OFFICIAL: Any = literal_column(str(OFFICIAL))


def counts(row: Any) -> tuple[Any, ...]:
    """The columns of a tally over votes or stances, in its order."""
    official = row.source.op("IN", is_comparison=True)(_OFFICIAL)
    each = (func.count().filter(row.value == choice, official) for choice in (1, 0, -1))
    return (*each, *(func.count().filter(row.source == source) for source in (_GUEST, _PAPER)))


def lets_vote(person: Any = Person, thread: Any = Thread) -> ColumnElement[bool]:
    """Whoever has an account may vote where they may read, guests where the thread says so."""
    return or_(person.source != _GUEST, thread.guests_vote)


_person: Any = bindparam("person", type_=BigInteger)
_most: Any = bindparam("most", type_=Integer)
_late = aliased(Vote)
# So many of the last minute: more are not looked at. In the one statement, so of votes that come at the same
# moment each may pass: some over the limit, as many as there are connections.
_lately = (
    select(literal(1))
    .where(_late.person_id == _person, _late.cast_at > func.now() - func.make_interval(0, 0, 0, 0, 0, 1))
    .offset(func.greatest(_most - 1, 0))
)
_target = (
    select(Comment.id, _person, bindparam("value", type_=Integer), Person.source)
    .join(Thread, Thread.id == Comment.thread_id)
    .join(Person, Person.id == _person)
    .where(
        Comment.number == bindparam("number"),
        comments.published_for(_person),
        threads.OPEN,
        lets_vote(),
        or_(_most == 0, ~_lately.exists()),
    )
)
_upsert = insert(Vote).from_select(["comment_id", "person_id", "value", "source"], _target)
_cast = (
    _upsert.on_conflict_do_update(
        index_elements=[Vote.comment_id, Vote.person_id],
        set_={"value": _upsert.excluded.value, "cast_at": func.now()},
    )
    .returning(Vote.comment_id, Vote.source)
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
    select(*counts(Vote), _cast.c.source, Thread.address, threads.SEALED.label("sealed"))
    .select_from(_cast)
    .join(Comment, Comment.id == _cast.c.comment_id)
    .join(Thread, Thread.id == Comment.thread_id)
    .outerjoin(Vote, (Vote.comment_id == Comment.id) & (Vote.person_id != _person))
    .group_by(Thread.id, _cast.c.source)
)
_LATELY = select(_lately.exists())
_IS_GUEST = select(Person.source == "guest").where(Person.id == _person)
_TAKE_BACK = (
    select(Thread.address)
    .join(Comment, Comment.thread_id == Thread.id)
    .join(_take_back, _take_back.c.comment_id == Comment.id)
)


async def cast(
    db: AsyncConnection, person_id: int, number: str, value: int, *, most: int = A_MINUTE
) -> Ballot:
    """Set a person's vote in one statement; NotFound for what is not public, Closed outside the dates,
    SignInNeeded for a guest where none vote, TooMany after `most` in a minute (0: as many as they like)."""
    values = {"person": person_id, "number": number, "value": value, "most": most}
    voted = (await db.execute(_CAST, values)).first()
    if voted is None:
        await _why_not(db, person_id, number)
        await _too_many(db, person_id, most)
        raise Conflict
    tally = list(voted[:5])
    tally[1 - value if voted.source in OFFICIAL else 3] += 1
    return Ballot(value, None if voted.sealed else Tally(*tally), voted.address)


async def _too_many(db: AsyncConnection, person_id: int, most: int) -> None:
    if most and (await db.execute(_LATELY, {"person": person_id, "most": most})).scalar():
        raise TooMany(
            f"Das waren {most} Stimmen in einer Minute. Bitte machen Sie eine kleine Pause.", seconds=60
        )


async def take_back(db: AsyncConnection, person_id: int, number: str) -> Ballot:
    """Delete a person's vote; the same request twice has the same result."""
    address = (await db.execute(_TAKE_BACK, {"person": person_id, "number": number})).scalar()
    if address is None:
        address = await _why_not(db, person_id, number)
    return Ballot(address=address)


async def _why_not(db: AsyncConnection, person_id: int, number: str) -> str:
    comment = await comments.published(db, number, person_id)
    thread = await threads.open_for_writing(db, comment.thread_id, person_id)
    if not thread.guests_vote and (await db.execute(_IS_GUEST, {"person": person_id})).scalar():
        raise SignInNeeded
    return str(thread.address)


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
    select(Vote.comment_id, _mine, *counts(Vote))
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
