"""Mails to moderators: what waits for each of them, when something new came in, as often as they wish; and to all
of a room when something waits longer than the city allows.

A mail is wanted here and filled when it leaves: it holds counts and ages, no words of anybody.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    DateTime,
    Interval,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    text,
    union_all,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from dialogue import grants
from dialogue.kit import clock, jobs
from dialogue.kit.database import Record
from dialogue.tables import Actor, Comment, Person, Thread
from moderation.tables import Appeal, Audit, Decision, Digest, Flag

DEFAULT = "hourly"
MORNING = timedelta(hours=7)
AGAIN = timedelta(hours=24)  # so long nobody is told again that something waits too long
SETTLED = timedelta(seconds=10)  # what came in since may still be on its way: it is new the next time
_ALONE = text("SELECT pg_advisory_xact_lock(hashtext('moderation.digests'))")
_berlin = literal("Europe/Berlin")
_moderating = grants.MODERATING.cte("moderating")


def _morning(day: Any) -> Any:
    """Seven o'clock in Berlin: when the sample drawn in the night is there to be read."""
    return func.timezone(_berlin, cast(day, DateTime) + MORNING)


def _items(kind: str, since: Any, judge: Any = null()) -> Any:  # noqa: B008 - a constant of SQL
    """What waits: its kind, room, since when, and who may not decide it: the author, the judge it complains of."""
    columns = (
        literal(kind).label("kind"),
        Thread.room_id,
        since.label("since"),
        Comment.author_id,
        cast(judge, BigInteger).label("judge_id"),
    )
    return select(*columns).select_from(Comment).join(Thread, Thread.id == Comment.thread_id)


_waiting = union_all(
    _items("comment", Comment.created_at).where(Comment.status == "pending"),
    _items("notice", Flag.created_at)
    .join(Flag, Flag.comment_id == Comment.id)
    .where(Flag.settled_at.is_(None)),
    _items("appeal", Appeal.created_at, Actor.person_id)
    .join(Appeal, Appeal.comment_id == Comment.id)
    .join(Decision, Decision.id == Appeal.decision_id)
    .outerjoin(Actor, Actor.id == Decision.actor_id)
    .where(Appeal.settled_at.is_(None)),
    _items("audit", _morning(Audit.drawn_on))
    .join(Audit, Audit.comment_id == Comment.id)
    .where(Audit.settled_at.is_(None)),
).subquery()
_someone = select(_moderating.c.person_id)
_own = case((_waiting.c.author_id.in_(_someone), _waiting.c.author_id))
_settled = func.now() - SETTLED
# However much waits, few groups are left: by room, by kind, and by who of the moderators may not decide.
_groups = (
    select(
        _waiting.c.kind,
        _waiting.c.room_id,
        _own.label("author_id"),
        _waiting.c.judge_id,
        func.count().label("n"),
        func.min(_waiting.c.since).label("oldest"),
        func.max(_waiting.c.since).filter(_waiting.c.since <= _settled).label("newest"),
    )
    .group_by(_waiting.c.kind, _waiting.c.room_id, _own, _waiting.c.judge_id)
    .cte("groups")
)
_here = (
    select(_moderating.c.person_id)
    .where(
        _moderating.c.person_id == Person.id,
        or_(_moderating.c.room_id.is_(None), _moderating.c.room_id == _groups.c.room_id),
    )
    .correlate(Person, _groups)
    .exists()
)
_may_decide = and_(
    _groups.c.author_id.is_distinct_from(Person.id), _groups.c.judge_id.is_distinct_from(Person.id)
)


def _number(kind: str) -> Any:
    return func.coalesce(func.sum(_groups.c.n).filter(_groups.c.kind == kind), 0).label(f"{kind}s")


