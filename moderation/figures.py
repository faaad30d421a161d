"""Figures of moderation, for everyone: what came in, what was decided and how fast, and what came of complaints."""

from bisect import bisect_right
from collections import Counter as Bag
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Float,
    Select,
    and_,
    bindparam,
    case,
    cast,
    column,
    extract,
    func,
    literal,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from dialogue.kit import clock
from dialogue.kit.database import Database
from dialogue.kit.kept import SECONDS, Kept
from dialogue.tables import Comment, Thread
from moderation.records import AGAINST
from moderation.tables import Appeal, Audit, Decision, Flag, Rule, Rulebook

MINUTE = 20  # times as long as a live total is kept
Places = tuple[tuple[int, tuple[int, ...]], ...]  # of each place its key and its threads


@dataclass(frozen=True)
class Broken:
    """How often a rule was the reason for a decision."""

    number: int
    title: str
    version: str
    decisions: int


@dataclass(frozen=True)
class Wait:
    """Of how many contributions a person made the first decision, and how many seconds it took."""

    n: int = 0
    median: float = 0
    ninth: float = 0  # nine of ten were faster


@dataclass(frozen=True)
class Figures:
    """What is counted of one place: by name what came in and was asked for, decisions by kind and by origin."""

    counts: Mapping[str, int] = field(default_factory=dict)
    kinds: Mapping[str, int] = field(default_factory=dict)
    origins: Mapping[str, int] = field(default_factory=dict)
    rules: tuple[Broken, ...] = ()
    wait: Wait = Wait()
    at: datetime = field(default_factory=clock.now)


ALL = None
_placed = (
    func.unnest(bindparam("threads", type_=ARRAY(BigInteger)), bindparam("places", type_=ARRAY(BigInteger)))
    .table_valued(column("thread_id", BigInteger), column("place", BigInteger))
    .render_derived(name="placed")
)
_passed = aliased(Decision)


def _named(*conditions: tuple[str, ColumnElement[bool]]) -> Iterator[ColumnElement[int]]:
    for name, condition in conditions:
        yield func.count().filter(condition).label(name)


def _of_comments(counted: Iterable[ColumnElement[int]]) -> Select[Any]:
    here = select(_placed.c.place, *counted).select_from(_placed)
    return here.join(Comment, Comment.thread_id == _placed.c.thread_id).group_by(_placed.c.place)


_received = Comment.source != "import"
_let_pass = _passed.id.is_not(None)
_noticed = or_(func.jsonb_array_length(Comment.signs) > 0, Comment.urgency > 0)
_held = and_(_received, ~_let_pass, ~Thread.checks_first, _noticed)
_CAME_IN = (
    _of_comments(
        _named(
            ("received", _received),
            ("examples", and_(_received, Comment.example)),
            ("imported", ~_received),
            ("passed", and_(_received, _let_pass)),
            ("held", _held),
            ("later", or_(_held, and_(_received, _let_pass))),
        )
    )
    .join(Thread, Thread.id == Comment.thread_id)
    .outerjoin(_passed, and_(_passed.comment_id == Comment.id, _passed.origin == "triage"))
)
_followed = Decision.decision.in_(AGAINST)
_NOTICES = (
    _of_comments(
        _named(
            ("notices", literal(True)),
            ("notices_answered", Decision.id.is_not(None)),
            ("notices_followed", _followed),
        )
    )
    .join(Flag, Flag.comment_id == Comment.id)
    .outerjoin(Decision, Decision.id == Flag.decision_id)
)
_APPEALS = (
    _of_comments(
        _named(
            ("appeals", literal(True)),
            ("appeals_answered", Decision.id.is_not(None)),
            ("appeals_upheld", Decision.decision == "restore"),
        )
    )
    .join(Appeal, Appeal.comment_id == Comment.id)
    .outerjoin(Decision, Decision.id == Appeal.answer_id)
)
_AUDITS = (
    _of_comments(
        _named(("drawn", literal(True)), ("read", Decision.id.is_not(None)), ("read_against", _followed))
    )
    .join(Audit, Audit.comment_id == Comment.id)
    .outerjoin(Decision, Decision.id == Audit.decision_id)
)
_by_people = Decision.origin.not_in(("import", "triage"))
_DECIDED = (
    select(_placed.c.place, Decision.decision, Decision.origin, Decision.rule_id, func.count())
    .select_from(Decision)
    .outerjoin(Comment, Comment.id == Decision.comment_id)
    .join(_placed, _placed.c.thread_id == func.coalesce(Decision.thread_id, Comment.thread_id))
    .where(_by_people)
    .group_by(_placed.c.place, Decision.decision, Decision.origin, Decision.rule_id)
)
_first = (
    select(Decision.comment_id, Decision.origin, Decision.decided_at)
    .where(Decision.comment_id.is_not(None))
    .ext(distinct_on(Decision.comment_id))
    .order_by(Decision.comment_id, Decision.revision)
    .subquery()
)
_taken = func.greatest(cast(extract("epoch", _first.c.decided_at - Comment.created_at), Float), 0)
# To the minute, from a day on to the hour: of a million times some thousand different ones are left to be sorted.
_unit = case((_taken < 86_400, 60), else_=3_600)
_rounded = cast(func.floor(_taken / _unit) * _unit, BigInteger).label("seconds")
_WAITS = (
    select(_placed.c.place, _rounded, func.count())
    .select_from(_first)
    .join(Comment, Comment.id == _first.c.comment_id)
    .join(_placed, _placed.c.thread_id == Comment.thread_id)
    .where(_first.c.origin.not_in(("import", "triage")), _received)
    .group_by(_placed.c.place, text("seconds"))
)
_RULES = select(Rule.id, Rule.number, Rule.title, Rulebook.version).join(
    Rulebook, Rulebook.id == Rule.rulebook_id
)


