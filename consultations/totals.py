"""Live totals of consultations, counted from rows: what they cost is paid once, however many look."""

import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import structlog
from sqlalchemy import ARRAY, BigInteger, ScalarSelect, Select, bindparam, func, select, union
from sqlalchemy.ext.asyncio import AsyncConnection

from consultations.tables import Consultation, Point
from dialogue import comments
from dialogue.kit.database import Database
from dialogue.stances import OFFICIAL
from dialogue.tables import Comment, Stance, Vote

SECONDS = 3
LASTING = 100  # times as long are those of an ended consultation kept: five minutes
PATIENCE = 10  # times as old as they should be, and everyone waits for the new ones
SHARE = 0.1  # of its time a process counts one consultation, at most
log = structlog.get_logger()


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


@dataclass(frozen=True)
class _Kept:
    totals: Totals
    due: float  # from this moment they are counted again
    end: float  # from this moment nobody gets them without waiting for the new ones


class Counter:
    """Totals, kept by each process for three seconds, and for minutes once a consultation has ended.

    Each consultation is counted once at a time, however many ask. Meanwhile they get the old totals, unless
    these are far too old; when counting fails, the old ones stay. What takes long is counted less often.
    """

    def __init__(self, database: Database, seconds: float = SECONDS) -> None:
        self._database, self._seconds = database, seconds
        self._kept: dict[int, _Kept] = {}
        self._running: dict[int, asyncio.Task[Exception | None]] = {}

    async def totals(self, wanted: Sequence[Counted]) -> dict[int, Totals]:
        """By consultation id; raises what went wrong when there are not even old ones."""
        now = time.monotonic()
        due = {each.id: each.ended for each in wanted if self._is_due(each.id, now)}
        if due:
            self._running |= dict.fromkeys(due, asyncio.create_task(self._count(due)))
        waiting = {self._running[each.id] for each in wanted if self._kept.get(each.id, _NONE).end <= now}
        if waiting:
            await asyncio.wait(waiting)
        for task in waiting:
            if (error := task.result()) is not None and not all(each.id in self._kept for each in wanted):
                raise error
        return {each.id: self._kept[each.id].totals for each in wanted}

    def _is_due(self, one: int, now: float) -> bool:
        return one not in self._running and self._kept.get(one, _NONE).due <= now

    async def _count(self, ended: dict[int, bool]) -> Exception | None:
        """Count some of them; returns what went wrong, for nobody may be waiting."""
        begun = time.monotonic()
        found = {one: self._kept[one].totals for one in ended if one in self._kept}
        failed = None
        try:
            async with self._database.counting() as db:
                found = await count(db, ended)
        except Exception as error:
            log.warning("count_failed", kind=type(error).__name__)
            failed = error
        for one, totals in found.items():
            self._keep(one, totals, ended[one], time.monotonic() - begun)
        for one in ended:
            del self._running[one]
        return failed

    def _keep(self, one: int, totals: Totals, ended: bool, took: float) -> None:
        now, seconds = time.monotonic(), self._seconds * (LASTING if ended else 1)
        lasts = seconds and max(seconds, took / SHARE)
        self._kept[one] = _Kept(totals, now + lasts, now + PATIENCE * lasts)

    async def close(self) -> None:
        """End what is being counted."""
        running = set(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


_NONE = _Kept(Totals(), 0, 0)
