"""A page of a thread: contributions in an order, each with its first replies, and how to go on from there."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    func,
    literal,
    null,
    select,
    true,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from dialogue.comments import INSIDE, columns, visible_to
from dialogue.kit.database import Record
from dialogue.kit.errors import NotFound
from dialogue.tables import Comment, Person

PAGE = 50
FOLDED = 3
GONE = "gone"
_hash = func.hashint8extended(Comment.id, bindparam("seed", type_=BigInteger))
_last = bindparam("last", type_=BigInteger)
_author, _reply, _writer = aliased(Person), aliased(Comment), aliased(Person)
_answers = and_(_reply.parent_id == Comment.id, visible_to(INSIDE, _reply))
_VISIBLE = (
    select(
        *columns(Comment, _author),
        select(func.count()).where(_answers).correlate(Comment).scalar_subquery().label("replies"),
    )
    .outerjoin(_author, _author.id == Comment.author_id)
    .where(visible_to(INSIDE))
)
# What is no longer public leaves its place to the replies: nothing of it is read but when it was public.
_left_with_replies = and_(
    Comment.parent_id.is_(None),
    Comment.status.in_(("hidden", "withdrawn")),
    Comment.published_at.is_not(None),
    select(_reply.id).where(_answers).correlate(Comment).exists(),
)
_LEFT = select(
    Comment.id,
    literal("").label("number"),
    Comment.parent_id,
    literal("").label("text"),
    literal(GONE).label("status"),
    literal("").label("source"),
    literal(False).label("example"),
    Comment.published_at,
    null().label("author_id"),
    literal("").label("pseudonym"),
    literal(PAGE).label("replies"),
).where(_left_with_replies)


def gaps(thread_id: Any) -> ColumnElement[bool]:
    """Whether a thread has places whose text is gone and whose replies stay: rarely, so it is asked first."""
    return select(Comment.id).where(Comment.thread_id == thread_id, _left_with_replies).exists()


@cache
def _query(sort: str, continued: bool, gaps: bool) -> Select[Any]:
    """Top-level comments of a thread, each with its reply count and first replies, in one statement."""
    if sort == "newest":
        keys: tuple[Any, ...] = (Comment.published_at, Comment.id)
        order: tuple[Any, ...] = tuple(key.desc() for key in keys)
        behind = tuple_(*keys) < tuple_(bindparam("moment"), _last)
    else:
        keys = order = (_hash, Comment.id)
        behind = tuple_(*keys) > tuple_(bindparam("hash", type_=BigInteger), _last)
    inside = (Comment.thread_id == bindparam("thread"), Comment.parent_id.is_(None))
    arms = [
        arm.add_columns((_hash if sort == "mixed" else literal(0)).label("hash"))
        .where(*inside, behind if continued else true())
        .order_by(*order)
        .limit(PAGE + 1)
        for arm in ((_VISIBLE, _LEFT) if gaps else (_VISIBLE,))
    ]
    both = arms[0].union_all(*arms[1:]) if gaps else arms[0]
    return _with_replies(both.subquery("arms"), sort)


def _with_replies(arms: Any, sort: str) -> Select[Any]:
    order = (arms.c.published_at.desc(), arms.c.id.desc()) if sort == "newest" else (arms.c.hash, arms.c.id)
    rank = func.row_number().over(order_by=order).label("rank")
    top = select(*arms.c, rank).order_by(*order).limit(PAGE + 1).cte("top")
    first = (
        select(*columns(_reply, _writer))
        .outerjoin(_writer, _writer.id == _reply.author_id)
        .where(_reply.parent_id == top.c.id, visible_to(INSIDE, _reply))
        .order_by(_reply.published_at, _reply.id)
        .limit(case((top.c.status == GONE, PAGE), else_=FOLDED))
        .correlate(top)
        .lateral("first")
    )
    replies = (
        select(*first.c, literal(0), top.c.hash, top.c.rank).join(first, true()).where(top.c.replies > 0)
    )
    both = select(*top.c).union_all(replies).subquery()
    return select(both).order_by(both.c.rank, both.c.parent_id.is_not(None), both.c.published_at, both.c.id)


@dataclass
class Listing:
    """A page of a thread: top-level rows, their first replies by parent id, and the next cursor.

    A row with status GONE has only a place: its text is no longer public, its replies are.
    """

    top: list[Any] = field(default_factory=list)
    replies: dict[int, list[Any]] = field(default_factory=dict)
    cursor: str = ""

    @property
    def ids(self) -> list[int]:
        rows = [*self.top, *(row for rows in self.replies.values() for row in rows)]
        return [row.id for row in rows if row.status != GONE]


async def page(
    db: AsyncConnection, thread_id: int, sort: str, seed: int, cursor: str = "", *, gaps: bool = True
) -> Listing:
    """One page of at most 50 top-level comments; `cursor` is the one of the page before.

    Without `gaps` (see above) places whose text is gone are not looked for.
    """
    values: dict[str, Any] = {"thread": thread_id, "seed": seed}
    if cursor:
        values |= _read_cursor(sort, cursor)
    listing = Listing()
    for row in await db.execute(_query(sort, bool(cursor), gaps), values):
        if row.parent_id is None:
            listing.top.append(row)
        else:
            listing.replies.setdefault(row.parent_id, []).append(row)
    if len(listing.top) > PAGE:
        listing.replies.pop(listing.top.pop().id, None)
        last = listing.top[-1]
        at = int(last.published_at.timestamp() * 1_000_000) if sort == "newest" else last.hash
        listing.cursor = f"{values['seed']}.{at}.{last.id}"
    return listing


def _read_cursor(sort: str, cursor: str) -> dict[str, Any]:
    try:
        seed, at, last = (int(part) for part in cursor.split("."))
        if max(abs(seed), abs(at), abs(last)) >= 2**63:
            raise ValueError
        if sort == "newest":
            moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)
            return {"seed": seed, "moment": moment, "last": last}
    except (ValueError, OverflowError):
        raise NotFound from None
    return {"seed": seed, "hash": at, "last": last}


_REPLIES = (
    select(*columns(Comment, Person))
    .outerjoin(Person, Person.id == Comment.author_id)
    .where(Comment.parent_id == bindparam("parent"), visible_to(INSIDE), Comment.id > bindparam("after"))
    .order_by(Comment.id)
    .limit(PAGE + 1)
)


async def replies(db: AsyncConnection, comment_id: int, after: int = 0) -> list[Record]:
    """Published replies in order, one more than a page when there are more."""
    return list(await db.execute(_REPLIES, {"parent": comment_id, "after": after}))
