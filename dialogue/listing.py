"""A page of a thread: contributions in an order, each with its first replies, and how to go on from there."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import blake2b
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    null,
    select,
    true,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from dialogue import orders
from dialogue.comments import INSIDE, columns, visible_to
from dialogue.kit.database import Record
from dialogue.kit.errors import NotFound
from dialogue.orders import FIRST, LAST, PAGE
from dialogue.tables import Comment, Person
from dialogue.tallies import Ranked

FOLDED = 3
PRINTED, LINES = 500, 2_000  # contributions, and contributions with their replies, on paper at most
GONE = "gone"
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
    cast(null(), BigInteger).label("author_id"),
    literal("").label("pseudonym"),
    literal(PAGE).label("replies"),
).where(_left_with_replies)
_KINDS: tuple[Any, ...] = (_VISIBLE, _LEFT)


def gaps(thread_id: Any) -> ColumnElement[bool]:
    """Whether a thread has places whose text is gone and whose replies stay: rarely, so it is asked first."""
    return select(Comment.id).where(Comment.thread_id == thread_id, _left_with_replies).exists()


# --- one statement: the contributions of a page with their first replies ------------------------------


def _with_replies(page: Select[Any], folded: int = FOLDED) -> Select[Any]:
    top = page.cte("top")
    first = (
        select(*columns(_reply, _writer))
        .outerjoin(_writer, _writer.id == _reply.author_id)
        .where(_reply.parent_id == top.c.id, visible_to(INSIDE, _reply))
        .order_by(_reply.published_at, _reply.id)
        .limit(case((top.c.status == GONE, max(PAGE, folded)), else_=folded))
        .correlate(top)
        .lateral("first")
    )
    replies = (
        select(*first.c, literal(0), top.c.hash, top.c.rank).join(first, true()).where(top.c.replies > 0)
    )
    both = select(*top.c).union_all(replies).subquery()
    return select(both).order_by(both.c.rank, both.c.parent_id.is_not(None), both.c.published_at, both.c.id)


@cache
def _query(sort: str, continued: bool, gaps: bool) -> Select[Any]:
    kinds = _KINDS if gaps else _KINDS[:1]
    if sort == "listed":
        return _with_replies(orders.listed(kinds))
    if sort == "newest":
        return _with_replies(orders.newest(kinds, PAGE + 1, continued=continued))
    return _with_replies(orders.mixed(kinds, PAGE + 1))


def _whole(printed: int, lines: int) -> Select[Any]:
    top = orders.newest(_KINDS, printed + 1)
    return _with_replies(top, lines).limit(lines + 1)


_WHOLE = _whole(PRINTED, LINES)


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


async def _read(db: AsyncConnection, query: Select[Any], values: dict[str, Any]) -> Listing:
    listing = Listing()
    for row in await db.execute(query, values):
        if row.parent_id is None:
            listing.top.append(row)
        else:
            listing.replies.setdefault(row.parent_id, []).append(row)
    return listing


async def page(
    db: AsyncConnection, thread_id: int, sort: str, seed: int, cursor: str = "", *, gaps: bool = True
) -> Listing:
    """One page of at most 50 top-level comments, newest first or mixed; `cursor` is the one of the page before.

    Mixed goes round from the visitor's own place, the `seed` (64 bits), and shuffles each page once more.
    Without `gaps` (see above) places whose text is gone are not looked for.
    """
    seed, at, last = _parts(cursor) if cursor else (seed, seed, 0)
    values: dict[str, Any] = {"thread": thread_id, "last": last}
    if sort == "newest":
        values |= {"moment": _moment(at)} if cursor else {}
    else:
        around = at < seed
        values |= {"hash": at, "upto": seed - 1 if around else LAST, "rest": FIRST if around else seed}
    listing = await _read(db, _query(sort, bool(cursor), gaps), values)
    if len(listing.top) > PAGE:
        listing.replies.pop(listing.top.pop().id, None)
        final = listing.top[-1]
        at = int(final.published_at.timestamp() * 1_000_000) if sort == "newest" else final.hash
        listing.cursor = f"{seed}.{at}.{final.id}"
    if sort == "mixed":
        key = seed.to_bytes(8, signed=True)
        listing.top.sort(key=lambda row: blake2b(row.id.to_bytes(8), digest_size=8, key=key).digest())
    return listing


async def ranked(
    db: AsyncConnection, thread_id: int, order: Sequence[Ranked], cursor: str = "", *, gaps: bool = False
) -> Listing:
    """One page of a thread in an order by votes. Places whose text is gone come last: theirs would tell."""
    if gaps:
        left = list(await db.scalars(_LEFT_IDS, {"thread": thread_id}))
        order = [each for each in order if each.id not in left] + [Ranked(-1, one) for one in left]
    start = 0
    if cursor:
        _, key, last = _parts(cursor)
        start = bisect_right(order, (-key, -last), key=lambda each: (-each.key, -each.id))
    shown = order[start : start + PAGE]
    listing = await _read(db, _query("listed", False, gaps), {"ids": [each.id for each in shown]})
    if len(order) > start + PAGE:
        listing.cursor = f"0.{shown[-1].key}.{shown[-1].id}"
    return listing


_LEFT_IDS = (
    select(Comment.id)
    .where(Comment.thread_id == bindparam("thread"), _left_with_replies)
    .order_by(Comment.id.desc())
)


async def whole(db: AsyncConnection, thread_id: int) -> tuple[Listing, bool]:
    """A thread as it is printed: the newest 500 contributions with all their replies, 2,000 texts at most;
    and whether that was all."""
    listing = await _read(db, _WHOLE, {"thread": thread_id})
    read = len(listing.top) + sum(map(len, listing.replies.values()))
    cut = len(listing.top) > PRINTED or read > LINES
    if cut:
        listing.replies.pop(listing.top.pop().id, None)
    return listing, not cut


def _parts(cursor: str) -> tuple[int, int, int]:
    try:
        seed, at, last = (int(part) for part in cursor.split("."))
    except ValueError:
        raise NotFound from None
    if not FIRST <= min(seed, at, last) <= max(seed, at, last) <= LAST:
        raise NotFound
    return seed, at, last


def _moment(at: int) -> datetime:
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)
    except OverflowError:
        raise NotFound from None


_REPLIES = (
    select(*columns(Comment, Person))
    .outerjoin(Person, Person.id == Comment.author_id)
    .where(Comment.parent_id == bindparam("parent"), visible_to(INSIDE))
    .order_by(Comment.published_at, Comment.id)
    .limit(PAGE + 1)
)
_shown = aliased(Comment)
_MORE_REPLIES = _REPLIES.where(
    tuple_(Comment.published_at, Comment.id)
    > select(_shown.published_at, _shown.id)
    .where(_shown.id == bindparam("after"), _shown.parent_id == bindparam("parent"))
    .scalar_subquery()
)


async def replies(db: AsyncConnection, comment_id: int, after: int = 0) -> list[Record]:
    """Published replies as they appeared, behind the one with the id `after`; one more than a page when there
    are more."""
    query = _MORE_REPLIES if after else _REPLIES
    return list(
        await db.execute(query, {"parent": comment_id, "after": after} if after else {"parent": comment_id})
    )
