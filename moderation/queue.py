"""The queue: what asks for a decision where a moderator works, by filter, most urgent or longest waiting first."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    DateTime,
    Select,
    SmallInteger,
    and_,
    bindparam,
    cast,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from dialogue.comments import Viewer
from dialogue.kit.database import Record
from dialogue.kit.errors import NotFound
from dialogue.tables import Actor, Comment, Person, Thread
from moderation.filters import KINDS, Asked
from moderation.tables import Appeal, Audit, Claim, Decision, Flag

PAGE = 50
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
# Urgency, microseconds since the beginning, and an id.
PLACE = re.compile(r"(?:([0-2])-)?([0-9]{1,17})\.([0-9]{1,18})")


@dataclass(frozen=True)
class Found:
    """A page of what was asked for, its cursor and the next page's ("" for none), and how much there is of each
    kind; `oldest`: since when the longest of this kind waits."""

    asked: Asked
    rows: list[Record]
    cursor: str
    more: str
    counts: dict[str, int]
    oldest: datetime | None

    @property
    def total(self) -> int:
        return self.counts[self.asked.kind]


# --- what each kind is: its rows, and since when each of them waits ------------------------------------

_holder = aliased(Person)
_live = and_(Claim.comment_id == Comment.id, Claim.until > func.now())
_rooms = bindparam("rooms", type_=ARRAY(BigInteger))  # NULL: all of them
_hosted = or_(_rooms.is_(None), Thread.room_id == func.any(_rooms))
_me = bindparam("me", type_=BigInteger)
_pending = Comment.status == "pending"
_notices = (
    select(Flag.comment_id, func.min(Flag.created_at).label("since"), func.count().label("notices"))
    .where(Flag.settled_at.is_(None))
    .group_by(Flag.comment_id)
    .subquery("notices")
)
_appeals = (
    select(Appeal.comment_id, func.min(Appeal.created_at).label("since"), literal(0).label("notices"))
    .where(Appeal.settled_at.is_(None))
    .group_by(Appeal.comment_id)
    .subquery("appeals")
)
_audits = (
    select(
        Audit.comment_id,
        func.timezone("Europe/Berlin", cast(Audit.drawn_on, DateTime)).label("since"),
        literal(0).label("notices"),
    )
    .where(Audit.settled_at.is_(None))
    .subquery("audits")
)
_SOURCES: dict[str, Any] = {"gemeldet": _notices, "beschwerden": _appeals, "stichprobe": _audits}
_ONLY: dict[str, ColumnElement[bool]] = {
    "wartend": _pending,
    "zurueckgestellt": and_(_pending, Comment.signs != literal([], type_=JSONB)),
    # Whatever its status: what came in while somebody decided still waits for an answer.
    "gemeldet": true(),
    "beschwerden": true(),
    "stichprobe": true(),
}


def _since(kind: str) -> Any:
    return _SOURCES[kind].c.since if kind in _SOURCES else Comment.created_at


def _of(asked: Asked, *columns: Any) -> Select[Any]:
    """Columns of everything of a kind where the viewer moderates, narrowed as asked."""
    query = select(*columns).select_from(Comment).join(Thread, Thread.id == Comment.thread_id)
    if asked.kind in _SOURCES:
        source = _SOURCES[asked.kind]
        query = query.join(source, source.c.comment_id == Comment.id)
    query = query.outerjoin(Claim, _live).where(_ONLY[asked.kind], _hosted)
    if asked.thread:
        query = query.where(Comment.thread_id == bindparam("thread", type_=BigInteger))
    if asked.section:
        query = query.where(Thread.section == bindparam("section"))
    if asked.hours:
        query = query.where(
            _since(asked.kind) < func.now() - func.make_interval(0, 0, 0, 0, bindparam("hours"))
        )
    if asked.mine:
        query = query.where(Claim.person_id == _me)
    return query


def _order(asked: Asked) -> list[Any]:
    order = [_since(asked.kind), Comment.id]
    return order if asked.longest else [-Comment.urgency, *order]


def _behind(asked: Asked) -> ColumnElement[bool]:
    place = [bindparam("moment", type_=DateTime(timezone=True)), bindparam("last", type_=BigInteger)]
    place = place if asked.longest else [bindparam("level", type_=SmallInteger), *place]
    return tuple_(*_order(asked)) > tuple_(*place)


# --- a page of it ------------------------------------------------------------------------------------


@cache
def _page(shape: Asked) -> Select[Any]:
    """How much there is of each kind, and a page of one, in one statement: one row at least."""
    notices = _SOURCES[shape.kind].c.notices if shape.kind in _SOURCES else literal(0)
    listed = (
        _of(
            shape,
            Comment.id,
            Comment.number,
            func.left(Comment.text, 300).label("text"),
            Comment.revision,
            Comment.signs,
            Comment.urgency,
            Comment.author_id,
            Comment.parent_id,
            _since(shape.kind).label("since"),
            notices.label("notices"),
            Thread.title,
            Claim.person_id.label("holder_id"),
            _holder.pseudonym.label("holder"),
        )
        .outerjoin(_holder, _holder.id == Claim.person_id)
        .where(_behind(shape))
        .order_by(*_order(shape))
        .limit(PAGE + 1)
        .subquery("listed")
    )
    counts = select(
        *(_of(shape.of(kind), func.count()).scalar_subquery().label(f"of_{kind}") for kind in KINDS),
        _of(shape, func.min(_since(shape.kind))).scalar_subquery().label("oldest"),
    ).subquery("counts")
    order: list[Any] = [listed.c.since, listed.c.id]
    order = order if shape.longest else [-listed.c.urgency, *order]
    return select(*counts.c, *listed.c).select_from(counts.outerjoin(listed, true())).order_by(*order)


def _shape(asked: Asked) -> Asked:
    """What the statement depends on; the values are bound."""
    return Asked(
        asked.kind, asked.thread and 1, asked.section and "x", asked.hours and 1, asked.mine, asked.longest
    )


def _values(viewer: Viewer, asked: Asked) -> dict[str, Any]:
    return {
        "me": viewer.person_id,
        "rooms": None if viewer.moderates else list(viewer.rooms),
        "thread": asked.thread,
        "section": asked.section,
        "hours": asked.hours,
    }


async def page(db: AsyncConnection, viewer: Viewer, asked: Asked, cursor: str = "") -> Found:
    """What is asked for where the viewer moderates; `cursor` continues behind an earlier page."""
    place = _place(cursor) if cursor else {"level": -2, "moment": BEGINNING, "last": 0}
    found = list(await db.execute(_page(_shape(asked)), _values(viewer, asked) | place))
    rows = [row for row in found[:PAGE] if row.id is not None]
    counts = {kind: getattr(found[0], f"of_{kind}") for kind in KINDS}
    return Found(asked, rows, cursor, _cursor(rows[-1]) if len(found) > PAGE else "", counts, found[0].oldest)


def _cursor(row: Record) -> str:
    return f"{row.urgency}-{(row.since - BEGINNING) // MICROSECOND}.{row.id}"


def _place(cursor: str) -> dict[str, Any]:
    if (found := PLACE.fullmatch(cursor)) is None:
        raise NotFound
    return {
        "level": -int(found[1] or 0),
        "moment": BEGINNING + int(found[2]) * MICROSECOND,
        "last": int(found[3]),
    }


_THREADS = (
    select(Thread.id, Thread.title, Thread.section)
    .where(Thread.opens_at <= func.now(), _hosted)
    .order_by(Thread.section, Thread.title, Thread.id)
    .limit(1_000)
)


async def threads(db: AsyncConnection, viewer: Viewer) -> list[Record]:
    """The threads a viewer moderates, as far as they have begun: what one may ask for."""
    return list(await db.execute(_THREADS, {"rooms": None if viewer.moderates else list(viewer.rooms)}))


# --- and the next of it ------------------------------------------------------------------------------

_own_appealed = (
    select(Appeal.id)
    .join(Decision, Decision.id == Appeal.decision_id)
    .join(Actor, Actor.id == Decision.actor_id)
    .where(Appeal.comment_id == Comment.id, Appeal.settled_at.is_(None), Actor.person_id == _me)
    .correlate(Comment)
    .exists()
)
_besides = bindparam("besides", type_=BigInteger)


@cache
def _next(shape: Asked, behind: bool) -> Select[Any]:
    mine = or_(Claim.person_id.is_(None), Claim.person_id == _me)
    query = (
        _of(shape, Comment.id, Comment.number)
        .where(Comment.id != _besides, Comment.author_id.is_distinct_from(_me), mine)
        .order_by(*_order(shape))
        .limit(1)
    )
    if shape.kind == "beschwerden":
        query = query.where(~_own_appealed)
    if behind:
        here = _of(replace(shape, mine=False), *_order(shape)).where(Comment.id == _besides).subquery("here")
        query = query.where(tuple_(*_order(shape)) > select(*here.c).scalar_subquery())
    return query


async def following(db: AsyncConnection, viewer: Viewer, asked: Asked, besides: int = 0) -> Record | None:
    """The next comment (id, number) this moderator may decide: behind the one they are deciding now, else the
    first.

    Not one's own, none that a colleague holds, and no appeal against one's own decision.
    """
    values = _values(viewer, asked) | {"besides": besides}
    for behind in (True, False) if besides else (False,):
        found: Record | None = (await db.execute(_next(_shape(asked), behind), values)).first()
        if found is not None:
            return found
    return None
