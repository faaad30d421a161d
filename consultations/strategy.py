"""The strategy: areas, points and measures, and the point with the thread in which people talk about it."""

from collections.abc import Iterable

from sqlalchemy import ARRAY, BigInteger, bindparam, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from consultations.calendar import SEALED
from consultations.tables import Area, Consultation, Measure, Point, Response
from dialogue import comments, listing, threads, visits
from dialogue.kit.database import Record
from dialogue.kit.errors import NotFound
from dialogue.tables import OFFICIAL, Circle, Comment, Stance, Thread, Visit, Vote
from moderation import merges

_comments = (
    select(func.count())
    .where(Comment.thread_id == Point.thread_id, comments.visible_to(comments.INSIDE))
    .correlate(Point)
    .scalar_subquery()
    .label("comments")
)
_POINT = (
    select(
        Point.id,
        Point.code,
        Point.title,
        Point.text,
        Point.rationale,
        Point.easy,
        Point.documents,
        Point.edition,
        Point.changed_at,
        Point.thread_id,
        Area.key.label("area_key"),
        Area.title.label("area_title"),
        Consultation.slug,
        Consultation.title.label("consultation_title"),
        Consultation.ends_on,
        func.coalesce(Circle.name, "").label("circle"),
        _comments,
        listing.gaps(Point.thread_id).label("gaps"),
        comments.waits(Point.thread_id).label("waits"),
        merges.there(Point.thread_id).label("merged"),
        visits.SINCE.label("since"),
        visits.DUE.label("visit_due"),
        visits.new(Point.thread_id).label("new"),
        *(
            column.label(f"thread_{column.name}")
            for column in threads.COLUMNS
            if column.name not in {"id", "title"}
        ),
    )
    .join(Consultation, Consultation.id == Point.consultation_id)
    .join(Thread, Thread.id == Point.thread_id)
    .outerjoin(Area, Area.id == Point.area_id)
    .outerjoin(Circle, Circle.id == Consultation.circle_id)
    .outerjoin(Visit, visits.of_viewer(Point.thread_id))
    .where(
        Point.code == bindparam("code"),
        Consultation.published_at <= func.now(),
        threads.enters(bindparam("viewer", type_=BigInteger), Consultation),
    )
)


async def point(db: AsyncConnection, code: str, person_id: int | None = None) -> Record:
    """A point of a published consultation with its thread's dates and count of comments, else NotFound.

    `gaps`: places whose text is gone; `waits`: something of this person waits to be published; `merged`: some
    entries were put under another one; `new`: how much is new to them `since` their last visit; `visit_due`:
    this one is to be noted.
    """
    found = (await db.execute(_POINT, {"code": code.upper()[:20], "viewer": person_id})).first()
    if found is None:
        raise NotFound
    return found


_POINTS = (
    select(
        Point.code,
        Point.title,
        Point.edition,
        Point.changed_at,
        Point.consultation_id,
        Consultation.slug,
        Consultation.ends_on,
        Area.key.label("area_key"),
        Area.title.label("area_title"),
        _comments,
        func.coalesce(threads.OPEN, False).label("is_open"),
        func.coalesce(threads.ENDED, False).label("ended"),
    )
    .join(Consultation, Consultation.id == Point.consultation_id)
    .join(Thread, Thread.id == Point.thread_id)
    .outerjoin(Area, Area.id == Point.area_id)
    .where(Consultation.published_at <= func.now())
    .order_by(Area.position, Point.position, Point.id)
)


async def points(db: AsyncConnection, consultation_id: int | None = None) -> list[Record]:
    """Points of all published consultations that no circle keeps, or of one the viewer was let into."""
    one, public = Point.consultation_id == consultation_id, Consultation.circle_id.is_(None)
    return list(await db.execute(_POINTS.where(public if consultation_id is None else one)))


