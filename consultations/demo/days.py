"""The passing of time in the demonstration: its dates follow today, those of all others stay."""

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from consultations.tables import Example
from dialogue.kit import clock

_THREADS = "IN (SELECT thread_id FROM points JOIN examples USING (consultation_id))"
_COMMENTS = f"IN (SELECT id FROM comments WHERE thread_id {_THREADS})"  # noqa: S608 - nothing of anybody's
_EXAMPLES = "IN (SELECT consultation_id FROM examples)"
_POINTS = f"IN (SELECT uid FROM points WHERE consultation_id {_EXAMPLES})"  # noqa: S608 - nothing of anybody's
# What moves in each table: days as they are, moments by Berlin's clock, so that midnight stays midnight.
_MOVED = (
    ("consultations", "starts_on ends_on", "published_at", f"id {_EXAMPLES}"),
    ("phases", "starts_on ends_on", "", f"consultation_id {_EXAMPLES}"),
    ("versions", "", "saved_at", f"subject {_POINTS}"),
    ("points", "", "changed_at", f"consultation_id {_EXAMPLES}"),
    ("threads", "", "opens_at closes_at closed_at", f"id {_THREADS}"),
    ("responses", "", "published_at", f"comment_id {_COMMENTS}"),
    ("votes", "", "cast_at", f"comment_id {_COMMENTS}"),
    ("stances", "", "taken_at", f"thread_id {_THREADS}"),
    ("decisions", "", "decided_at", f"comment_id {_COMMENTS} OR thread_id {_THREADS}"),
    ("merges", "", "merged_at", f"comment_id {_COMMENTS}"),
    ("vote_hints", "day", "found_at", f"thread_id {_THREADS}"),
    ("flags", "", "created_at settled_at", f"comment_id {_COMMENTS}"),
    ("appeals", "", "created_at settled_at", f"comment_id {_COMMENTS}"),
    ("originals", "", "masked_at", f"comment_id {_COMMENTS}"),
    ("audits", "drawn_on", "settled_at", f"comment_id {_COMMENTS}"),
    ("comments", "", "created_at edited_at published_at", f"thread_id {_THREADS}"),
    ("examples", "stands_on", "", "true"),
)


async def move_on(db: AsyncConnection) -> int:
    """Let the dates of the demonstration's own consultations follow today; returns by how many days.

    Needs the owner's connection: the application itself may not change a decision.
    """
    await db.execute(text("LOCK TABLE examples IN EXCLUSIVE MODE"))  # two starts at once move them once
    stands_on = (await db.execute(select(func.min(Example.stands_on)))).scalar()
    days = (clock.today() - stands_on).days if stands_on else 0
    if days > 0:
        for table, dates, moments, where in _MOVED:
            changes = [f"{name} = {name} + CAST(:days AS integer)" for name in dates.split()]
            changes += [f"{name} = {_LATER.format(name=name)}" for name in moments.split()]
            moved = f"UPDATE {table} SET {', '.join(changes)} WHERE {where}"  # noqa: S608 - from above
            await db.execute(text(moved), {"days": days})
    return max(days, 0)


_LATER = (
    "({name} AT TIME ZONE 'Europe/Berlin' + make_interval(days => CAST(:days AS integer))) "
    "AT TIME ZONE 'Europe/Berlin'"
)


async def are_kept(db: AsyncConnection) -> bool:
    """True when this database holds the demonstration and the day it stands at."""
    return (await db.execute(select(Example.consultation_id).limit(1))).first() is not None
