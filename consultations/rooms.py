"""The room of a consultation: with it a role can be given for this consultation alone."""

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from consultations.tables import Consultation, Point
from dialogue.kit.database import Record
from dialogue.kit.errors import NotFound
from dialogue.tables import Room, Thread

_ALL = select(Consultation.id, Consultation.title).order_by(Consultation.id.desc())


async def choices(db: AsyncConnection) -> list[Record]:
    """Every consultation, also a draft, the newest first."""
    return list(await db.execute(_ALL))


async def of(db: AsyncConnection, consultation_id: int) -> int:
    """The consultation's room; made when it is needed for the first time."""
    one = Consultation.id == consultation_id
    query = select(Consultation.title, Consultation.room_id).where(one).with_for_update()
    found = (await db.execute(query)).first()
    if found is None:
        raise NotFound("Diese Beteiligung gibt es nicht (mehr).")
    if found.room_id is not None:
        return int(found.room_id)
    added = insert(Room).values(title=found.title).returning(Room.id)
    room_id = int((await db.execute(added)).scalar_one())
    await db.execute(update(Consultation).where(one).values(room_id=room_id))
    inside = select(Point.thread_id).where(Point.consultation_id == consultation_id)
    await db.execute(update(Thread).where(Thread.id.in_(inside)).values(room_id=room_id))
    return room_id
