"""Patterns in votes: the planted ones are found, and what people do by themselves is not."""

import random

import numpy as np
import pytest

from moderation import patterns
from moderation.patterns import Votes
from tests.benchmarks import hints

MINUTE = 60.0


def votes(*rows):
    """Rows of person, comment, value, moment, new."""
    person, comment, value, at, new = zip(*rows, strict=True)
    whole = [np.array(column, dtype=np.int64) for column in (person, comment, value)]
    return Votes(*whole, np.array(at, dtype=np.float64), np.array(new, dtype=np.bool_))


def crowd(people=60, comments=40, seed=7, first=1_000):
    """People who vote over a day on some comments, as two camps see them, with their own mind."""
    dice = random.Random(seed)
    leaning = [(dice.random(), dice.random()) for _ in range(comments)]
    rows = []
    for person in range(first, first + people):
        begins = dice.uniform(0, 20 * 3600)
        for comment in dice.sample(range(comments), dice.randint(3, comments)):
            yes = leaning[comment][person % 2]
            value = 1 if dice.random() < yes else dice.choice((0, -1))
            rows.append((person, comment, value, begins + dice.uniform(0, 1800), dice.random() < 0.3))
    return rows


def gang(people=6, comments=15, noise=0, seed=3, first=1):
    """People who vote the same within half an hour; each gives some votes of their own besides."""
    dice = random.Random(seed)
    said = [(comment, dice.choice((1, -1))) for comment in range(comments)]
    rows = [
        (person, comment, value, 9_000 + dice.uniform(0, 1800), True)
        for person in range(first, first + people)
        for comment, value in said
    ]
    own = [
        (person, 40 + person * 10 + n, dice.choice((1, -1)), 9_900.0, True)
        for person in range(first, first + people)
        for n in range(noise)
    ]
    return rows + own


def rush(votes_=20, comment=99, value=1, begins=9_000.0, every=MINUTE, new=True, first=500):
    return [(first + n, comment, value, begins + n * every, new) for n in range(votes_)]


def test_many_new_votes_in_one_direction_within_an_hour_are_a_burst():
    (found,) = patterns.bursts(votes(*crowd(), *rush(20)))

    assert (found.comment, found.votes, found.of) == (99, 20, 20)
    assert (found.begins, found.ends) == (9_000, 9_000 + 19 * MINUTE)


def none_of(*rows):
    return list(patterns.bursts(votes(*crowd(), *rows))) == []


def test_what_people_do_by_themselves_is_no_burst():
    assert none_of(*rush(patterns.BURST - 1))
    assert none_of(*rush(20, every=6 * MINUTE))
    assert none_of(*rush(20, new=False))
    assert none_of(*rush(20), *rush(20, first=700, new=False))
    assert none_of(*rush(10), *rush(10, value=-1, first=700))
    assert none_of(*rush(20), *rush(20, comment=1), *rush(20, comment=2))


def test_the_hour_of_a_burst_is_the_one_with_most_votes():
    early, late = rush(16, begins=0), rush(30, begins=50_000.0, first=800)

    (found,) = patterns.bursts(votes(*early, *late))

    assert (found.votes, found.begins) == (30, 50_000)


@pytest.mark.parametrize("noise", [0, 6])
def test_a_group_that_votes_the_same_on_many_comments_is_found(noise):
    found = patterns.alike(votes(*crowd(), *gang(6, 15, noise)))

    assert (found.people, found.comments) == (6, 15)
    assert 9_000 <= found.begins < found.ends <= 10_800


def test_what_people_do_by_themselves_is_not_alike():
    consensus = [(person, comment, 1, 9_000.0, True) for person in range(30) for comment in range(15)]
    dissent = [(person, comment, 1, 40_000.0, False) for person in range(200, 400) for comment in range(15)]

    assert patterns.alike(votes(*crowd())) is None
    assert patterns.alike(votes(*crowd(), *gang(patterns.PEOPLE - 1))) is None
    assert patterns.alike(votes(*crowd(), *gang(comments=patterns.SAME - 1))) is None
    assert patterns.alike(votes(*consensus, *dissent)) is None


def test_no_votes_show_nothing():
    nothing = votes((1, 1, 1, 0.0, True)).where(np.array([False]))

    assert (list(patterns.bursts(nothing)), patterns.alike(nothing)) == ([], None)


@pytest.mark.parametrize("seed", range(20))
def test_invented_crowds_raise_no_alarm(seed):
    among = votes(*crowd(people=120, seed=seed))

    assert (list(patterns.bursts(among)), patterns.alike(among)) == ([], None)


def test_a_large_crowd_is_compared_in_bounded_time(monkeypatch):
    monkeypatch.setattr(patterns, "CROWD", 50)

    assert patterns.alike(votes(*crowd(people=300), *gang(30, 38))) is not None


def test_real_conversations_raise_few_alarms(shared, capsys):
    hints.main(shared / "data" / "polis")

    assert capsys.readouterr().out.splitlines()[-1].split(maxsplit=1)[1] == (
        "{'days': 685, 'burst': 0, 'alike': 4}"
    )