async def count(db: AsyncConnection, places: Places) -> dict[int | None, Figures]:
    """Figures by place and, under None, of all of them: seven statements, however many there are."""
    pairs = [(thread, place) for place, threads in places for thread in threads]
    values = {"threads": [one for one, _ in pairs], "places": [one for _, one in pairs]}
    counts: dict[int | None, Bag[str]] = {place: Bag() for place in (ALL, *(place for place, _ in places))}
    for statement in (_CAME_IN, _NOTICES, _APPEALS, _AUDITS):
        for row in (await db.execute(statement, values)).mappings():
            found = {name: number for name, number in row.items() if name != "place"}
            counts[row["place"]].update(found)
            counts[ALL].update(found)
    kinds, origins, broken = ({place: Bag[Any]() for place in counts} for _ in range(3))
    for place, kind, origin, rule_id, number in await db.execute(_DECIDED, values):
        for each in (place, ALL):
            kinds[each][kind] += number
            origins[each][origin] += number
            if rule_id is not None:
                broken[each][rule_id] += number
    waits: dict[int | None, Bag[int]] = {place: Bag() for place in counts}
    for place, seconds, number in await db.execute(_WAITS, values):
        for each in (place, ALL):
            waits[each][seconds] += number
    rules = {row.id: row for row in await db.execute(_RULES)} if broken[ALL] else {}
    now = clock.now()
    return {
        place: Figures(
            counts[place],
            kinds[place],
            origins[place],
            _ordered(broken[place], rules),
            _wait(waits[place]),
            now,
        )
        for place in counts
    }


def _ordered(broken: Mapping[int, int], rules: Mapping[int, Any]) -> tuple[Broken, ...]:
    found = [(rules[one], decisions) for one, decisions in broken.items()]
    found.sort(key=lambda each: (each[0].number, each[0].version))
    return tuple(Broken(rule.number, rule.title, rule.version, decisions) for rule, decisions in found)


def _wait(times: Mapping[int, int]) -> Wait:
    """The middle and the nine of ten of times that each came so often."""
    ordered, last = sorted(times), list(accumulate(times[one] for one in sorted(times)))
    if not ordered:
        return Wait()
    n = last[-1]

    def at(share: float) -> float:
        """What stands there when all are in a row, between two of them the way between."""
        place, part = divmod(share * (n - 1), 1)
        low, high = (ordered[bisect_right(last, min(int(place) + step, n - 1))] for step in (0, 1))
        return low + (high - low) * part

    return Wait(n, at(0.5), at(0.9))


class Counter:
    """Figures as each process keeps them (see `kept`): a minute, and longer when counting takes long.

    What is kept belongs to exactly the places asked for: when one is no longer public, all is counted anew.
    """

    def __init__(self, database: Database, seconds: float = MINUTE * SECONDS) -> None:
        self._database = database
        self._kept = Kept(self._count, seconds, room=4)
        self.close = self._kept.close

    async def of(self, places: Places) -> dict[int | None, Figures]:
        """By place, and under None all of them together."""
        return (await self._kept.get({places: False}))[places]

    async def _count(self, wanted: Iterable[Places]) -> dict[Places, dict[int | None, Figures]]:
        async with self._database.counting() as db:
            return {places: await count(db, places) for places in wanted}
