"""Threads: a place to talk; open until when, checked first or later."""

from sqlalchemy import ColumnElement, and_, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialogue.kit.database import Record
from dialogue.kit.errors import Closed, NotFound, NotOpenYet
from dialogue.tables import Thread

# Time is half-open and compared with the database's clock.
OPEN: ColumnElement[bool] = and_(Thread.opens_at <= func.now(), Thread.closes_at > func.now())
STARTED: ColumnElement[bool] = and_(Thread.opens_at.is_not(None), Thread.opens_at <= func.now())
ENDED: ColumnElement[bool] = and_(Thread.closes_at.is_not(None), Thread.closes_at <= func.now())
SEALED: ColumnElement[bool] = and_(Thread.sealed_until.is_not(None), Thread.sealed_until > func.now())

COLUMNS = (
    Thread.id,
    Thread.title,
    Thread.address,
    Thread.opens_at,
    Thread.closes_at,
    Thread.checks_first,
    Thread.sealed_until,
    func.coalesce(OPEN, False).label("is_open"),
    func.coalesce(STARTED, False).label("started"),
    func.coalesce(ENDED, False).label("ended"),
    func.coalesce(SEALED, False).label("sealed"),
)
_BY_ID = select(*COLUMNS).where(Thread.id == bindparam("id"), Thread.opens_at.is_not(None))


async def get(db: AsyncConnection, thread_id: int) -> Record:
    """The thread with `is_open`, `started`, `ended`, `sealed`; NotFound for one not announced."""
    thread = (await db.execute(_BY_ID, {"id": thread_id})).first()
    if thread is None:
        raise NotFound
    return thread


async def open_for_writing(db: AsyncConnection, thread_id: int) -> Record:
    """The thread, or Closed / NotOpenYet with a friendly sentence."""
    return must_be_open(await get(db, thread_id))


def must_be_open(thread: Record) -> Record:
    if not thread.started:
        raise NotOpenYet
    if not thread.is_open:
        raise Closed
    return thread