_votes = (
    select(func.count())
    .select_from(Vote)
    .join(Comment, Comment.id == Vote.comment_id)
    .where(
        Comment.thread_id == Point.thread_id, comments.visible_to(comments.INSIDE), Vote.source.in_(OFFICIAL)
    )
    .correlate(Point)
    .scalar_subquery()
)
_RESULTS = (
    select(
        Point.consultation_id,
        Point.code,
        Point.title,
        _comments,
        case((SEALED, 0), else_=_votes).label("votes"),
        *(
            case((SEALED, 0), else_=func.count().filter(Stance.value == value)).label(name)
            for name, value in (("agree", 1), ("passed", 0), ("disagree", -1))
        ),
    )
    .join(Consultation, Consultation.id == Point.consultation_id)
    .outerjoin(Stance, (Stance.thread_id == Point.thread_id) & Stance.source.in_(OFFICIAL))
    .where(Point.consultation_id == func.any(bindparam("ids", type_=ARRAY(BigInteger))))
    .group_by(Point.id, Consultation.id)
    .order_by(Point.position, Point.id)
)


async def results(db: AsyncConnection, ids: Iterable[int]) -> dict[int, list[Record]]:
    """By consultation id, per point: published comments, official votes and stances (both 0 while sealed)."""
    found: dict[int, list[Record]] = {one: [] for one in ids}
    for row in await db.execute(_RESULTS, {"ids": list(found)}):
        found[row.consultation_id].append(row)
    return found


_AREAS = (
    select(
        Area.id,
        Area.key,
        Area.slug,
        Area.title,
        Area.summary,
        func.count(Consultation.id).label("points"),
        func.max(Point.changed_at).filter(Consultation.id.is_not(None)).label("changed_at"),
    )
    .outerjoin(Point, Point.area_id == Area.id)
    .outerjoin(
        Consultation,
        (Consultation.id == Point.consultation_id)
        & (Consultation.published_at <= func.now())
        & Consultation.circle_id.is_(None),
    )
    .group_by(Area.id)
    .order_by(Area.position)
)


async def areas(db: AsyncConnection) -> list[Record]:
    """Areas with the number of their points in public consultations, and when one last changed."""
    return list(await db.execute(_AREAS))


async def measures(db: AsyncConnection) -> list[Record]:
    query = select(Measure.__table__, Area.key.label("area_key")).join(Area, Area.id == Measure.area_id)
    return list(await db.execute(query.order_by(Measure.position)))


_ANSWERED = (
    select(
        Comment.id,
        Comment.number,
        Comment.text,
        Response.outcome,
        Response.reasons,
        Response.before,
        Response.after,
        Response.published_at,
        Point.code,
        Point.title,
    )
    .join(Comment, Comment.id == Response.comment_id)
    .join(Point, Point.id == Response.point_id)
    .where(Response.published_at <= func.now(), comments.visible_to(comments.INSIDE))
    .order_by((Response.after == ""), Response.published_at.desc(), Response.id)
)


async def answered(db: AsyncConnection, limit: int = 3) -> list[Record]:
    """Contributions the city has answered in public, those that changed a sentence first."""
    return list(await db.execute(_ANSWERED.where(~Comment.internal).limit(limit)))


async def answers(db: AsyncConnection, consultation_id: int) -> list[Record]:
    """All of the city's answers in a consultation, point by point."""
    query = _ANSWERED.where(Point.consultation_id == consultation_id).order_by(None)
    return list(await db.execute(query.order_by(Point.position, Response.id)))


async def answers_in(db: AsyncConnection, thread_id: int) -> dict[int, Record]:
    """The city's answers to the contributions of one thread, by the comment's id."""
    found = await db.execute(_ANSWERED.where(Comment.thread_id == thread_id))
    return {row.id: row for row in found}


async def response(db: AsyncConnection, number: str) -> Record | None:
    """The city's answer to one contribution, if it is public."""
    return (await db.execute(_ANSWERED.where(Comment.number == number))).first()
