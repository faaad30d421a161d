"""What is counted of one point: people, contributions, votes and stances by source, and day by day."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Date,
    Select,
    bindparam,
    cast,
    func,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from consultations.outcome.csvfile import BOM, line
from dialogue import comments, threads
from dialogue.kit.database import Database, Record
from dialogue.kit.kept import SECONDS, Kept
from dialogue.tables import OFFICIAL, Comment, Person, Stance, Thread, Vote
from dialogue.tallies import Ranked, Tallies
from dialogue.votes import Tally

SHOWN = 3  # contributions in each list
LONGEST = 366  # days that are drawn


@dataclass(frozen=True)
class Took:
    """How many took part in one way, and how much they gave. Of what is sealed votes and stances are None."""

    people: int = 0
    comments: int = 0
    votes: int | None = 0
    stances: int | None = 0

    def __add__(self, other: "Took") -> "Took":
        pairs = ((self.votes, other.votes), (self.stances, other.stances))
        votes, stances = (None if a is None or b is None else a + b for a, b in pairs)
        return Took(self.people + other.people, self.comments + other.comments, votes, stances)


@dataclass(frozen=True)
class Day:
    """What was said and voted on one day in Berlin."""

    day: date
    comments: int = 0
    votes: int = 0


@dataclass(frozen=True)
class Figures:
    """The counts of one point by source, and of its days from the first to the last on which anything happened."""

    by_source: Mapping[str, Took] = field(default_factory=dict)
    days: tuple[Day, ...] = ()
    sealed: bool = False

    @property
    def official(self) -> Took:
        """People with an account and those who were taken over: what counts."""
        start = Took(votes=None, stances=None) if self.sealed else Took()
        return sum((self.by_source.get(source, start) for source in OFFICIAL), start)

    @property
    def beside(self) -> Mapping[str, Took]:
        return {source: took for source, took in self.by_source.items() if source not in OFFICIAL}


_ids: Any = bindparam("ids", type_=ARRAY(BigInteger))
# Before the seal's date nothing of votes and stances leaves the database.
_open = select(Thread.id).where(Thread.id == func.any(_ids), ~func.coalesce(threads.SEALED, False))
_said = (Comment.thread_id == func.any(_ids), comments.visible_to(comments.INSIDE))
_votes = (
    select(Comment.thread_id, Vote.person_id, Vote.source, Vote.cast_at)
    .join(Comment, Comment.id == Vote.comment_id)
    .where(*_said, Comment.thread_id.in_(_open))
    .cte("cast")
)
_wrote = (
    select(Comment.thread_id, Comment.author_id.label("person_id"), Comment.source, Comment.published_at)
    .where(*_said)
    .cte("wrote")
)
_took = (
    select(Stance.thread_id, Stance.person_id, Stance.source).where(Stance.thread_id.in_(_open)).cte("took")
)
_people = union_all(
    *(
        select(each.c.thread_id, each.c.person_id).distinct().where(each.c.person_id.is_not(None))
        for each in (_votes, _wrote, _took)
    )
).subquery()


def _berlin(moment: Any) -> Any:
    return cast(func.timezone("Europe/Berlin", moment), Date)


def _counted(kind: str, rows: Any, by: Any, counted: Any) -> Select[Any]:
    """Rows of one kind, by source or by day."""
    key = (by, cast(null(), Date)) if kind in {"people", "comments", "votes", "stances"} else (null(), by)
    return select(literal(kind), rows.c.thread_id, *key, counted).group_by(rows.c.thread_id, by)


_persons = (
    select(_people.c.thread_id, _people.c.person_id, Person.source)
    .join(Person, Person.id == _people.c.person_id)
    .subquery()
)
_FIGURES = union_all(
    _counted("people", _persons, _persons.c.source, func.count(_persons.c.person_id.distinct())),
    _counted("comments", _wrote, _wrote.c.source, func.count()),
    _counted("votes", _votes, _votes.c.source, func.count()),
    _counted("stances", _took, _took.c.source, func.count()),
    _counted("day comments", _wrote, _berlin(_wrote.c.published_at), func.count()),
    _counted("day votes", _votes, _berlin(_votes.c.cast_at), func.count()),
)
_SEALED = select(Thread.id).where(Thread.id == func.any(_ids), func.coalesce(threads.SEALED, False))


async def count(db: AsyncConnection, thread_ids: Collection[int]) -> dict[int, Figures]:
    """By thread id, in two statements."""
    wanted = {"ids": list(thread_ids)}
    sealed = set((await db.execute(_SEALED, wanted)).scalars())
    sources: dict[int, dict[str, dict[str, int]]] = {one: {} for one in thread_ids}
    days: dict[int, dict[date, dict[str, int]]] = {one: {} for one in thread_ids}
    for kind, thread_id, source, day, number in await db.execute(_FIGURES, wanted):
        if kind.startswith("day"):
            days[thread_id].setdefault(day, {})[kind.removeprefix("day ")] = number
        else:
            sources[thread_id].setdefault(source, {})[kind] = number
    return {
        one: Figures(
            {source: _took_part(counts, one in sealed) for source, counts in sources[one].items()},
            _all_days({day: Day(day, **counts) for day, counts in days[one].items()}),
            one in sealed,
        )
        for one in thread_ids
    }


def _took_part(counts: dict[str, int], sealed: bool) -> Took:
    hidden: dict[str, Any] = {"votes": None, "stances": None} if sealed else {}
    return Took(**(counts | hidden))


def _all_days(found: Mapping[date, Day]) -> tuple[Day, ...]:
    """Days on which nothing happened belong to the picture; of very long times the last year."""
    if not found:
        return ()
    first, last = min(found), max(found)
    first = max(first, last - timedelta(days=LONGEST - 1))
    span = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return tuple(found.get(day) or Day(day) for day in span)


class Counter:
    """Figures as each process keeps them: three seconds, and minutes after the end."""

    def __init__(self, database: Database, seconds: float = SECONDS) -> None:
        self._database = database
        self._kept = Kept(self._count, seconds)
        self.close = self._kept.close

    async def of(self, thread_id: int, *, ended: bool) -> Figures:
        return (await self._kept.get({thread_id: ended}))[thread_id]

    async def _count(self, thread_ids: Collection[int]) -> dict[int, Figures]:
        async with self._database.counting() as db:
            return await count(db, thread_ids)


# --- contributions by their votes -------------------------------------------------------------------

_VOTED = (
    select(Vote.comment_id)
    .join(Comment, Comment.id == Vote.comment_id)
    .where(Vote.person_id == bindparam("person"), Comment.thread_id == bindparam("thread"))
)
_TEXTS = select(Comment.id, Comment.number, Comment.text).where(
    Comment.id == func.any(_ids), comments.visible_to(comments.INSIDE)
)


@dataclass(frozen=True)
class Lists:
    """Contributions that stand out by their votes: ids in order, and what is shown of them."""

    agreed: tuple[int, ...] = ()
    divided: tuple[int, ...] = ()
    voted: tuple[int, ...] = ()
    of: Mapping[int, Record] = field(default_factory=dict)

    @property
    def all(self) -> list[int]:
        return list(
            dict.fromkeys(one for one in (*self.agreed, *self.divided, *self.voted) if one in self.of)
        )


async def voted_on(db: AsyncConnection, person_id: int, thread_id: int) -> frozenset[int]:
    """The contributions of a thread on which a person voted: of an open one they see no other tally."""
    return frozenset((await db.execute(_VOTED, {"person": person_id, "thread": thread_id})).scalars())


async def lists(db: AsyncConnection, tallies: Tallies, among: Collection[int] | None) -> Lists:
    """The most agreed, most divided and most voted on, among some contributions or (None) all."""
    of = tallies.of
    agreed = _first(tallies.agreed, among, lambda one: of[one].agree > of[one].disagree)
    divided = _first(tallies.divided, among, lambda one: min(of[one].agree, of[one].disagree) > 0)
    most = sorted((Ranked(of[one].n, one) for one in tallies.top), reverse=True)
    voted = _first(most, among, lambda one: of[one].n > 0)
    wanted = list({*agreed, *divided, *voted})
    rows = {row.id: row for row in await db.execute(_TEXTS, {"ids": wanted})} if wanted else {}
    # The tallies may be seconds old: what was hidden since is not among the rows.
    agreed, divided, voted = (tuple(one for one in ids if one in rows) for ids in (agreed, divided, voted))
    return Lists(agreed, divided, voted, rows)


def _first(ranked: Collection[Ranked], among: Collection[int] | None, counts: Any) -> tuple[int, ...]:
    fitting = (each.id for each in ranked if (among is None or each.id in among) and counts(each.id))
    return tuple(one for one, _ in zip(fitting, range(SHOWN), strict=False))


# --- for spreadsheets -------------------------------------------------------------------------------

_NUMBERS = select(Comment.id, Comment.number).where(
    Comment.thread_id == bindparam("thread"), comments.visible_to(comments.INSIDE)
)
HEAD = ("art", "wozu", "menschen", "beitraege", "stimmen", "zustimmung", "neutral", "ablehnung")


async def numbers(db: AsyncConnection, thread_id: int) -> dict[int, str]:
    """The public numbers of a thread's contributions by id."""
    return {row.id: row.number for row in await db.execute(_NUMBERS, {"thread": thread_id})}


def table(
    figures: Figures, standing: Tally | None, tallies: Tallies | None, named: Mapping[int, str]
) -> Iterator[str]:
    """CSV lines: by source, by day, and after the end the stances and the votes on each contribution."""
    yield BOM + line(*HEAD)
    for source, took in figures.by_source.items():
        yield line("herkunft", source, took.people, took.comments, took.votes, None, None, None)
    for day in figures.days:
        shown = None if figures.sealed else day.votes
        yield line("tag", day.day.isoformat(), None, day.comments, shown, None, None, None)
    if standing is not None:
        counts = (standing.agree, standing.passed, standing.disagree)
        yield line("haltung", "zum Punkt", standing.n, None, None, *counts)
    for one, votes in sorted(tallies.of.items()) if tallies else ():
        if one in named:
            yield line("beitrag", named[one], None, None, votes.n, votes.agree, votes.passed, votes.disagree)
