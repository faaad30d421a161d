"""How all contributions of a thread were voted on: counted in one statement, kept by the process."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from math import sqrt
from typing import Any, NamedTuple

from sqlalchemy import ARRAY, BigInteger, and_, bindparam, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialogue.comments import INSIDE, visible_to
from dialogue.kit.database import Database
from dialogue.kit.kept import SECONDS, Kept
from dialogue.tables import OFFICIAL, Comment, Vote
from dialogue.votes import Tally

Z = 1.96  # 95 per cent
FEW = 5  # votes: with fewer nothing is called divided


class Counted(NamedTuple):
    """The votes on one contribution: the official ones (accounts, imported), and those that stand beside them."""

    top: bool  # not a reply
    agree: int = 0
    passed: int = 0
    disagree: int = 0
    guests: Tally = Tally()
    paper: Tally = Tally()

    @property
    def n(self) -> int:
        return self.agree + self.passed + self.disagree

    @property
    def shown(self) -> Tally:
        """The official ones, and how many others stand beside them."""
        return Tally(self.agree, self.passed, self.disagree, self.guests.n, self.paper.n)

    @property
    def official(self) -> Tally:
        return Tally(self.agree, self.passed, self.disagree)


def agreement(votes: Counted) -> float:
    """The lower bound of Wilson's interval for the share of agreement among all votes, 0 without any.

    So 3 of 3 stand behind 90 of 100: few votes prove little (E. B. Wilson 1927; E. Miller 2009,
    "How Not To Sort By Average Rating").
    """
    if not (n := votes.n):
        return 0.0
    share, spread = votes.agree / n, Z * Z / n
    middle = share + spread / 2
    return (middle - Z * sqrt((share * (1 - share) + spread / 4) / n)) / (1 + spread)


def division(votes: Counted) -> float:
    """The smaller camp as a share of the larger one, 1 when they are equal; 0 below five votes.

    Go Vocal's "controversial" (min / max of likes and dislikes, at least five), as a measure, not a bar.
    """
    return min(votes.agree, votes.disagree) / max(votes.agree, votes.disagree, 1) if votes.n >= FEW else 0.0


def priority(votes: Counted, extremity: float = 0.0) -> float:
    """How much a vote on it would tell: the priority by which Polis routes (server.ts and
    conversation.clj at 08e03eb). Much agreed with, seldom passed and new comes first; `extremity` is 0
    until there is an analysis."""
    n = votes.n
    importance = (1 - (votes.passed + 1) / (n + 2)) * (1 + extremity) * (votes.agree + 1) / (n + 2)
    return float((importance * (1 + 8 * 2 ** (-n / 5))) ** 2)


class Ranked(NamedTuple):
    """A contribution's place in an order by votes: the higher the key, the further in front."""

    key: int
    id: int


def _ranked(score: float, votes: Counted, comment_id: int) -> Ranked:
    """To a millionth; of equal ones the more voted on, then the later written comes first."""
    return Ranked(round(score * 1_000_000) * 1_000_000 + min(votes.n, 999_999), comment_id)


@dataclass(frozen=True, eq=False)
class Tallies:
    """The votes on each public contribution and reply of a thread, by id, and what follows from them.

    Whether they may be shown, or order anything, is for the caller to know (votes.py: open, ended, sealed).
    """

    of: Mapping[int, Counted] = field(default_factory=dict)

    @cached_property
    def top(self) -> tuple[int, ...]:
        """Contributions that are no replies, in the order of their ids."""
        return tuple(sorted(one for one, votes in self.of.items() if votes.top))

    @cached_property
    def tops(self) -> frozenset[int]:
        return frozenset(self.top)

    @cached_property
    def agreed(self) -> list[Ranked]:
        """Contributions, the most agreed with first."""
        return sorted((_ranked(agreement(self.of[one]), self.of[one], one) for one in self.top), reverse=True)

    @cached_property
    def divided(self) -> list[Ranked]:
        """Contributions, the most divided first."""
        return sorted((_ranked(division(self.of[one]), self.of[one], one) for one in self.top), reverse=True)

    @cached_property
    def priorities(self) -> list[float]:
        """For each of `top` the sum of the priorities up to it."""
        return list(accumulate(priority(self.of[one]) for one in self.top))


_class = case((Vote.source.in_(OFFICIAL), "official"), else_=Vote.source)
_TALLIES = (
    select(
        Comment.thread_id,
        Comment.id,
        Comment.parent_id.is_(None),
        _class,
        *(func.count(Vote.comment_id).filter(Vote.value == value) for value in (1, 0, -1)),
    )
    .outerjoin(Vote, Vote.comment_id == Comment.id)
    .where(
        and_(
            Comment.thread_id == func.any(bindparam("ids", type_=ARRAY(BigInteger))),
            visible_to(INSIDE),
        )
    )
    .group_by(Comment.id, _class)
)


async def count(db: AsyncConnection, thread_ids: Collection[int]) -> dict[int, Tallies]:
    """By thread id, all in one statement."""
    found: dict[int, dict[int, Counted]] = {one: {} for one in thread_ids}
    for thread_id, comment_id, top, source, *counts in await db.execute(_TALLIES, {"ids": list(found)}):
        votes = found[thread_id]
        votes[comment_id] = _added(votes.get(comment_id) or Counted(top), source, counts)
    return {one: Tallies(votes) for one, votes in found.items()}


def _added(votes: Counted, source: str | None, counts: list[Any]) -> Counted:
    if source == "official":
        return votes._replace(agree=counts[0], passed=counts[1], disagree=counts[2])
    if source == "guest":
        return votes._replace(guests=Tally(*counts))
    return votes._replace(paper=Tally(*counts)) if source == "paper" else votes


class Counter:
    """Tallies as each process keeps them (see `kept`): three seconds, and minutes after the end."""

    def __init__(self, database: Database, seconds: float = SECONDS) -> None:
        self._database = database
        self._kept = Kept(self._count, seconds)
        self.close = self._kept.close

    async def of(self, threads: Mapping[int, bool]) -> dict[int, Tallies]:
        """By thread id, for someone who was let into them; `threads` says of each whether it has ended."""
        return await self._kept.get(threads)

    async def _count(self, thread_ids: Collection[int]) -> dict[int, Tallies]:
        async with self._database.counting() as db:
            return await count(db, thread_ids)
