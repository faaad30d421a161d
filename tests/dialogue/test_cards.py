"""Cards: what may come, and how often what comes first."""

import random
from collections import Counter

import pytest

from dialogue import cards, tallies
from dialogue.cards import Deck, Seen
from dialogue.tallies import Counted, Tallies, priority


def thread(**votes):
    """A thread of contributions n1, n2 … with these votes."""
    return Tallies({int(name[1:]): Counted(True, *counts) for name, counts in votes.items()})


THREADS = [
    thread(n1=(0, 0, 0), n2=(3, 1, 1), n3=(20, 0, 1)),
    Tallies(),
    thread(n4=(1, 9, 1), n5=(0, 0, 12)),
]
WEIGHTS = {one: priority(votes) for each in THREADS for one, votes in each.of.items()}


def drawn(deck, out=frozenset(), times=20_000):
    dice = random.Random(836)
    return Counter(one for _ in range(times) for one in deck.draw(out, 1, dice))


def shares(counter):
    return {one: count / counter.total() for one, count in counter.items()}


def expected(weights):
    return {one: pytest.approx(weight / sum(weights.values()), abs=0.012) for one, weight in weights.items()}


def test_priorities_differ_or_the_draw_would_be_uniform():
    assert len({round(weight, 6) for weight in WEIGHTS.values()}) == 5


def test_contributions_of_all_threads_are_drawn_in_proportion_to_their_priority():
    assert shares(drawn(Deck(THREADS))) == expected(WEIGHTS)


def test_what_is_left_out_never_comes_and_the_rest_keeps_its_proportions():
    left = {one: weight for one, weight in WEIGHTS.items() if one not in {1, 3}}

    assert shares(drawn(Deck(THREADS), {1, 3, 99})) == expected(left)


def test_when_almost_everything_is_left_out_the_proportions_stay(monkeypatch):
    monkeypatch.setattr(cards, "TRIES", 1)
    left = {one: weight for one, weight in WEIGHTS.items() if one not in {1, 2}}

    assert shares(drawn(Deck(THREADS), {1, 2})) == expected(left)


def test_while_sealed_all_are_drawn_alike():
    assert shares(drawn(Deck(THREADS, alike=True))) == expected(dict.fromkeys(WEIGHTS, 1))


def test_several_are_drawn_without_repeating_and_never_more_than_there_are():
    deck = Deck(THREADS)

    assert sorted(deck.draw({2}, 9)) == [1, 3, 4, 5]
    assert len(set(deck.draw(set(), 3))) == 3
    assert (deck.draw({1, 2, 3, 4, 5}, 3), Deck([Tallies()]).draw(set()), Deck([]).draw(set())) == (
        [],
        [],
        [],
    )


def test_progress_counts_what_others_wrote():
    seen = Seen(voted=frozenset({1, 2, 4, 77}), own=frozenset({2, 5, 78}))

    assert Deck(THREADS).progress(seen) == (2, 3)


async def test_replies_are_no_cards(make, database):
    comment = await make.comment()
    await make.comment(thread_id=comment.thread_id, parent_id=comment.id)

    async with database.reading() as db:
        found = await tallies.count(db, [comment.thread_id])

    assert Deck(list(found.values())).draw(set(), 5) == [comment.id]


async def test_what_one_voted_on_or_wrote_is_seen_whatever_became_of_it(make, database):
    person = await make.citizen()
    voted, other = await make.comment(), await make.comment()
    own = [await make.comment(author=person, status=status) for status in ("published", "hidden", "pending")]
    for value, comment in ((0, voted), (1, own[0])):
        await make.vote(comment, person, value)
    await make.vote(other)

    async with database.reading() as db:
        found = await cards.seen(db, person.id)

    assert found == Seen(frozenset({voted.id, own[0].id}), frozenset(each.id for each in own))
    assert found.all == {voted.id, *(each.id for each in own)}
