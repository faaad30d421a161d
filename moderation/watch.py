"""The look at a day's votes: thread by thread, once a day, in the worker; what it finds are hints."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
from anyio import to_thread
from sqlalchemy import bindparam, extract, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialogue.kit import clock
from dialogue.tables import Comment, Person, Vote
from moderation import patterns
from moderation.hints import Found
from moderation.patterns import Votes

YOUNG = timedelta(hours=24)
BEFORE = timedelta(hours=1)  # an hour may have begun before midnight
_new = or_(Vote.source == "guest", Person.created_at > Vote.cast_at - YOUNG)
# A row per thread, with its votes as columns: none of them becomes an object of its own.
_COLUMNS = (Vote.person_id, Vote.comment_id, Vote.value, extract("epoch", Vote.cast_at), _new)
_VOTES = (
    select(Comment.thread_id, *(func.array_agg(column) for column in _COLUMNS))
    .join(Comment, Comment.id == Vote.comment_id)
    .join(Person, Person.id == Vote.person_id)
    .where(
        Vote.cast_at >= bindparam("since"),
        Vote.cast_at < bindparam("until"),
        Vote.source.in_(("account", "guest")),
    )
    .group_by(Comment.thread_id)
    .order_by(Comment.thread_id)
    .execution_options(yield_per=1)
)


async def find(db: AsyncConnection, day: date) -> list[Found]:
    """What the votes of a day show, thread by thread; of what nobody voted on that day nothing is read."""
    first, end = clock.span(day, day)
    found: list[Found] = []
    result = await db.stream(_VOTES, {"since": first - BEFORE, "until": end})
    async for thread_id, *columns in result:
        found += await to_thread.run_sync(_patterns, thread_id, columns, day)
    return found


def _patterns(thread_id: int, columns: list[list[Any]], day: date) -> list[Found]:
    who, what, how = (np.array(column, dtype=np.int64) for column in columns[:3])
    votes = Votes(
        who, what, how, np.array(columns[3], dtype=np.float64), np.array(columns[4], dtype=np.bool_)
    )
    found = [
        Found("burst", thread_id, one.comment, {"votes": one.votes, "of": one.of} | _span(one), day)
        for one in patterns.bursts(votes)
    ]
    if group := patterns.alike(votes):
        counts = {"people": group.people, "comments": group.comments}
        found.append(Found("alike", thread_id, None, counts | _span(group), day))
    return found


def _span(found: patterns.Burst | patterns.Alike) -> dict[str, str]:
    moments = {"begins": found.begins, "ends": found.ends}
    return {
        name: datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds") for name, at in moments.items()
    }
