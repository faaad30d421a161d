"""Claims: who works on a comment just now; they expire by themselves."""

from datetime import timedelta

from sqlalchemy import bindparam, delete, func, or_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from dialogue.kit.errors import Conflict
from moderation.tables import Claim

HOLD = timedelta(minutes=15)
_CLAIM = insert(Claim).values(
    comment_id=bindparam("comment"), person_id=bindparam("me"), until=func.now() + HOLD
)
_CLAIM_FREE = _CLAIM.on_conflict_do_update(
    index_elements=[Claim.comment_id],
    set_={"person_id": _CLAIM.excluded.person_id, "until": _CLAIM.excluded.until},
    where=or_(Claim.until < func.now(), Claim.person_id == _CLAIM.excluded.person_id),
).returning(Claim.comment_id)


class Held(Conflict):
    """Somebody else works on it."""

    text = "Diesen Beitrag bearbeitet gerade jemand anderes. Bitte nehmen Sie den nächsten."


async def take(db: AsyncConnection, moderator_id: int, comment_id: int) -> None:
    """Take a comment for 15 minutes, or Held when somebody else has it."""
    if not await take_free(db, moderator_id, comment_id):
        raise Held


async def take_free(db: AsyncConnection, moderator_id: int, comment_id: int) -> bool:
    """Take a comment for 15 minutes if nobody else has it, and say whether that worked."""
    return (await db.execute(_CLAIM_FREE, {"comment": comment_id, "me": moderator_id})).first() is not None


async def release(db: AsyncConnection, moderator_id: int, comment_id: int) -> None:
    """Give one's own case back."""
    await db.execute(delete(Claim).where(Claim.comment_id == comment_id, Claim.person_id == moderator_id))


async def sweep(db: AsyncConnection) -> None:
    """Forget claims that have expired."""
    await db.execute(delete(Claim).where(Claim.until < func.now()))
