"""Lasting names: one belongs to one thing for ever, also after it was thrown away."""

from typing import Any
from uuid import UUID

from sqlalchemy import Text, bindparam, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from consultations.editing import pages, rulebooks
from consultations.tables import Area, Consultation, InfoPage, Measure, Point, Version

_TABLES: dict[str, Any] = {
    "consultation": Consultation,
    "point": Point,
    "area": Area,
    "measure": Measure,
    "page": InfoPage,
}
FIXED = dict.fromkeys(pages.LEGAL_UIDS, pages.NAME) | {rulebooks.UID: rulebooks.NAME}
_uid: Any = bindparam("uid")
_owners = union_all(
    select(Version.kind.label("kind")).where(Version.subject == _uid),
    *(select(literal(kind, Text)).where(table.uid == _uid) for kind, table in _TABLES.items()),
).subquery()
_OTHERS = select(_owners.c.kind).where(_owners.c.kind != bindparam("name")).limit(1)


async def is_others(db: AsyncConnection, kind: str, uid: UUID) -> bool:
    """Whether a name belongs to something of another kind."""
    if FIXED.get(uid, kind) != kind:
        return True
    return (await db.execute(_OTHERS, {"uid": uid, "name": kind})).first() is not None
