"""How the wording of a point changed in public."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from consultations.editing import versions
from consultations.editing.differences import Piece, pieces
from consultations.tables import Point

FIELDS = ("title", "text", "rationale")
_UID = select(Point.uid).where(Point.code == bindparam("code"))


@dataclass(frozen=True)
class Step:
    """A public version: its edition, since when, and by field what differs from the one before."""

    edition: str
    since: datetime
    changes: dict[str, list[Piece]]
    first: bool


async def of(db: AsyncConnection, code: str) -> list[Step]:
    """All public versions of a point the caller was let into, the newest first; none when it never changed."""
    uid = (await db.execute(_UID, {"code": code})).scalar_one()
    steps: list[Step] = []
    before: Mapping[str, Any] = {}
    for row in await versions.published(db, uid):
        changed = {
            name: pieces(before.get(name) or "", row.content.get(name) or "")
            for name in FIELDS
            if (before.get(name) or "") != (row.content.get(name) or "")
        }
        if changed:
            steps.append(Step(row.content.get("edition") or "", row.saved_at, changed, not before))
        before = row.content
    return steps[::-1]
