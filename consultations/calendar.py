"""What runs when: consultations with their phases, dates in Berlin, and live totals."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from cachetools import TTLCache
from sqlalchemy import ARRAY, BigInteger, ScalarSelect, Select, bindparam, func, select, union
from sqlalchemy.ext.asyncio import AsyncConnection

from consultations.tables import Consultation, Phase, Point
from dialogue import comments
from dialogue.kit import clock
from dialogue.kit.database import Record
from dialogue.kit.errors import NotFound
from dialogue.stances import OFFICIAL
from dialogue.tables import Comment, Stance, Vote

SECONDS = 3


@dataclass(frozen=True)
class Totals:
    """Live counts of one consultation: published comments, official votes and stances, people behind them."""

    people: int = 0
    comments: int = 0
    votes: int = 0
    stances: int = 0


@dataclass(frozen=True)
class Entry:
    """A consultation as the calendar shows it; dates include the last day."""

    id: int
    slug: str
    title: str
    lead: str
    about: str
    starts_on: date
    ends_on: date
    checks_first: bool
    attribution: str
    results: list[dict[str, str]]
    points: int
    sealed: bool
    sealed_until: Any
    totals: Totals

    @property
    def state(self) -> str:
        today = clock.today()
        if today < self.starts_on:
            return "upcoming"
        return "running" if today <= self.ends_on else "ended"

    @property
    def days_left(self) -> int:
        """Whole days including today; 1 on the last day."""
        return (self.ends_on - clock.today()).days + 1

    @property
    def is_open(self) -> bool:
        return self.state == "running"

    @property
    def ended(self) -> bool:
        return self.state == "ended"


_ENTRIES = (
    select(
        Consultation.id,
        Consultation.slug,
        Consultation.title,
        Consultation.lead,
        Consultation.about,
        Consultation.starts_on,
        Consultation.ends_on,
        Consultation.checks_first,
        Consultation.attribution,
        Consultation.results,
        select(func.count())
        .where(Point.consultation_id == Consultation.id)
        .scalar_subquery()
        .label("points"),
        func.coalesce(Consultation.sealed_until > func.now(), False).label("sealed"),
        Consultation.sealed_until,
    )
    .where(Consultation.published_at <= func.now())
    .order_by(Consultation.ends_on.desc(), Consultation.id.desc())
)
_public = comments.visible_to(comments.NOBODY)
_threads = select(Point.thread_id).where(Point.consultation_id == Consultation.id).correlate(Consultation)
_spoken = Comment.thread_id.in_(_threads) & _public
_answered = Stance.thread_id.in_(_threads) & Stance.source.in_(OFFICIAL)
_voted = Vote.source.in_(OFFICIAL)
_voices = union(
    select(Vote.person_id)
    .join(Comment, Comment.id == Vote.comment_id)
    .where(_spoken, _voted)
    .correlate(Consultation),
    select(Comment.author_id)
    .where(_spoken, Comment.source.in_(OFFICIAL), Comment.author_id.is_not(None))
    .correlate(Consultation),
    select(Stance.person_id).where(_answered).correlate(Consultation),
).subquery()


def _count(query: Select[Any]) -> ScalarSelect[int]:
    return query.with_only_columns(func.count()).correlate(Consultation).scalar_subquery()


_TOTALS = select(
    Consultation.id,
    _count(select(_voices).select_from(_voices)),
    _count(select(Comment.id).where(_spoken)),
    _count(select(Vote.value).join(Comment, Comment.id == Vote.comment_id).where(_spoken, _voted)),
    _count(select(Stance.value).where(_answered)),
).where(Consultation.id == func.any(bindparam("ids", type_=ARRAY(BigInteger))))


async def totals(db: AsyncConnection, ids: Iterable[int]) -> dict[int, Totals]:
    """Live counts by consultation id, all in one statement."""
    return {row[0]: Totals(*row[1:]) for row in await db.execute(_TOTALS, {"ids": list(ids)})}


class Counter:
    """Totals, read at most every three seconds by each process: public figures cost few queries."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._kept: TTLCache[int, Totals] = TTLCache(1000, seconds)

    async def totals(self, db: AsyncConnection, ids: Sequence[int]) -> dict[int, Totals]:
        found = {one: kept for one in ids if (kept := self._kept.get(one)) is not None}
        if missing := [one for one in ids if one not in found]:
            fresh = await totals(db, missing)
            self._kept.update(fresh)
            found |= fresh
        return found


async def entries(db: AsyncConnection, counter: Counter) -> list[Entry]:
    """All published consultations, the one that ends last first."""
    rows = (await db.execute(_ENTRIES)).all()
    counted = await counter.totals(db, [row.id for row in rows])
    return [Entry(**row._mapping, totals=counted[row.id]) for row in rows]


async def entry(db: AsyncConnection, slug: str, counter: Counter | None = None) -> Entry:
    """One published consultation by its address, else NotFound."""
    row = (await db.execute(_ENTRIES.where(Consultation.slug == slug))).first()
    if row is None:
        raise NotFound
    counted = await (counter.totals if counter else totals)(db, [row.id])
    return Entry(**row._mapping, totals=counted[row.id])


@dataclass(frozen=True)
class PhaseShown:
    """A phase and where today stands: past, now or next."""

    kind: str
    title: str
    text: str
    starts_on: date
    ends_on: date | None
    state: str


async def phases(db: AsyncConnection, consultation_id: int) -> list[PhaseShown]:
    columns = (Phase.kind, Phase.title, Phase.text, Phase.starts_on, Phase.ends_on)
    rows = await db.execute(
        select(*columns).where(Phase.consultation_id == consultation_id).order_by(Phase.starts_on)
    )
    return [PhaseShown(*row, _state(row)) for row in rows]


def _state(phase: Record) -> str:
    today = clock.today()
    if today < phase.starts_on:
        return "next"
    return "now" if phase.ends_on is None or today <= phase.ends_on else "past"
