"""What runs when: consultations with their phases, dates in Berlin, and live totals."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    bindparam,
    case,
    cast,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from consultations.tables import Area, Consultation, Phase, Point
from consultations.totals import Counter, Totals
from dialogue import threads
from dialogue.grants import TODAY
from dialogue.kit.database import Record
from dialogue.kit.errors import NotFound
from dialogue.tables import Circle, Room, Thread
from moderation.tables import Rulebook, ThreadRulebook

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
    guests_write: bool
    guests_vote: bool
    attribution: str
    contact: str
    privacy: str
    rulebook: str
    results: list[dict[str, str]]
    points: int
    sealed: bool
    sealed_until: datetime | None
    today: date
    room_id: int | None
    circle: str
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
        Consultation.guests_write,
        Consultation.guests_vote,
        Consultation.attribution,
        Consultation.contact,
        Consultation.privacy,
        func.coalesce(Rulebook.version, "").label("rulebook"),
        Consultation.results,
        select(func.count())
        .where(Point.consultation_id == Consultation.id)
        .scalar_subquery()
        .label("points"),
        SEALED.label("sealed"),
        SEALED_UNTIL.label("sealed_until"),
        TODAY.label("today"),
        Consultation.room_id,
        func.coalesce(Circle.name, "").label("circle"),
    )
    .outerjoin(Circle, Circle.id == Consultation.circle_id)
    .outerjoin(Rulebook, Rulebook.id == Consultation.rulebook_id)
    .where(Consultation.published_at <= func.now())
    .order_by(Consultation.ends_on.desc(), Consultation.id.desc())
)


_OPEN_TO = _ENTRIES.where(threads.enters(bindparam("person", type_=BigInteger), Consultation))
_BY_SLUG = Consultation.slug == bindparam("slug")


async def entries(db: AsyncConnection, counter: Counter, person_id: int | None) -> list[Entry]:
    """All published consultations a person (None: a guest) may enter, the one that ends last first."""
    found = [Entry(**row._mapping) for row in await db.execute(_OPEN_TO, {"person": person_id})]
    counted = await counter.totals(found)
    return [replace(each, totals=counted[each.id]) for each in found]


async def by_slug(db: AsyncConnection, slug: str) -> Entry:
    """One published consultation by its address, for the command line: also a circle's."""
    return _only((await db.execute(_ENTRIES.where(_BY_SLUG), {"slug": slug})).first())


async def find(db: AsyncConnection, slug: str, person_id: int | None) -> Entry:
    """One published consultation a person may enter, without its totals, else NotFound."""
    return _only((await db.execute(_OPEN_TO.where(_BY_SLUG), {"slug": slug, "person": person_id})).first())


def _only(row: Record | None) -> Entry:
    if row is None:
        raise NotFound
    return Entry(**row._mapping)


async def entry(db: AsyncConnection, slug: str, counter: Counter, person_id: int | None) -> Entry:
    """One published consultation with its totals, else NotFound."""
    found = await find(db, slug, person_id)
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


def _midnight(day: Any) -> ColumnElement[datetime]:
    return func.timezone("Europe/Berlin", cast(day, DateTime))


_framed = (Point.consultation_id == Consultation.id, Consultation.id == bindparam("consultation"))
_announced = Consultation.published_at.is_not(None)
_FRAME = (
    update(Thread)
    .where(Thread.id == Point.thread_id, *_framed)
    .values(
        title=Point.code + " " + Point.title,
        address=literal("/punkte/") + Point.code,
        section=func.coalesce(
            select(Area.title).where(Area.id == Point.area_id).correlate(Point).scalar_subquery(), ""
        ),
        opens_at=case((_announced, _midnight(Consultation.starts_on))),
        closes_at=case((_announced, _midnight(Consultation.ends_on + 1))),
        sealed_until=Consultation.sealed_until,
        checks_first=Consultation.checks_first,
        guests_write=Consultation.guests_write,
        guests_vote=Consultation.guests_vote,
        room_id=Consultation.room_id,
        circle_id=Consultation.circle_id,
    )
)
_UNBOUND = delete(ThreadRulebook).where(
    ThreadRulebook.thread_id.in_(
        select(Point.thread_id).where(Point.consultation_id == bindparam("consultation"))
    )
)
_BOUND = insert(ThreadRulebook).from_select(
    ["thread_id", "rulebook_id"],
    select(Point.thread_id, Consultation.rulebook_id)
    .join(Consultation, Consultation.id == Point.consultation_id)
    .where(Consultation.id == bindparam("consultation"), Consultation.rulebook_id.is_not(None)),
)

_NAMED = (
    update(Room)
    .where(Room.id == Consultation.room_id, Consultation.id == bindparam("consultation"))
    .values(title=Consultation.title)
)


_RENAMED = (
    update(Thread)
    .where(Thread.id == Point.thread_id, Point.area_id == Area.id, Area.uid == bindparam("area"))
    .values(section=Area.title)
)


async def rename(db: AsyncConnection, area: UUID) -> None:
    """Give an area's title to the threads of its points: the moderators look for it there."""
    await db.execute(_RENAMED, {"area": area})


async def apply(db: AsyncConnection, consultation_id: int) -> None:
    """Give a consultation's dates, rules, room and circle to the threads of its points, and their titles;
    to its room its title.

    The one place that does: whoever changes a consultation or adds a point calls it. While a consultation is
    not published its threads have no dates, and every address of theirs answers 404.
    """
    for statement in (_FRAME, _UNBOUND, _BOUND, _NAMED):
        await db.execute(statement, {"consultation": consultation_id})
