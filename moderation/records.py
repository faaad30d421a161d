"""The record of decisions, read: of a contribution, for its author, for moderators, and the journal beside it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Date, Text, and_, bindparam, cast, func, literal, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from dialogue import comments, journal
from dialogue.kit import tokens
from dialogue.kit.clock import BERLIN
from dialogue.kit.database import Record
from dialogue.tables import Actor, Comment, JournalEntry, Thread
from moderation.tables import Appeal, Decision, Original, Rule, Rulebook

AGAINST = (
    "reject",
    "hide",
    "publish_masked",
)  # they take something from the author: rule and reasons, an appeal
# The last day of the six months in which the author may complain.
APPEAL_UNTIL = cast(func.timezone(str(BERLIN), Decision.decided_at) + func.make_interval(0, 6), Date)
_answer = aliased(Decision)
_appealable = and_(
    Decision.decision.in_(AGAINST),
    cast(func.timezone(str(BERLIN), func.now()), Date) <= APPEAL_UNTIL,
    Appeal.id.is_(None),
)
_HISTORY = (
    select(
        Decision.id,
        Comment.number,
        Thread.title,
        Decision.decision,
        Decision.decided_at,
        Decision.reasons,
        Decision.origin,
        Decision.automated,
        Decision.detected,
        Decision.appeal_id,
        Rule.number.label("rule_number"),
        Rule.title.label("rule_title"),
        Rulebook.version.label("rulebook"),
        Actor.person_id,
        APPEAL_UNTIL.label("appeal_until"),
        _appealable.label("appealable"),
        Appeal.text.label("appeal"),
        Appeal.created_at.label("appealed_at"),
        _answer.reasons.label("answer"),
        _answer.decided_at.label("answered_at"),
    )
    .outerjoin(Comment, Comment.id == Decision.comment_id)
    .outerjoin(Thread, Thread.id == Comment.thread_id)
    .outerjoin(Appeal, Appeal.decision_id == Decision.id)
    .outerjoin(_answer, _answer.id == Appeal.answer_id)
    .outerjoin(Rule, Rule.id == Decision.rule_id)
    .outerjoin(Rulebook, Rulebook.id == Rule.rulebook_id)
    .outerjoin(Actor, Actor.id == Decision.actor_id)
    .order_by(Decision.id.desc())
)
_OF_COMMENT = _HISTORY.where(Decision.comment_id == bindparam("comment"))
_masked = select(Original.decision_id).where(Original.comment_id == Comment.id).correlate(Comment).exists()
# What is public again and still has black places: the blacking out is what its author can object to.
_in_force = or_(Decision.decision == "publish_masked", Comment.status != "published", ~_masked)
_LATEST = _OF_COMMENT.where(Decision.decision != "keep", _in_force).limit(1)
_AGAINST = _OF_COMMENT.where(Decision.decision.in_(AGAINST)).limit(1)
_OWN = (
    select(Comment.number, Decision.decision)
    .join(Comment, Comment.id == Decision.comment_id)
    .join(Actor, Actor.id == Decision.actor_id)
    .where(Comment.number == bindparam("number"), Actor.person_id == bindparam("me"))
    .order_by(Decision.id.desc())
    .limit(1)
)


async def history(db: AsyncConnection, comment_id: int) -> list[Record]:
    """All decisions on a comment, newest first."""
    return list(await db.execute(_OF_COMMENT, {"comment": comment_id}))


async def latest(db: AsyncConnection, comment_id: int) -> Record | None:
    """The decision in force, with the author's appeal against it and the answer; one that kept all as it was
    has put nothing in force."""
    return (await db.execute(_LATEST, {"comment": comment_id})).first()


def restored_at(decision: Record | None) -> datetime | None:
    """When an appeal gave back what the decision in force stands for: everybody may know."""
    if decision is None or (decision.decision, decision.origin) != ("restore", "appeal"):
        return None
    return decision.decided_at  # type: ignore[no-any-return]


async def against(db: AsyncConnection, comment_id: int) -> Record | None:
    """The last decision that took something from the author: who made it does not undo it."""
    return (await db.execute(_AGAINST, {"comment": comment_id})).first()


async def one(db: AsyncConnection, decision_id: int) -> Record:
    """A decision by its id, for the mail about it: a later one may already be in force."""
    return (await db.execute(_HISTORY.where(Decision.id == decision_id))).one()


async def own(db: AsyncConnection, moderator_id: int, number: str) -> Record | None:
    """A person's last decision on a contribution: what the page after it confirms. None for those of others."""
    values = {"number": tokens.number(number), "me": moderator_id}
    return (await db.execute(_OWN, values)).first()


async def protocol(db: AsyncConnection, viewer: comments.Viewer, before: int | None) -> list[dict[str, Any]]:
    """The journal as a moderator reads it: all of it, or what happened to contributions and threads of their
    rooms."""
    mine = select(literal("comment:").concat(Comment.number)).where(comments.moderated_by(viewer))
    places = select(literal("thread:").concat(cast(Thread.id, Text))).where(_hosted(viewer))
    which = None if viewer.moderates else JournalEntry.subject.in_(mine.union_all(places))
    return await journal.page(db, before, which=which)


def _hosted(viewer: comments.Viewer) -> ColumnElement[bool]:
    return true() if viewer.moderates else Thread.room_id.in_(viewer.rooms)


async def told(db: AsyncConnection, ids: Iterable[int], viewer: comments.Viewer) -> dict[int, Record]:
    """Decision id → its rule and reasons in words, where the viewer moderates, for the entries of the journal."""
    columns = (
        Decision.id,
        Decision.reasons,
        Rule.number.label("rule_number"),
        Rule.title.label("rule_title"),
    )
    query = (
        select(*columns)
        .outerjoin(Comment, Comment.id == Decision.comment_id)
        .join(Thread, Thread.id == func.coalesce(Decision.thread_id, Comment.thread_id))
        .outerjoin(Rule, Rule.id == Decision.rule_id)
        .where(Decision.id.in_(list(ids)), _hosted(viewer))
    )
    return {row.id: row for row in await db.execute(query)}
