"""Trained orders of triage: stored with what they learned from and how well they do; the newest holds."""

from dataclasses import dataclass, field
from typing import Any

import structlog
from anyio import to_thread
from sqlalchemy import bindparam, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialogue.kit.database import Record
from moderation.tables import Model
from moderation.triage import learned
from moderation.triage.learned import Order

log = structlog.get_logger()
_NEWEST = (
    select(Model.id, Model.data_digest, Model.figures, Model.trained_at).order_by(Model.id.desc()).limit(1)
)
_NEWEST_ID = select(Model.id).order_by(Model.id.desc()).limit(1)
_WEIGHTS = select(Model.weights).where(Model.id == bindparam("id"))


async def store(db: AsyncConnection, order: Order, digest: str, figures: dict[str, Any]) -> int:
    """Keep a trained order; it holds from the commit on."""
    row = insert(Model).values(data_digest=digest, figures=figures, weights=order.stored())
    return int((await db.execute(row.returning(Model.id))).scalar_one())


async def newest(db: AsyncConnection) -> Record | None:
    """What holds now: id, data_digest, figures, trained_at; None where nothing was trained."""
    return (await db.execute(_NEWEST)).first()


@dataclass
class Held:
    """The order as this process holds it: loaded once, and again when a newer one is stored."""

    id: int | None = None
    order: Order | None = field(default=None, repr=False)

    async def current(self, db: AsyncConnection) -> Order | None:
        """The order that holds; None without one, or when this version cannot read it."""
        newest_id = (await db.execute(_NEWEST_ID)).scalar()
        if newest_id != self.id:
            self.order = await self._load(db, newest_id) if newest_id is not None else None
            self.id = newest_id
        return self.order

    async def _load(self, db: AsyncConnection, model_id: int) -> Order | None:
        weights = bytes((await db.execute(_WEIGHTS, {"id": model_id})).scalar_one())
        try:
            return await to_thread.run_sync(learned.load, weights)
        except learned.Unfit as unfit:
            log.warning("triage_model_unfit", model=model_id, why=str(unfit))
            return None