_oldest = func.min(_groups.c.oldest).filter(_groups.c.kind != "audit").label("oldest")
_newest = func.max(_groups.c.newest).label("newest")
# Nobody waits for an answer from the sample: it is counted, and makes no haste.
_FOR_EACH = (
    select(
        Person.id.label("person_id"),
        *(_number(kind) for kind in ("comment", "notice", "appeal", "audit")),
        _oldest,
        _newest,
    )
    .select_from(Person)
    .join(_groups, and_(_here, _may_decide))
    .where(
        Person.id.in_(_someone),
        Person.email.is_not(None),
        func.coalesce(Person.blocked_until <= func.now(), True),
        ~grants.absent(Person.id),
    )
    .group_by(Person.id)
)
_FOR_ONE = _FOR_EACH.where(Person.id == bindparam("person"))
_each = _FOR_EACH.subquery()
_rhythm = func.coalesce(Digest.rhythm, DEFAULT)
_local = func.timezone(_berlin, func.now())
_seven = func.timezone(_berlin, func.date_trunc("day", _local - MORNING) + MORNING)
_ago = func.now() - timedelta(hours=1)
_rhythm_due = or_(
    _rhythm == "at_once",
    and_(_rhythm == "hourly", func.coalesce(Digest.sent_at <= _ago, True)),
    and_(_rhythm == "daily", func.coalesce(Digest.sent_at, _ago) < _seven),
)
_new = func.coalesce(_each.c.newest > Digest.sent_at - SETTLED, _each.c.newest.is_not(None))
_late = and_(
    _each.c.oldest < func.now() - bindparam("limit", type_=Interval),
    func.coalesce(Digest.escalated_at < func.now() - AGAIN, True),
)
_DUE = (
    select(_each.c.person_id, func.coalesce(_late, False).label("late"))
    .outerjoin(Digest, Digest.person_id == _each.c.person_id)
    .where(or_(_late, and_(_rhythm_due, _new)))
    .order_by(_each.c.person_id)
)


async def send(db: AsyncConnection, limit: timedelta) -> int:
    """Order the mails that are due, in the transaction that notes them as sent; returns how many.

    A second worker waits and finds them noted. Who is told that something waits too long gets no second mail of
    what waits.
    """
    await db.execute(_ALONE)
    due = list(await db.execute(_DUE, {"limit": limit}))
    if due:
        noted = insert(Digest).values(
            person_id=bindparam("who"),
            sent_at=func.now(),
            escalated_at=case((bindparam("late"), func.now())),
        )
        kept = func.coalesce(noted.excluded.escalated_at, Digest.escalated_at)
        upsert = noted.on_conflict_do_update(
            index_elements=[Digest.person_id], set_={"sent_at": func.now(), "escalated_at": kept}
        )
        await db.execute(upsert, [{"who": row.person_id, "late": row.late} for row in due])
        await jobs.enqueue_each(db, [("digest", {"person": row.person_id, "late": row.late}) for row in due])
    return len(due)


@dataclass(frozen=True)
class Waits:
    """What waits for one moderator: contributions, notices, appeals, the sample, and the oldest of the first three."""

    comments: int
    notices: int
    appeals: int
    audits: int
    oldest: datetime | None

    def longer_than(self, limit: timedelta) -> bool:
        """Whether somebody waits for an answer longer than that."""
        return self.oldest is not None and clock.now() - self.oldest > limit


async def of(db: AsyncConnection, person_id: int) -> Waits | None:
    """What waits for a moderator now; None when nothing does, or when they are away."""
    row = (await db.execute(_FOR_ONE, {"person": person_id})).first()
    return Waits(row.comments, row.notices, row.appeals, row.audits, row.oldest) if row else None


_SETTING = select(Digest.rhythm, Digest.sent_at).where(Digest.person_id == bindparam("person"))


async def setting(db: AsyncConnection, person_id: int) -> Record | None:
    """A moderator's own setting: how often, and when the last mail left; None as long as nothing was set or sent."""
    return (await db.execute(_SETTING, {"person": person_id})).first()


async def set_rhythm(db: AsyncConnection, person_id: int, rhythm: str) -> None:
    """How often a moderator wants to be told."""
    chosen = insert(Digest).values(person_id=person_id, rhythm=rhythm)
    await db.execute(chosen.on_conflict_do_update(index_elements=[Digest.person_id], set_={"rhythm": rhythm}))
