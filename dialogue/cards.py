"""Cards: one contribution at a time; which one comes next is drawn."""

import random
from bisect import bisect
from collections.abc import Sequence, Set
from dataclasses import dataclass
from itertools import accumulate, pairwise

from sqlalchemy import BigInteger, bindparam, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialogue.tables import Comment, Vote
from dialogue.tallies import Tallies

_DICE = random.Random()
TRIES = 40  # after so many that may not come again, those that may are counted out
_person = bindparam("person", type_=BigInteger)
_SEEN = (
    select(Vote.comment_id, literal(False))
    .where(Vote.person_id == _person)
    .union_all(select(Comment.id, literal(True)).where(Comment.author_id == _person))
)


@dataclass(frozen=True)
class Seen:
    """What a person need not be shown: what they voted on, and what they wrote."""

    voted: frozenset[int]
    own: frozenset[int]

    @property
    def all(self) -> frozenset[int]:
        return self.voted | self.own


async def seen(db: AsyncConnection, person_id: int) -> Seen:
    """Ids of everything a person voted on or wrote, anywhere, in one statement."""
    rows = (await db.execute(_SEEN, {"person": person_id})).all()
    return Seen(frozenset(one for one, own in rows if not own), frozenset(one for one, own in rows if own))


@dataclass(frozen=True)
class Deck:
    """The contributions of some threads, to be drawn by their priority or, while sealed, all alike."""

    threads: Sequence[Tallies]
    alike: bool = False

    def progress(self, seen: Seen) -> tuple[int, int]:
        """How many of the others' contributions the person voted on, and how many there are."""
        voted = seen.voted - seen.own
        done = sum(len(voted & each.tops) for each in self.threads)
        return done, sum(len(each.top) - len(seen.own & each.tops) for each in self.threads)

    def draw(self, out: Set[int], count: int = 1, dice: random.Random = _DICE) -> list[int]:
        """Up to so many contributions, none of them in `out`: each with a probability proportional to its
        priority. Drawn again while it may not come; only when that does not help are all looked at."""
        parts = [(each.top, self._summed(each)) for each in self.threads if each.top]
        sums = list(accumulate(summed[-1] for _, summed in parts))
        drawn: list[int] = []
        for _ in range(TRIES if parts else 0):
            one = _pick(parts, sums, dice)
            if one not in out and one not in drawn:
                drawn.append(one)
            if len(drawn) == count:
                return drawn
        return drawn + self._counted_out({*out, *drawn}, count - len(drawn), dice)

    def _summed(self, thread: Tallies) -> Sequence[float]:
        return range(1, len(thread.top) + 1) if self.alike else thread.priorities

    def _counted_out(self, out: Set[int], count: int, dice: random.Random) -> list[int]:
        left = {
            one: weight
            for each in self.threads
            for one, weight in zip(each.top, _single(self._summed(each)), strict=True)
            if one not in out
        }
        drawn: list[int] = []
        while left and len(drawn) < count:
            (one,) = dice.choices(list(left), list(left.values()))
            drawn.append(one)
            del left[one]
        return drawn


def _single(summed: Sequence[float]) -> list[float]:
    return [after - before for before, after in pairwise([0, *summed])]


def _pick(
    parts: Sequence[tuple[Sequence[int], Sequence[float]]], sums: Sequence[float], dice: random.Random
) -> int:
    at = dice.random() * sums[-1]
    part = min(bisect(sums, at), len(parts) - 1)
    ids, summed = parts[part]
    place = bisect(summed, at - (sums[part - 1] if part else 0))
    return ids[min(place, len(ids) - 1)]
