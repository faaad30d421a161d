"""What each role gets in an export: the statements, built once; all through the one visibility rule."""

from functools import cache
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Row, Select, and_, bindparam, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from consultations.calendar import SEALED_UNTIL
from consultations.outcome.readme import NOT_PUBLIC
from consultations.tables import Consultation, Point
from dialogue import comments
from dialogue.kit.errors import NotFound
from dialogue.tables import OFFICIAL, Comment, Person, Stance, Vote
from dialogue.votes import CHOICES
from moderation.tables import Merge

COMMENTS_AT_ONCE, VOTES_AT_ONCE = 500, 5_000
Query = Select[*tuple[Any, ...]]
_ids = bindparam("ids", type_=ARRAY(BigInteger))

_CONSULTATION = select(
    Consultation.id,
    Consultation.slug,
    Consultation.title,
    Consultation.attribution,
    func.coalesce(Consultation.published_at <= func.now(), False).label("public"),
    SEALED_UNTIL.label("sealed_until"),
)


def _shown(everything: bool, *columns: Any) -> Query:
    """Columns of the comments a role may see, in the order they were written."""
    viewer = comments.Viewer(moderates=everything, inside=True)
    return (
        select(*columns)
        .join(Point, Point.thread_id == Comment.thread_id)
        .where(Point.consultation_id == bindparam("consultation"), comments.visible_to(viewer))
        .order_by(Comment.id)
        .execution_options(yield_per=COMMENTS_AT_ONCE)
    )


@cache
def written(everything: bool) -> Query:
    """The comments; what a role may not see does not show as the one above a reply either."""
    parent = aliased(Comment)
    shown = comments.visible_to(comments.Viewer(moderates=everything, inside=True), parent)
    return (
        _shown(
            everything,
            Comment.id,
            Comment.thread_id,
            Comment.number,
            Point.code,
            case((Comment.parent_id.is_(None), ""), else_=func.coalesce(parent.number, "–")).label("parent"),
            case((Comment.status == "withdrawn", ""), else_=Comment.text).label("text"),
            func.coalesce(Person.pseudonym, "").label("pseudonym"),
            Comment.source,
            Comment.status,
            Comment.published_at,
            Comment.example,
            select(Merge.comment_id).where(Merge.comment_id == Comment.id).exists().label("merged"),
        )
        .outerjoin(parent, and_(parent.id == Comment.parent_id, shown))
        .outerjoin(Person, Person.id == Comment.author_id)
    )


@cache
def numbers(everything: bool) -> Query:
    """Id and number of the same comments, for their votes."""
    return _shown(everything, Comment.id, Comment.number)


def _counted(everything: bool, *columns: Any) -> Query:
    """Columns of the votes on some comments: the official ones, or all."""
    votes = select(*columns).where(Vote.comment_id == func.any(_ids))
    return votes if everything else votes.where(Vote.source.in_(OFFICIAL))


@cache
def tallies(everything: bool) -> Query:
    """Comment, agrees, passes, disagrees."""
    counts = (func.count().filter(Vote.value == value) for value in CHOICES.values())
    return _counted(everything, Vote.comment_id, *counts).group_by(Vote.comment_id)


@cache
def cast(everything: bool) -> Query:
    """The votes, comment by comment."""
    votes = _counted(everything, Vote.comment_id, Vote.person_id, Vote.value, Vote.source)
    return votes.order_by(Vote.comment_id).execution_options(yield_per=VOTES_AT_ONCE)


_stances = (
    select(
        Stance.thread_id,
        *(func.count().filter(Stance.value == value).label(name) for name, value in CHOICES.items()),
    )
    .where(Stance.source.in_(OFFICIAL))
    .group_by(Stance.thread_id)
    .subquery()
)
POINTS = (
    select(
        Point.thread_id,
        Point.code,
        Point.title,
        Point.text,
        Point.rationale,
        Point.edition,
        *(func.coalesce(_stances.c[name], 0).label(name) for name in ("agree", "pass", "disagree")),
    )
    .outerjoin(_stances, _stances.c.thread_id == Point.thread_id)
    .where(Point.consultation_id == bindparam("consultation"))
    .order_by(Point.position, Point.id)
)


async def find(db: AsyncConnection, slug_or_id: str | int, role: str) -> Row[Any]:
    """The consultation with `sealed_until` (None unless ahead); NotFound for an unannounced one."""
    key = Consultation.id if isinstance(slug_or_id, int) else Consultation.slug
    found = (await db.execute(_CONSULTATION.where(key == slug_or_id))).first()
    if found is None or not (found.public or role in NOT_PUBLIC):
        raise NotFound("Diese Beteiligung gibt es nicht, oder sie ist noch nicht veröffentlicht.")
    return found
