"""A case: a contribution as a moderator sees it, with what stands around it and what its author did before."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Select, Text, and_, bindparam, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from dialogue.comments import INSIDE, Viewer, columns, moderated_by, visible_to
from dialogue.kit import tokens
from dialogue.kit.database import Record
from dialogue.kit.errors import NotFound
from dialogue.tables import Comment, Person, Thread
from moderation.tables import Appeal, Audit, Claim, Decision, Flag, Merge, Original, Rule

AROUND, EARLIER = 2, 5  # neighbours on each side, and earlier decisions, that are shown
_holder, _parent, _answered, _near, _by, _entry = (
    aliased(Person),
    aliased(Comment),
    aliased(Person),
    aliased(Comment),
    aliased(Person),
    aliased(Comment),
)
_live = and_(Claim.comment_id == Comment.id, Claim.until > func.now())
_same_place = or_(
    and_(Comment.parent_id.is_(None), _near.parent_id.is_(None)), _near.parent_id == Comment.parent_id
)


def _neighbours(*, before: bool) -> Any:
    """The public contributions next to it, as JSON: number, pseudonym, beginning."""
    moment = func.coalesce(Comment.published_at, Comment.created_at)
    beside = _near.published_at < moment if before else _near.published_at > moment
    order = _near.published_at.desc() if before else _near.published_at
    few = (
        select(
            _near.number,
            _near.published_at,
            func.left(_near.text, 300).label("text"),
            _by.pseudonym.label("name"),
        )
        .outerjoin(_by, _by.id == _near.author_id)
        .where(
            _near.thread_id == Comment.thread_id,
            _same_place,
            _near.id != Comment.id,
            beside,
            visible_to(INSIDE, _near),
        )
        .order_by(order)
        .limit(AROUND)
        .correlate(Comment)
        .subquery()
    )
    each = func.json_build_object("number", few.c.number, "text", few.c.text, "name", few.c.name)
    return select(func.json_agg(each)).select_from(few).scalar_subquery()


_CASE = (
    select(
        *columns(Comment, Person),
        Comment.thread_id,
        Comment.created_at,
        Comment.erased_at,
        Comment.revision,
        Comment.signs,
        Comment.urgency,
        Thread.title,
        Thread.address,
        Thread.closed_at,
        Claim.person_id.label("holder_id"),
        Claim.until.label("held_until"),
        _holder.pseudonym.label("holder"),
        _parent.number.label("answers_number"),
        func.left(_parent.text, 600).label("answers"),
        _answered.pseudonym.label("answered"),
        _entry.number.label("merged_into"),
        case((Person.blocked_until > func.now(), Person.blocked_until)).label("blocked_until"),
        Person.source.in_(("account", "guest")).label("blockable"),
        select(Original.decision_id).where(Original.comment_id == Comment.id).exists().label("original_kept"),
        _neighbours(before=True).label("before"),
        _neighbours(before=False).label("after"),
    )
    .select_from(Comment)
    .join(Thread, Thread.id == Comment.thread_id)
    .outerjoin(Person, Person.id == Comment.author_id)
    .outerjoin(Claim, _live)
    .outerjoin(_holder, _holder.id == Claim.person_id)
    .outerjoin(_parent, and_(_parent.id == Comment.parent_id, visible_to(INSIDE, _parent)))
    .outerjoin(_answered, _answered.id == _parent.author_id)
    .outerjoin(Merge, Merge.comment_id == Comment.id)
    .outerjoin(_entry, _entry.id == Merge.into_id)
    .where(Comment.number == bindparam("number"), Thread.opens_at.is_not(None))
)
_rooms = bindparam("rooms", type_=ARRAY(BigInteger))  # NULL: all of them
_hosted = or_(_rooms.is_(None), Thread.room_id == func.any(_rooms))


async def find(db: AsyncConnection, number: str, viewer: Viewer) -> Record:
    """A contribution the viewer moderates, and all that stands around it, in one statement; else NotFound."""
    values = {"number": tokens.number(number), "rooms": None if viewer.moderates else list(viewer.rooms)}
    if (found := (await db.execute(_CASE.where(_hosted), values)).first()) is None:
        raise NotFound
    return found


_wrote = select(Comment.author_id).where(Comment.id == bindparam("comment")).scalar_subquery()
_EARLIER = (
    select(
        Comment.number,
        Decision.decision,
        Decision.decided_at,
        Rule.number.label("rule_number"),
        Rule.title.label("rule_title"),
        func.count().over().label("all"),
        func.count().filter(Decision.decision.in_(("publish", "restore"))).over().label("published"),
        func.count().filter(Decision.decision == "publish_masked").over().label("masked"),
        func.count().filter(Decision.decision == "reject").over().label("rejected"),
        func.count().filter(Decision.decision == "hide").over().label("hidden"),
    )
    .join(Comment, Comment.id == Decision.comment_id)
    .join(Thread, Thread.id == Comment.thread_id)
    .outerjoin(Rule, Rule.id == Decision.rule_id)
    .where(
        Comment.author_id == _wrote,
        Comment.id != bindparam("comment"),
        Decision.origin.not_in(("triage", "import")),
        _hosted,
    )
    .order_by(Decision.id.desc())
    .limit(EARLIER)
)


async def earlier(db: AsyncConnection, comment_id: int, viewer: Viewer) -> list[Record]:
    """What people decided before about others of its author's contributions, where the viewer moderates: the
    last few, each with how many there are of every kind. Nothing says who the author is."""
    values = {"comment": comment_id, "rooms": None if viewer.moderates else list(viewer.rooms)}
    return list(await db.execute(_EARLIER, values))


_open = (
    select(Flag.id).where(Flag.comment_id == Comment.id, Flag.settled_at.is_(None)).exists(),
    select(Audit.comment_id).where(Audit.comment_id == Comment.id, Audit.settled_at.is_(None)).exists(),
)
_appealed = select(Appeal.id).where(Appeal.comment_id == Comment.id, Appeal.settled_at.is_(None)).exists()


def _several(viewer: Viewer) -> Select[Any]:
    return (
        select(
            *columns(Comment, Person),
            Comment.thread_id,
            Comment.created_at,
            Comment.erased_at,
            Comment.revision,
            Comment.signs,
            Thread.title,
            or_(*_open).label("asked"),
            _appealed.label("appealed"),
        )
        .outerjoin(Person, Person.id == Comment.author_id)
        .join(Thread, Thread.id == Comment.thread_id)
        .where(
            Comment.number == func.any(bindparam("numbers", type_=ARRAY(Text))),
            Thread.opens_at.is_not(None),
            moderated_by(viewer),
        )
        .order_by(Comment.id)
    )


async def several(db: AsyncConnection, numbers: Iterable[str], viewer: Viewer) -> list[Record]:
    """The contributions with these numbers that the viewer moderates, always in the same order.

    `asked`: a notice or the audit asks for them; `appealed`: an appeal does.
    """
    wanted = [tokens.number(number) for number in numbers]
    return list(await db.execute(_several(viewer), {"numbers": wanted}))
