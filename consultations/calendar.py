"""What runs when: consultations with their phases, dates in Berlin, and live totals."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import ColumnElement, Date, case, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from consultations.tables import Consultation, Phase, Point
from consultations.totals import Counter, Totals
from dialogue.kit.errors import NotFound
from dialogue.tables import Thread

# The day in Berlin by the database's clock, as for everything that decides.
TODAY = cast(func.timezone("Europe/Berlin", func.now()), Date)
_seal = func.greatest(
    Consultation.sealed_until,
    select(func.max(Thread.sealed_until))
    .join(Point, Point.thread_id == Thread.id)
    .where(Point.consultation_id == Consultation.id)
    .correlate(Consultation)
    .scalar_subquery(),
)
SEALED: ColumnElement[bool] = func.coalesce(_seal > func.now(), False)
SEALED_UNTIL = case((_seal > func.now(), _seal))


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
    sealed_until: datetime | None
    today: date
    totals: Totals | None = None

    @property
    def state(self) -> str:
        if self.today < self.starts_on:
            return "upcoming"
        return "running" if self.today <= self.ends_on else "ended"

    @property
    def days_left(self) -> int:
        """Whole days including today; 1 on the last day."""
        return (self.ends_on - self.today).days + 1

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
        SEALED.label("sealed"),
        SEALED_UNTIL.label("sealed_until"),
        TODAY.label("today"),
    )
    .where(Consultation.published_at <= func.now())
    .order_by(Consultation.ends_on.desc(), Consultation.id.desc())
)


async def entries(db: AsyncConnection, counter: Counter) -> list[Entry]:
    """All published consultations, the one that ends last first."""
    found = [Entry(**row._mapping) for row in await db.execute(_ENTRIES)]
    counted = await counter.totals(found)
    return [replace(each, totals=counted[each.id]) for each in found]


async def find(db: AsyncConnection, slug: str) -> Entry:
    """One published consultation by its address, without its totals, else NotFound."""
    row = (await db.execute(_ENTRIES.where(Consultation.slug == slug))).first()
    if row is None:
        raise NotFound
    return Entry(**row._mapping)


async def entry(db: AsyncConnection, slug: str, counter: Counter) -> Entry:
    """One published consultation with its totals, else NotFound."""
    found = await find(db, slug)
    return replace(found, totals=(await counter.totals([found]))[found.id])


@dataclass(frozen=True)
class PhaseShown:
    """A phase and where today stands: past, now or next."""

    kind: str
    title: str
    text: str
    starts_on: date
    ends_on: date | None
    state: str


_STATE = case(
    (Phase.starts_on > TODAY, "next"),
    (or_(Phase.ends_on.is_(None), Phase.ends_on >= TODAY), "now"),
    else_="past",
)


async def phases(db: AsyncConnection, consultation_id: int) -> list[PhaseShown]:
    columns = (Phase.kind, Phase.title, Phase.text, Phase.starts_on, Phase.ends_on, _STATE)
    rows = await db.execute(
        select(*columns).where(Phase.consultation_id == consultation_id).order_by(Phase.starts_on)
    )
    return [PhaseShown(*row) for row in rows]
