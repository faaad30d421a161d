"""Measures under an area."""

from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from consultations.editing.kinds import Gap, Listed, Stored, Written, empty, id_of, is_taken, next_code
from consultations.editing.versions import Content
from consultations.tables import Area, Measure

NAME = "measure"
NEEDED = {
    "title": "Der Titel fehlt.",
    "area": "Bitte wählen Sie das Handlungsfeld.",
    "text": "Die Beschreibung fehlt.",
}
WORDS = ("code", "title", "text", "until", "cost", "state")
_ROW = (
    select(*(getattr(Measure, name) for name in WORDS), Measure.position, Area.uid.label("area"))
    .join(Area, Area.id == Measure.area_id)
    .where(Measure.uid == bindparam("uid"))
)
_LIST = select(Measure.uid, Measure.code, Measure.title).order_by(Measure.position, Measure.id)
_last = select(func.coalesce(func.max(Measure.position), -1) + 1).scalar_subquery()


async def stored(db: AsyncConnection, uid: UUID) -> Stored | None:
    row = (await db.execute(_ROW, {"uid": uid})).first()
    return Stored(dict(row._mapping) | {"area": str(row.area)}) if row else None


async def complete(db: AsyncConnection, uid: UUID, content: Content) -> Content:
    return content if content.get("code") else content | {"code": await next_code(db, Measure, "M")}


async def gaps(db: AsyncConnection, uid: UUID, content: Content) -> list[Gap]:
    found = empty(NEEDED, content)
    if await is_taken(db, Measure, Measure.code, uid, content["code"]):
        found.append(Gap(f"Das Kürzel {content['code']} hat schon eine andere Maßnahme.", field="code"))
    return found


async def apply(db: AsyncConnection, uid: UUID, content: Content, actor: UUID) -> Written:
    words = {name: content.get(name) or "" for name in WORDS}
    words["area_id"] = await id_of(db, Area, content["area"])
    place = content.get("position")
    row = insert(Measure).values(uid=uid, position=_last if place is None else place, **words)
    moved = {} if place is None else {"position": place}
    row = row.on_conflict_do_update(index_elements=[Measure.uid], set_=words | moved)
    at = (await db.execute(row.returning(Measure.position))).scalar_one()
    return Written(f"measure:{content['code']}", {"position": at})


async def listed(db: AsyncConnection) -> list[Listed]:
    return [Listed(row.uid, row.title, row.code) for row in await db.execute(_LIST)]
