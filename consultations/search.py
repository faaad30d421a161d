"""Finding: points, measures and contributions of public consultations that hold what was asked."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    REAL,
    BigInteger,
    Integer,
    and_,
    bindparam,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from consultations.tables import Area, Consultation, Measure, Point, Response
from dialogue import comments
from dialogue.kit import tokens
from dialogue.kit.database import Record
from dialogue.kit.errors import NotFound
from dialogue.search import EXACT, MATCHES, Asked
from dialogue.tables import Comment, Person, Words

PAGE = 20
MOST = 1_000  # contributions that are put in order: of what stands in every third, the newest
FIRST = 5  # points and measures shown above contributions
KINDS, ANSWERS = ("all", "points", "comments"), ("any", "answered", "changed")
CHANGED = ("adopted", "partly")
PUBLIC = and_(Consultation.published_at <= func.now(), Consultation.circle_id.is_(None))
_CODE, _NUMBER = re.compile(r"[A-Z]+[0-9]+"), re.compile(r"[0-9A-Z]{3} ?-? ?[0-9A-Z]{3}")
_WEIGHTS = cast(literal("{0.1, 0.3, 0.6, 1.0}"), ARRAY(REAL))  # parts of compounds … titles and what was said
_code: Any = bindparam("code")
_threads: Any = bindparam("threads", type_=ARRAY(BigInteger))


@dataclass(frozen=True)
class Filters:
    """Where to look (a consultation's slug or a point's code), for what, answered by the city or not."""

    place: str = ""
    kind: str = "all"
    answer: str = "any"


@dataclass
class Found:
    """A page of what was found; `more` is the cursor of the next one."""

    points: list[Record] = field(default_factory=list)
    measures: list[Record] = field(default_factory=list)
    comments: list[Record] = field(default_factory=list)
    direct: Record | None = None
    count: int = 0
    more: str = ""

    @property
    def many(self) -> bool:
        """Whether there are more contributions than are put in order; `count` says then how many these are."""
        return self.count > MOST

    @property
    def anything(self) -> bool:
        return bool(self.points or self.measures or self.comments or self.direct)


_PLACES = (
    select(Consultation.slug, Consultation.title, Point.code, Point.title.label("point"), Point.thread_id)
    .join(Point, Point.consultation_id == Consultation.id)
    .where(PUBLIC)
    .order_by(Consultation.ends_on.desc(), Consultation.id.desc(), Point.position, Point.id)
)


async def places(db: AsyncConnection) -> list[Record]:
    """All points of public consultations, by consultation: slug, title, code, point, thread_id."""
    return list(await db.execute(_PLACES))


async def find(
    db: AsyncConnection, asked: Asked, filters: Filters, threads: list[int] | None, cursor: str = ""
) -> Found:
    """One page of what these threads hold (None: all); NotFound for a cursor that is none of ours."""
    found = Found()
    if not cursor:
        found.direct = await _by_number(db, asked.text)
        if filters.answer == "any" and filters.kind != "comments":
            await _find_points(db, found, asked, filters, threads)
    if asked.query and filters.kind != "points":
        await _find_comments(db, found, asked, filters, threads, cursor)
    elif cursor:
        raise NotFound
    return found


def threads_of(known: Sequence[Record], place: str) -> list[int] | None:
    """The threads of a place among the known ones; None for everywhere, NotFound for any other."""
    inside = [row.thread_id for row in known if place in (row.slug, row.code)]
    if place and not inside:
        raise NotFound
    return inside if place else None


# --- points and measures ----------------------------------------------------------------------------

_POINTS = (
    select(
        Point.code,
        Point.title,
        Point.text,
        Area.title.label("area"),
        Consultation.title.label("consultation"),
    )
    .join(Consultation, Consultation.id == Point.consultation_id)
    .outerjoin(Area, Area.id == Point.area_id)
    .where(
        PUBLIC,
        or_(Point.code == _code, Point.words.op("@@")(MATCHES)),
        or_(_threads.is_(None), Point.thread_id == func.any(_threads)),
    )
    .order_by(
        (Point.code == _code).desc(),
        Point.words.op("@@")(EXACT).desc(),
        func.ts_rank(_WEIGHTS, Point.words, MATCHES).desc(),
        Point.position,
        Point.id,
    )
    .limit(bindparam("most"))
)
_titled = func.german_words(Measure.code + " " + Measure.title)
_MEASURES = (
    select(Measure.code, Measure.title, Area.key.label("area_key"), Area.title.label("area"))
    .join(Area, Area.id == Measure.area_id)
    .where(_titled.op("@@")(MATCHES))
    .order_by(Measure.position, Measure.id)
    .limit(bindparam("most"))
)


async def _find_points(
    db: AsyncConnection, found: Found, asked: Asked, filters: Filters, threads: list[int] | None
) -> None:
    values: dict[str, Any] = asked.values | {"code": _code_in(asked.text), "threads": threads}
    values["most"] = 100 if filters.kind == "points" else FIRST
    found.points = list(await db.execute(_POINTS, values))
    if asked.query and threads is None:
        found.measures = list(await db.execute(_MEASURES, {"query": asked.query, "most": values["most"]}))


def _code_in(typed: str) -> str:
    letters = typed.upper().replace(" ", "")
    return letters if _CODE.fullmatch(letters) else ""


# --- contributions ----------------------------------------------------------------------------------

_answered = select(func.array_agg(Response.comment_id)).where(Response.published_at <= func.now())
_shown = (
    select(
        Comment.id,
        Comment.number,
        Comment.text,
        Comment.parent_id,
        Comment.published_at,
        Comment.example,
        func.coalesce(Person.pseudonym, "").label("pseudonym"),
        Point.code,
        Point.title,
        Response.outcome,
    )
    .select_from(Comment)
    .join(Point, Point.thread_id == Comment.thread_id)
    .join(Consultation, Consultation.id == Point.consultation_id)
    .outerjoin(Person, Person.id == Comment.author_id)
    .outerjoin(Response, and_(Response.comment_id == Comment.id, Response.published_at <= func.now()))
    .where(comments.visible_to(comments.NOBODY), PUBLIC)
)
_BY_NUMBER = _shown.where(Comment.number == bindparam("number"))


async def _by_number(db: AsyncConnection, typed: str) -> Record | None:
    if not _NUMBER.fullmatch(typed.upper()):
        return None
    return (await db.execute(_BY_NUMBER, {"number": tokens.number(typed)})).first()


_EMPTY = cast(literal("{}"), ARRAY(BigInteger))
_CHOSEN: dict[str, Any] = {
    "any": cast(null(), ARRAY(BigInteger)),
    "answered": func.coalesce(_answered.scalar_subquery(), _EMPTY),
    "changed": func.coalesce(_answered.where(Response.outcome.in_(CHANGED)).scalar_subquery(), _EMPTY),
}


@cache
def _query(answer: str, continued: bool) -> Any:
    """The newest that hold the words, by the index alone (see the migration); of these what is public, best first.

    Nothing else may be asked of all that holds a frequent word: that is why the steps are apart.
    """
    upto = bindparam("newest", type_=BigInteger)
    holds = func.comments_with(MATCHES, _threads, _CHOSEN[answer], upto, MOST + 1)
    newest = (
        select(holds.column_valued("comment_id").label("comment_id"))
        .cte("newest")
        .prefix_with("MATERIALIZED")
    )
    rank = func.ts_rank(_WEIGHTS, Words.words, MATCHES, 1)
    score = cast(Words.words.op("@@")(EXACT), Integer) * 1_000_000 + cast(rank * 900_000, Integer)
    scored = (
        _shown.join(newest, newest.c.comment_id == Comment.id)
        .join(Words, Words.comment_id == Comment.id)
        .add_columns(
            score.label("score"),
            func.count().over().label("total"),
            select(func.max(newest.c.comment_id)).scalar_subquery().label("newest"),
        )
        .subquery()
    )
    page = select(scored).order_by(scored.c.score.desc(), scored.c.id.desc()).limit(PAGE + 1)
    if continued:
        place = tuple_(bindparam("score", type_=Integer), bindparam("last", type_=BigInteger))
        page = page.where(tuple_(scored.c.score, scored.c.id) < place)
    return page


async def _find_comments(
    db: AsyncConnection, found: Found, asked: Asked, filters: Filters, threads: list[int] | None, cursor: str
) -> None:
    values: dict[str, Any] = asked.values | {"threads": threads, "newest": None}
    values |= _read(cursor) if cursor else {}
    rows = list(await db.execute(_query(filters.answer, bool(cursor)), values))
    if cursor and not rows:
        raise NotFound
    found.comments = rows[:PAGE]
    found.count = rows[0].total if rows else 0
    if len(rows) > PAGE:
        last = rows[PAGE - 1]
        found.more = f"{last.score}.{last.id}.{last.newest}"


def _read(cursor: str) -> dict[str, int]:
    parts = cursor.split(".")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) <= 18 for part in parts):
        raise NotFound
    score, last, newest = map(int, parts)
    if score >= 2**31:
        raise NotFound
    return {"score": score, "last": last, "newest": newest}
