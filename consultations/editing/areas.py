"""Areas of the strategy."""

from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from consultations import calendar
from consultations.editing.kinds import Gap, Listed, Stored, Written, empty, free
from consultations.editing.versions import Content
from consultations.outcome.frame import slug_of
from consultations.tables import Area

NAME = "area"
NEEDED = {"title": "Der Name fehlt.", "summary": "Die Kurzbeschreibung fehlt."}
_ROW = select(Area.title, Area.summary, Area.slug, Area.position).where(Area.uid == bindparam("uid"))
_LIST = select(Area.uid, Area.title).order_by(Area.position, Area.id)
_last = select(func.coalesce(func.max(Area.position), -1) + 1).scalar_subquery()


async def stored(db: AsyncConnection, uid: UUID) -> Stored | None:
    row = (await db.execute(_ROW, {"uid": uid})).first()
    return Stored(dict(row._mapping)) if row else None


async def complete(db: AsyncConnection, uid: UUID, content: Content) -> Content:
    """Its address within the strategy follows from its first name and stays."""
    if not content.get("slug"):
        wanted = slug_of(str(content.get("title")), "feld")
        content = content | {"slug": await free(db, Area, Area.slug, uid, wanted)}
    return content


async def gaps(db: AsyncConnection, uid: UUID, content: Content) -> list[Gap]:
    return empty(NEEDED, content)


async def apply(db: AsyncConnection, uid: UUID, content: Content, actor: UUID) -> Written:
    """Write the row; another draft may have had the same address, and been first."""
    slug = content["slug"]
    if await stored(db, uid) is None:
        slug = await free(db, Area, Area.slug, uid, slug)
    words = {name: content[name] for name in ("title", "summary")}
    place = content.get("position")
    row = insert(Area).values(
        uid=uid,
        key=slug,
        slug=slug,
        position=_last if place is None else place,
        **words,
    )
    moved = {} if place is None else {"position": place}
    row = row.on_conflict_do_update(index_elements=[Area.uid], set_=words | moved)
    at = (await db.execute(row.returning(Area.position))).scalar_one()
    await calendar.rename(db, uid)
    return Written(f"area:{slug}", {"slug": slug, "position": at})


async def listed(db: AsyncConnection) -> list[Listed]:
    return [Listed(row.uid, row.title) for row in await db.execute(_LIST)]
