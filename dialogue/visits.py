"""Visits: when a person was last in a thread, and since when things there are new to them."""

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, bindparam, case, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from dialogue.comments import INSIDE, visible_to
from dialogue.tables import Comment, Visit

EVERY, PAUSE = (
    5,
    30,
)  # minutes: no more often is a visit noted; after so long away, coming back is another one


def _minutes(count: int) -> Any:
    return func.make_interval(0, 0, 0, 0, 0, count)


_viewer: Any = bindparam("viewer", type_=BigInteger)
_away = Visit.last_at < func.now() - _minutes(PAUSE)
# What was published after this moment is new: the end of the visit before this one; NULL on the first.
SINCE = case((_away, Visit.last_at), else_=Visit.since_at)
DUE: ColumnElement[bool] = or_(Visit.last_at.is_(None), Visit.last_at < func.now() - _minutes(EVERY))


def of_viewer(thread_id: Any) -> ColumnElement[bool]:
    """Joins (outer) the visit of the bound `viewer` to a thread."""
    return and_(Visit.thread_id == thread_id, Visit.person_id == _viewer)


def new(thread_id: Any) -> Any:
    """How many contributions and replies of others are new to the bound `viewer`."""
    published = (Comment.thread_id == thread_id, Comment.published_at > SINCE, visible_to(INSIDE))
    by_others = Comment.author_id.is_distinct_from(_viewer)
    return select(func.count()).where(*published, by_others).correlate_except(Comment).scalar_subquery()


_visit = insert(Visit).values(person_id=bindparam("person"), thread_id=bindparam("thread"))
_NOTE = _visit.on_conflict_do_update(
    index_elements=[Visit.person_id, Visit.thread_id],
    set_={"since_at": SINCE, "last_at": func.now()},
    where=DUE,
)


async def note(db: AsyncConnection, person_id: int, thread_id: int) -> None:
    """Note that the person is in the thread; within five minutes a second time changes nothing."""
    await db.execute(_NOTE, {"person": person_id, "thread": thread_id})
