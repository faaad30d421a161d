"""The queue: a query on comments that wait, longest first; claim and release."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ARRAY, BigInteger, DateTime, and_, bindparam, delete, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from dialogue.comments import INSIDE, Viewer, visible_to
from dialogue.kit.database import Record
from dialogue.kit.errors import Conflict, NotFound
from dialogue.tables import Comment, Person, Thread
from moderation.tables import Claim

PAGE = 50
HOLD = timedelta(minutes=15)
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
CURSOR = re.compile(r"([0-9]{1,17})\.([0-9]{1,18})")  # microseconds since the beginning, and an id
_holder = aliased(Person)
_live = and_(Claim.comment_id == Comment.id, Claim.until > func.now())
_rooms = bindparam("rooms", type_=ARRAY(BigInteger))  # NULL: all of them
_hosted = or_(_rooms.is_(None), Thread.room_id == func.any(_rooms))
_behind = tuple_(bindparam("moment", type_=DateTime(timezone=True)), bindparam("last", type_=BigInteger))
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
    .where(Comment.status == "pending", _hosted, tuple_(Comment.created_at, Comment.id) > _behind)
    .order_by(Comment.created_at, Comment.id)
    .limit(PAGE + 1)
)
_COUNTS = (
    select(
        func.count().label("waiting"),
        func.count().filter(Claim.person_id == bindparam("me")).label("mine"),
        func.min(Comment.created_at).label("oldest"),
    )
    .select_from(Comment)
    .join(Thread, Thread.id == Comment.thread_id)
    .outerjoin(Claim, _live)
    .where(Comment.status == "pending", _hosted)
)
_NEXT = (
    select(Comment.number)
    .join(Thread, Thread.id == Comment.thread_id)
    .outerjoin(Claim, _live)
    .where(
        Comment.status == "pending",
        _hosted,
        Comment.id != bindparam("besides"),
        Comment.author_id.is_distinct_from(bindparam("me")),
        or_(Claim.person_id.is_(None), Claim.person_id == bindparam("me")),
    )
    .order_by(Comment.created_at, Comment.id)
    .limit(1)
)


_parent, _answered = aliased(Comment), aliased(Person)
_AROUND = (
    select(
        Thread.title,
        Thread.address,
        Claim.person_id.label("holder_id"),
        Claim.until.label("held_until"),
        _holder.pseudonym.label("holder"),
        _parent.text.label("answers"),
        _answered.pseudonym.label("answered"),
    )
    .select_from(Comment)
    .join(Thread, Thread.id == Comment.thread_id)
    .outerjoin(Claim, _live)
    .outerjoin(_holder, _holder.id == Claim.person_id)
    .outerjoin(_parent, and_(_parent.id == Comment.parent_id, visible_to(INSIDE, _parent)))
    .outerjoin(_answered, _answered.id == _parent.author_id)
    .where(Comment.id == bindparam("comment"))
)


@dataclass(frozen=True)
class Waiting:
    """A page of what waits, its cursor and the next page's ("" for none), and how much there is in all."""

    rows: list[Record]
    cursor: str
    more: str
    total: int
    mine: int
    oldest: Any


def _moderator(viewer: Viewer) -> dict[str, Any]:
    return {"me": viewer.person_id, "rooms": None if viewer.moderates else list(viewer.rooms)}


async def waiting(db: AsyncConnection, viewer: Viewer, cursor: str = "") -> Waiting:
    """What waits where the viewer moderates, longest first; `cursor` continues behind an earlier page."""
    moment, last = _place(cursor) if cursor else (BEGINNING, 0)
    counts = (await db.execute(_COUNTS, _moderator(viewer))).one()
    found = list(await db.execute(_WAITING, _moderator(viewer) | {"moment": moment, "last": last}))
    rows = found[:PAGE]
    more = f"{(rows[-1].created_at - BEGINNING) // MICROSECOND}.{rows[-1].id}" if len(found) > PAGE else ""
    return Waiting(rows, cursor, more, counts.waiting, counts.mine, counts.oldest)


def _place(cursor: str) -> tuple[datetime, int]:
    if (found := CURSOR.fullmatch(cursor)) is None:
        raise NotFound
    return BEGINNING + int(found[1]) * MICROSECOND, int(found[2])


async def around(db: AsyncConnection, comment_id: int) -> Record:
    """What stands around a case: its thread, who works on it, and the public comment it answers."""
    return (await db.execute(_AROUND, {"comment": comment_id})).one()


async def following(db: AsyncConnection, viewer: Viewer, besides: int = 0) -> str | None:
    """The number of the next comment this moderator may decide, besides the one they are deciding now.

    Not one's own, and none that a colleague holds.
    """
    number = (await db.execute(_NEXT, _moderator(viewer) | {"besides": besides})).scalar()
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


async def release(db: AsyncConnection, moderator_id: int, comment_id: int) -> None:
    """Give one's own case back."""
    await db.execute(delete(Claim).where(Claim.comment_id == comment_id, Claim.person_id == moderator_id))


async def sweep(db: AsyncConnection) -> None:
    """Forget claims that have expired."""
    await db.execute(delete(Claim).where(Claim.until < func.now()))
