"""What runs when: consultations with their phases, dates in Berlin, and live totals."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from cachetools import TTLCache
from sqlalchemy import Row, bindparam, func, select, union
from sqlalchemy.ext.asyncio import AsyncConnection

from consultations.tables import Consultation, Phase, Point
from dialogue import comments
from dialogue.kit import clock
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
_inside = Comment.thread_id.in_(
    select(Point.thread_id).where(Point.consultation_id == bindparam("consultation"))
)
_stances_inside = Stance.thread_id.in_(
    select(Point.thread_id).where(Point.consultation_id == bindparam("consultation"))
)
_voices = union(
    select(Vote.person_id)
    .join(Comment, Comment.id == Vote.comment_id)
    .where(_inside, _public, Vote.source.in_(OFFICIAL)),
    select(Comment.author_id).where(
        _inside, _public, Comment.source.in_(OFFICIAL), Comment.author_id.is_not(None)
    ),
    select(Stance.person_id).where(_stances_inside, Stance.source.in_(OFFICIAL)),
).subquery()
_TOTALS = select(
    select(func.count()).select_from(_voices).scalar_subquery(),
    select(func.count()).select_from(Comment).where(_inside, _public).scalar_subquery(),
    select(func.count())
    .select_from(Vote)
    .join(Comment, Comment.id == Vote.comment_id)
    .where(_inside, _public, Vote.source.in_(OFFICIAL))
    .scalar_subquery(),
    select(func.count())
    .select_from(Stance)
    .where(_stances_inside, Stance.source.in_(OFFICIAL))
    .scalar_subquery(),
)


class Counter:
    """Totals, read at most every three seconds by each process: public figures cost few queries."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._kept: TTLCache[int, Totals] = TTLCache(1000, seconds)

    async def totals(self, db: AsyncConnection, consultation_id: int) -> Totals:
        if (kept := self._kept.get(consultation_id)) is not None:
            return kept
        fresh = await totals(db, consultation_id)
        self._kept[consultation_id] = fresh
        return fresh


async def totals(db: AsyncConnection, consultation_id: int) -> Totals:
    return Totals(*(await db.execute(_TOTALS, {"consultation": consultation_id})).one())


async def entries(db: AsyncConnection, counter: Counter) -> list[Entry]:
    """All published consultations, the one that ends last first."""
    rows = (await db.execute(_ENTRIES)).all()
    return [Entry(*row, await counter.totals(db, row.id)) for row in rows]


async def entry(db: AsyncConnection, slug: str, counter: Counter | None = None) -> Entry:
    """One published consultation by its address, else NotFound."""
    row = (await db.execute(_ENTRIES.where(Consultation.slug == slug))).first()
    if row is None:
        raise NotFound
    count = counter.totals if counter else totals
    return Entry(*row, await count(db, row.id))


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


def _state(phase: Row[Any]) -> str:
    today = clock.today()
    if today < phase.starts_on:
        return "next"
    return "now" if phase.ends_on is None or today <= phase.ends_on else "past"
