"""Points of the strategy: each has an edition that counts up, and a thread in which people talk about it."""

import re
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from consultations import calendar
from consultations.editing.kinds import Gap, Listed, Stored, Written, empty, id_of, is_taken, next_code
from consultations.editing.versions import Content
from consultations.tables import Area, Consultation, Point
from dialogue import search
from dialogue.kit.database import Record
from dialogue.kit.errors import Conflict
from dialogue.tables import Thread

NAME = "point"
NEEDED = {
    "title": "Der Titel fehlt.",
    "consultation": "Bitte wählen Sie die Beteiligung.",
    "text": "Der Text fehlt.",
    "rationale": "Die Begründung fehlt.",
}
FIRST = "1.0"
WORDS = ("title", "text", "rationale", "easy", "documents")
_ROW = (
    select(
        *(getattr(Point, name) for name in ("code", *WORDS, "edition", "position")),
        Point.changed_at,
        Area.uid.label("area"),
        Consultation.uid.label("consultation"),
        (Consultation.published_at <= func.now()).label("public"),
    )
    .join(Consultation, Consultation.id == Point.consultation_id)
    .outerjoin(Area, Area.id == Point.area_id)
    .where(Point.uid == bindparam("uid"))
)
_LIST = (
    select(
        Point.uid,
        Point.code,
        Point.title,
        Consultation.uid.label("consultation"),
        (Consultation.published_at <= func.now()).label("public"),
    )
    .join(Consultation, Consultation.id == Point.consultation_id)
    .order_by(Point.position, Point.id)
)
_HOME = (
    select(Consultation.id, Consultation.published_at)
    .where(Consultation.uid == bindparam("uid"))
    .with_for_update()
)


async def stored(db: AsyncConnection, uid: UUID) -> Stored | None:
    row = (await db.execute(_ROW, {"uid": uid})).first()
    if row is None:
        return None
    content = {name: getattr(row, name) for name in ("code", *WORDS, "edition", "position")}
    content |= {"area": str(row.area or ""), "consultation": str(row.consultation)}
    return Stored(content, row.changed_at, bool(row.public))


async def complete(db: AsyncConnection, uid: UUID, content: Content) -> Content:
    """Without a code it gets the next one of its area."""
    if content.get("code"):
        return content
    return content | {"code": await next_code(db, Point, await _letter(db, content.get("area")))}


async def _letter(db: AsyncConnection, area: str | None) -> str:
    area_id = await id_of(db, Area, area)
    if area_id is None:
        return "P"
    used = select(Point.code).where(Point.area_id == area_id).order_by(Point.id.desc()).limit(1)
    key = select(Area.key).where(Area.id == area_id)
    word = (await db.execute(used)).scalar() or str((await db.execute(key)).scalar_one())[:1].upper()
    found = re.match("[A-Z]+", word)
    return found.group() if found else "P"


async def gaps(db: AsyncConnection, uid: UUID, content: Content) -> list[Gap]:
    """What is missing; a point of a draft waits for it."""
    found = await own_gaps(db, uid, content)
    home = content.get("consultation")
    if home and not await _is_published(db, home):
        found.append(
            Gap(
                "Die Beteiligung ist noch ein Entwurf. Dieser Punkt wird mit ihr zusammen veröffentlicht.",
                kind="consultation",
                uid=UUID(home),
            )
        )
    return found


async def own_gaps(db: AsyncConnection, uid: UUID, content: Content) -> list[Gap]:
    """What is missing in the point itself."""
    found = empty(NEEDED, content)
    if await is_taken(db, Point, Point.code, uid, content["code"]):
        found.append(Gap(f"Das Kürzel {content['code']} hat schon ein anderer Punkt.", field="code"))
    return found


async def _is_published(db: AsyncConnection, consultation: str) -> bool:
    query = select(Consultation.published_at).where(Consultation.uid == UUID(consultation))
    return (await db.execute(query)).scalar() is not None


async def apply(db: AsyncConnection, uid: UUID, content: Content, actor: UUID) -> Written:
    """Write the row; a changed wording is a new edition."""
    home = (await db.execute(_HOME, {"uid": UUID(content["consultation"])})).first()
    if home is None:
        raise Conflict("Diese Beteiligung gibt es nicht mehr. Bitte wählen Sie eine andere.")
    there = (await db.execute(_ROW, {"uid": uid})).first()
    values = {name: content.get(name) or "" for name in ("title", "text", "rationale", "easy")}
    values |= {
        "documents": content.get("documents") or [],
        "area_id": await id_of(db, Area, content.get("area")),
    }
    edition = _edition(there, values)
    if there is None:
        await _insert(db, uid, home.id, values, content)
    else:
        moved = {} if content.get("position") is None else {"position": content["position"]}
        changed = {} if edition == there.edition else {"changed_at": func.now()}
        row = update(Point).where(Point.uid == uid).values(edition=edition, **values, **moved, **changed)
        await db.execute(row)
    await search.enqueue_all(db)
    await calendar.apply(db, home.id)
    await search.enqueue_all(db)
    code = there.code if there else content["code"]
    at = (await db.execute(select(Point.position).where(Point.uid == uid))).scalar_one()
    return Written(f"point:{code}", {"edition": edition, "code": code, "position": at})


def _edition(there: Record | None, values: dict[str, Any]) -> str:
    """1.0 → 1.1 when citizens read something else than before."""
    if there is None:
        return FIRST
    if all(getattr(there, name) == values[name] for name in WORDS):
        return str(there.edition)
    return re.sub(r"\d+$", lambda last: str(int(last.group()) + 1), there.edition)


async def _insert(
    db: AsyncConnection, uid: UUID, consultation_id: int, values: dict[str, Any], content: Content
) -> None:
    code, place = content["code"], content.get("position")
    thread = insert(Thread).values(title=values["title"], address=f"/punkte/{code}").returning(Thread.id)
    last = select(func.coalesce(func.max(Point.position), -1) + 1).where(
        Point.consultation_id == consultation_id
    )
    await db.execute(
        insert(Point).values(
            uid=uid,
            code=code,
            consultation_id=consultation_id,
            thread_id=(await db.execute(thread)).scalar_one(),
            edition=FIRST,
            position=last.scalar_subquery() if place is None else place,
            **values,
        )
    )


async def listed(db: AsyncConnection) -> list[Listed]:
    rows = await db.execute(_LIST)
    return [Listed(row.uid, row.title, row.code, bool(row.public), row.consultation) for row in rows]
