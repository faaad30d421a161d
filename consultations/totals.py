"""Live totals of consultations, counted from rows: what they cost is paid once, however many look."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import ARRAY, BigInteger, ScalarSelect, Select, bindparam, func, select, union
from sqlalchemy.ext.asyncio import AsyncConnection

from consultations.tables import Consultation, Point
from dialogue import comments
from dialogue.kit.database import Database
from dialogue.kit.kept import SECONDS, Kept
from dialogue.tables import OFFICIAL, Comment, Stance, Vote


@dataclass(frozen=True)
class Totals:
    """Live counts of one consultation: published comments, official votes and stances, people behind them."""

    people: int = 0
    comments: int = 0
    votes: int = 0
    stances: int = 0


_public = comments.visible_to(comments.INSIDE)
_threads = select(Point.thread_id).where(Point.consultation_id == Consultation.id).correlate(Consultation)
_spoken = Comment.thread_id.in_(_threads) & _public
_answered = Stance.thread_id.in_(_threads) & Stance.source.in_(OFFICIAL)
_voted = Vote.source.in_(OFFICIAL)
_voices = union(
    select(Vote.person_id)
    .join(Comment, Comment.id == Vote.comment_id)
    .where(_spoken, _voted)
    .correlate(Consultation),
    select(Comment.author_id)
    .where(_spoken, Comment.source.in_(OFFICIAL), Comment.author_id.is_not(None))
    .correlate(Consultation),
    select(Stance.person_id).where(_answered).correlate(Consultation),
).subquery()


def _count(query: Select[Any]) -> ScalarSelect[int]:
    return query.with_only_columns(func.count()).correlate(Consultation).scalar_subquery()


_TOTALS = select(
    Consultation.id,
    _count(select(_voices).select_from(_voices)),
    _count(select(Comment.id).where(_spoken)),
    _count(select(Vote.value).join(Comment, Comment.id == Vote.comment_id).where(_spoken, _voted)),
    _count(select(Stance.value).where(_answered)),
).where(Consultation.id == func.any(bindparam("ids", type_=ARRAY(BigInteger))))


async def count(db: AsyncConnection, ids: Iterable[int]) -> dict[int, Totals]:
    """Live counts by consultation id, all in one statement."""
    wanted = list(ids)
    found = {row[0]: Totals(*row[1:]) for row in await db.execute(_TOTALS, {"ids": wanted})}
    return {one: found.get(one, Totals()) for one in wanted}


class Counted(Protocol):
    """A consultation whose totals are wanted."""

    @property
    def id(self) -> int: ...

    @property
    def ended(self) -> bool: ...


class Counter:
    """Totals as each process keeps them (see `kept`): three seconds, and minutes after the end."""

    def __init__(self, database: Database, seconds: float = SECONDS) -> None:
        self._database = database
        self._kept = Kept(self._count, seconds)
        self.close = self._kept.close

    async def totals(self, wanted: Sequence[Counted]) -> dict[int, Totals]:
        """By consultation id; raises what went wrong when there are not even old ones."""
        return await self._kept.get({each.id: each.ended for each in wanted})

    async def _count(self, ids: Collection[int]) -> dict[int, Totals]:
        async with self._database.counting() as db:
            return await count(db, ids)
