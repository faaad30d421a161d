"""Patterns in votes that a person should look at: pure, from the votes of one thread of about a day.

They are hints, never findings: a school class that votes together looks much like somebody with ten accounts. What
they raise on real conversations stands in docs/decisions/0018.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

HOUR = 3600.0
# A burst: so many votes in one direction within an hour on one comment by people who are new, most of all votes
# there in that hour, by people who gave at least half of their votes to this comment.
BURST, MOSTLY, FOCUS = 15, 0.7, 0.5
# Alike: so many people who, within an hour, gave the same vote on so many comments, on nearly all that they share;
# and others disagree enough for that not to happen by itself (surprise: minus the logarithm of how often it would).
PEOPLE, SAME, NEARLY, SURPRISE = 5, 10, 0.9, 8.0
COMMON = 0.8  # of a group: what so many of them did, the group did
STEP = HOUR / 2
CROWD = 3_000  # people compared with each other in one hour, the busiest of them
TRIED = 20  # groups looked at in one hour, the largest first
Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Votes:
    """Votes of one thread, as columns of equal length: who, on what, 1 or 0 or -1, when, and whether they are new."""

    person: Numbers
    comment: Numbers
    value: Numbers
    at: NDArray[np.float64]
    new: NDArray[np.bool_]

    def where(self, chosen: NDArray[np.bool_] | Numbers) -> "Votes":
        """Some of them: by a mask, or by their places."""
        who, what, how = self.person[chosen], self.comment[chosen], self.value[chosen]
        return Votes(who, what, how, self.at[chosen], self.new[chosen])


@dataclass(frozen=True)
class Burst:
    """A comment that got many votes of new people in one direction: how many, of how many in that hour."""

    comment: int
    votes: int
    of: int
    begins: float
    ends: float


@dataclass(frozen=True)
class Alike:
    """A group of people who voted the same on many comments within an hour."""

    people: int
    comments: int
    begins: float
    ends: float


def bursts(votes: Votes) -> Iterator[Burst]:
    """The largest burst of each comment that had one."""
    comments, times = np.unique(votes.comment[votes.new], return_counts=True)
    wanted = comments[times >= BURST]
    if wanted.size == 0:
        return
    given = Counter(votes.person.tolist())
    some = votes.where(np.isin(votes.comment, wanted))
    order = np.argsort(some.comment, kind="stable")
    for places in np.split(order, np.flatnonzero(np.diff(some.comment[order])) + 1):
        here = some.where(places)
        found = [_burst(here, direction, given) for direction in (1, -1)]
        if largest := max((each for each in found if each), key=lambda each: each.votes, default=None):
            yield largest


def _burst(here: Votes, direction: int, given: Counter[int]) -> Burst | None:
    came = here.where(here.new & (here.value == direction))
    order = np.argsort(came.at, kind="stable")
    at, people = came.at[order], came.person[order]
    if at.size < BURST:
        return None
    first = np.searchsorted(
        at, at - HOUR, side="left"
    )  # of each vote: the first of the hour that ends with it
    last = int(np.argmax(np.arange(at.size) - first))
    hour = slice(int(first[last]), last + 1)
    begins, ends = float(at[hour][0]), float(at[last])
    size = last + 1 - int(first[last])
    among = int(((here.at >= ends - HOUR) & (here.at <= ends)).sum())
    theirs = sum(given[person] for person in people[hour].tolist())
    if size < BURST or size < MOSTLY * among or size < FOCUS * theirs:
        return None
    return Burst(int(here.comment[0]), size, among, begins, ends)


def alike(votes: Votes) -> Alike | None:
    """The largest group that voted alike within an hour, if there is one."""
    if votes.at.size == 0:
        return None
    starts = np.arange(votes.at.min(), votes.at.max() + 1, STEP)
    counts = _counted(votes)
    groups = (
        _alike(votes.where((votes.at >= start) & (votes.at < start + HOUR)), counts) for start in starts
    )
    return max((each for each in groups if each), key=lambda each: (each.people, each.comments), default=None)


def _counted(votes: Votes) -> Counter[tuple[int, int]]:
    """How often each value was given on each comment."""
    keys, times = np.unique(votes.comment * 3 + votes.value + 1, return_counts=True)
    pairs = ((key // 3, key % 3 - 1) for key in keys.tolist())
    return Counter(dict(zip(pairs, times.tolist(), strict=True)))


def _alike(hour: Votes, counts: Counter[tuple[int, int]]) -> Alike | None:
    people, numbers = np.unique(hour.person, return_counts=True)
    busy = people[numbers >= SAME]
    if busy.size < PEOPLE:
        return None
    if busy.size > CROWD:
        busy = np.sort(people[np.argsort(-numbers, kind="stable")[:CROWD]])
    hour = hour.where(np.isin(hour.person, busy))
    same, shared = _compared(hour, busy)
    close = (same >= SAME) & (same >= NEARLY * shared)
    np.fill_diagonal(close, val=True)
    degrees = close.sum(axis=1)
    for one in np.argsort(-degrees, kind="stable")[:TRIED]:
        if degrees[one] < PEOPLE:
            return None
        if found := _group(busy[close[one]], hour, counts):
            return found
    return None


def _compared(hour: Votes, busy: Numbers) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Of each pair: on how many comments they voted the same, and on how many both voted."""
    row = np.searchsorted(busy, hour.person)
    _, column = np.unique(hour.comment, return_inverse=True)
    ones, wide = np.ones(row.size, dtype=np.int32), int(column.max()) + 1
    both = csr_matrix((ones, (row, column)), shape=(busy.size, wide))
    equal = csr_matrix((ones, (row, column * 3 + hour.value + 1)), shape=(busy.size, wide * 3))
    return (equal @ equal.T).toarray(), (both @ both.T).toarray()


def _group(people: Numbers, hour: Votes, counts: Counter[tuple[int, int]]) -> Alike | None:
    """What a group did in common in its hour, unless others would have done it, too."""
    theirs = hour.where(np.isin(hour.person, people))
    done = _counted(theirs)
    common = [each for each, times in done.items() if times >= COMMON * people.size]
    if len(common) < SAME:
        return None
    surprise = 0.0
    for comment, value in common:
        others = [counts[comment, each] - done[comment, each] for each in (-1, 0, 1)]
        surprise -= log((others[value + 1] + 1) / (sum(others) + 3))
    if surprise < SURPRISE:
        return None
    return Alike(int(people.size), len(common), float(theirs.at.min()), float(theirs.at.max()))
