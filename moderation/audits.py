"""The audit: a random part of what triage let pass is put before a person, so that what it misses is counted."""

from datetime import timedelta

from sqlalchemy import Date, DateTime, Float, Integer, bindparam, cast, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from dialogue.kit import clock
from dialogue.tables import Comment
from moderation.tables import Audit, Decision

SHARE = 0.05  # of a day's publications by triage, and at least one
_LOCK = 4_110_014  # of the database's advisory locks: two draws at once would both find nothing drawn
_LAST = select(func.max(Audit.drawn_on))
_moment = DateTime(timezone=True)
_by_a_person = (
    select(Decision.id)
    .where(Decision.comment_id == Comment.id, ~Decision.automated)
    .correlate(Comment)
    .exists()
)
_drawn = select(Audit.comment_id).where(Audit.comment_id == Comment.id).correlate(Comment).exists()
_passed = (
    select(Comment.id)
    .join(Decision, Decision.comment_id == Comment.id)
    .where(
        Decision.automated,
        Decision.decided_at >= bindparam("since", type_=_moment),
        Decision.decided_at < bindparam("until", type_=_moment),
        Comment.status == "published",
        ~_by_a_person,
        ~_drawn,
    )
    .cte("passed")
)
_many = select(
    func.greatest(1, cast(func.ceil(func.count() * bindparam("share", type_=Float)), Integer))
).select_from(_passed)
_DRAW = (
    insert(Audit)
    .from_select(
        ["comment_id", "drawn_on"],
        select(_passed.c.id, bindparam("today", type_=Date))
        .order_by(func.random())
        .limit(_many.scalar_subquery()),
    )
    .returning(Audit.comment_id)
)


async def draw(db: AsyncConnection) -> int:
    """Draw from what triage published since the last draw, up to last midnight; returns how many.

    A second run on the same day draws nothing. A day on which nothing could be drawn needs no draw; after days
    without a worker the next draw covers them.
    """
    await db.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    today = clock.today()
    last = (await db.execute(_LAST)).scalar()
    if last is not None and last >= today:
        return 0
    since = last or today - timedelta(days=1)
    values = {"since": clock.start_of(since), "until": clock.start_of(today), "today": today, "share": SHARE}
    return len((await db.execute(_DRAW, values)).all())
