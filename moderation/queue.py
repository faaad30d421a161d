"""The queue: a query on comments that wait, longest first; claim and release."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from dialogue.kit.database import Record
from dialogue.kit.errors import Conflict
from dialogue.tables import Comment, Person, Thread
from moderation.tables import Claim

PAGE = 50
HOLD = timedelta(minutes=15)
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
_holder = aliased(Person)
_live = and_(Claim.comment_id == Comment.id, Claim.until > func.now())
_WAITING = (
    select(
        Comment.id,
        Comment.number,
        Comment.text,
        Comment.signs,
        Comment.created_at,
        Comment.parent_id,
        Thread.title,
        Thread.address,
        Claim.person_id.label("holder_id"),
        _holder.pseudonym.label("holder"),
    )
    .join(Thread, Thread.id == Comment.thread_id)
    .outerjoin(Claim, _live)
    .outerjoin(_holder, _holder.id == Claim.person_id)
    .where(Comment.status == "pending", Comment.created_at >= bindparam("since"))
    .order_by(Comment.created_at, Comment.id)
    .limit(PAGE)
)
_COUNTS = (
    select(
        func.count().label("waiting"),
        func.count().filter(Claim.person_id == bindparam("me")).label("mine"),
        func.min(Comment.created_at).label("oldest"),
    )
    .select_from(Comment)
    .outerjoin(Claim, _live)
    .where(Comment.status == "pending")
)
_NEXT = (
    select(Comment.number)
    .outerjoin(Claim, _live)
    .where(
        Comment.status == "pending",
        Comment.author_id.is_distinct_from(bindparam("me")),
        or_(Claim.person_id.is_(None), Claim.person_id == bindparam("me")),
    )
    .order_by(Comment.created_at, Comment.id)
    .limit(1)
)


@dataclass(frozen=True)
class Waiting:
    """The first page of what waits, and how much there is in all."""

    rows: list[Record]
    total: int
    mine: int
    oldest: Any


async def waiting(db: AsyncConnection, moderator_id: int, since: Any = None) -> Waiting:
    """What waits, longest first; `since` continues behind an earlier page."""
    counts = (await db.execute(_COUNTS, {"me": moderator_id})).one()
    rows = list(await db.execute(_WAITING, {"since": since or BEGINNING}))
    return Waiting(rows, counts.waiting, counts.mine, counts.oldest)


async def following(db: AsyncConnection, moderator_id: int) -> str | None:
    """The number of the next comment this moderator may decide."""
    number = (await db.execute(_NEXT, {"me": moderator_id})).scalar()
    return str(number) if number else None


_CLAIM = insert(Claim).values(
    comment_id=bindparam("comment"), person_id=bindparam("me"), until=func.now() + HOLD
)
_CLAIM_FREE = _CLAIM.on_conflict_do_update(
    index_elements=[Claim.comment_id],
    set_={"person_id": _CLAIM.excluded.person_id, "until": _CLAIM.excluded.until},
    where=or_(Claim.until < func.now(), Claim.person_id == _CLAIM.excluded.person_id),
).returning(Claim.comment_id)


async def claim(db: AsyncConnection, moderator_id: int, comment_id: int) -> None:
    """Take a comment for 15 minutes, or Conflict when somebody else has it."""
    if (await db.execute(_CLAIM_FREE, {"comment": comment_id, "me": moderator_id})).first() is None:
        raise Conflict("Diesen Beitrag bearbeitet gerade jemand anderes. Bitte nehmen Sie den nächsten.")


async def release(db: AsyncConnection, comment_id: int) -> None:
    await db.execute(delete(Claim).where(Claim.comment_id == comment_id))


async def sweep(db: AsyncConnection) -> None:
    """Forget claims that have expired."""
    await db.execute(delete(Claim).where(Claim.until < func.now()))
