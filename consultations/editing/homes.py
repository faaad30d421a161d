"""Who edits what: everything, or the consultations for which alone somebody holds the role."""

from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from consultations.editing.items import Item
from consultations.tables import Consultation
from dialogue.accounts import Current

Homes = frozenset[UUID] | None  # the consultations somebody edits; None: all, and everything else
_IN_ROOMS = select(Consultation.uid).where(
    Consultation.room_id == func.any(bindparam("rooms", type_=ARRAY(BigInteger)))
)


async def of(db: AsyncConnection, person: Current) -> Homes:
    """The consultations a person edits."""
    if person.holds("editor", None):
        return None
    rooms = [room for role, room in person.grants if role == "editor" and room is not None]
    return frozenset((await db.execute(_IN_ROOMS, {"rooms": rooms})).scalars())


def may(homes: Homes, item: Item) -> bool:
    """Whether a thing is theirs to edit; one that is stored belongs where it is stored."""
    content = item.stored.content if item.stored else item.content
    return within(homes, item.kind.NAME, item.uid, content)


def within(homes: Homes, kind: str, uid: UUID, content: dict[str, Any]) -> bool:
    """Whether a thing belongs to one of the consultations."""
    if homes is None:
        return True
    if kind == "point":
        return content.get("consultation") in {str(home) for home in homes}
    return kind == "consultation" and uid in homes
