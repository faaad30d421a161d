"""Threads: a place to talk; open until when, checked first or later."""

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialogue import grants
from dialogue.kit.database import Record
from dialogue.kit.errors import Closed, NotFound, NotOpenYet
from dialogue.tables import Member, Thread

# Time is half-open and compared with the database's clock.
OPEN: ColumnElement[bool] = and_(
    Thread.opens_at <= func.now(), Thread.closes_at > func.now(), Thread.closed_at.is_(None)
)
STARTED: ColumnElement[bool] = and_(Thread.opens_at.is_not(None), Thread.opens_at <= func.now())
ENDED: ColumnElement[bool] = and_(Thread.closes_at.is_not(None), Thread.closes_at <= func.now())
SEALED: ColumnElement[bool] = and_(Thread.sealed_until.is_not(None), Thread.sealed_until > func.now())

COLUMNS = (
    Thread.id,
    Thread.title,
    Thread.address,
    Thread.opens_at,
    Thread.closes_at,
    Thread.closed_at,
    Thread.checks_first,
    Thread.guests_write,
    Thread.guests_vote,
    Thread.sealed_until,
    Thread.room_id,
    Thread.internal,
    func.coalesce(OPEN, False).label("is_open"),
    func.coalesce(STARTED, False).label("started"),
    func.coalesce(ENDED, False).label("ended"),
    func.coalesce(SEALED, False).label("sealed"),
)


def enters(person: Any, place: Any = Thread) -> ColumnElement[bool]:
    """Whether a person may enter a place (anything with circle_id and room_id): all may where no circle
    keeps it, else the circle's members and those who moderate or edit it."""
    member = select(Member.person_id).where(Member.circle_id == place.circle_id, Member.person_id == person)
    return or_(
        place.circle_id.is_(None), member.correlate_except(Member).exists(), grants.hosts(person, place)
    )


_BY_ID = select(*COLUMNS).where(
    Thread.id == bindparam("id"),
    Thread.opens_at.is_not(None),
    enters(bindparam("person", type_=BigInteger)),
)


async def get(db: AsyncConnection, thread_id: int, person_id: int | None) -> Record:
    """The thread with `is_open`, `started`, `ended`, `sealed`, `internal`.

    NotFound for one not announced, and for one of a circle to which the person does not belong.
    """
    if thread_id >= 2**63:
        raise NotFound
    thread = (await db.execute(_BY_ID, {"id": thread_id, "person": person_id})).first()
    if thread is None:
        raise NotFound
    return thread


async def open_for_writing(db: AsyncConnection, thread_id: int, person_id: int) -> Record:
    """The thread, or Closed / NotOpenYet with a friendly sentence."""
    return must_be_open(await get(db, thread_id, person_id))


class Stopped(Closed):
    """A moderator closed the thread before its time."""

    title = "Diese Diskussion ist geschlossen"
    text = "Die Moderation hat diese Diskussion geschlossen. Warum, steht über den Beiträgen. Alles Gesagte bleibt lesbar."


def must_be_open(thread: Record) -> Record:
    if not thread.started:
        raise NotOpenYet
    if thread.closed_at is not None and not thread.ended:
        raise Stopped
    if not thread.is_open:
        raise Closed
    return thread
