"""The look at a day's votes: thread by thread, once a day, in the worker; what it finds are hints."""

from collections.abc import AsyncIterator, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
from anyio import to_thread
from sqlalchemy import bindparam, extract, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialogue.kit import clock
from dialogue.tables import Comment, Person, Vote
from moderation import patterns
from moderation.hints import Found
from moderation.patterns import Votes

YOUNG = timedelta(hours=24)
BEFORE = timedelta(hours=1)  # an hour may have begun before midnight
_new = or_(Vote.source == "guest", Person.created_at > Vote.cast_at - YOUNG)
_VOTES = (
    select(
        Comment.thread_id,
        Vote.person_id,
        Vote.comment_id,
        Vote.value,
        extract("epoch", Vote.cast_at).label("at"),
        _new.label("new"),
    )
    .join(Comment, Comment.id == Vote.comment_id)
    .join(Person, Person.id == Vote.person_id)
    .where(
        Vote.cast_at >= bindparam("since"),
        Vote.cast_at < bindparam("until"),
        Vote.source.in_(("account", "guest")),
    )
    .order_by(Comment.thread_id)
    .execution_options(yield_per=10_000)
)


async def find(db: AsyncConnection, day: date) -> list[Found]:
    """What the votes of a day show, thread by thread; of what nobody voted on that day nothing is read."""
    first, end = clock.span(day, day)
    found: list[Found] = []
    async for thread_id, votes in _by_thread(db, first - BEFORE, end):
        found += await to_thread.run_sync(_patterns, thread_id, votes, day)
    return found


async def _by_thread(
    db: AsyncConnection, since: datetime, until: datetime
) -> AsyncIterator[tuple[int, Votes]]:
    rows: list[Any] = []
    async for row in await db.stream(_VOTES, {"since": since, "until": until}):
        if rows and rows[0].thread_id != row.thread_id:
            yield rows[0].thread_id, _columns(rows)
            rows = []
        rows.append(row)
    if rows:
        yield rows[0].thread_id, _columns(rows)


def _columns(rows: Iterable[Any]) -> Votes:
    _, person, comment, value, at, new = zip(*rows, strict=True)
    who, what, how = (np.array(column, dtype=np.int64) for column in (person, comment, value))
    return Votes(who, what, how, np.array(at, dtype=np.float64), np.array(new, dtype=np.bool_))


def _patterns(thread_id: int, votes: Votes, day: date) -> list[Found]:
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
