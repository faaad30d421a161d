"""Tallies of a thread: every public contribution, official votes apart from others, and the orders that follow."""

import pytest

from dialogue import tallies
from dialogue.tallies import Counted, Tallies, agreement, division, priority
from dialogue.votes import Tally


async def counted(database, *threads):
    async with database.reading() as db:
        return await tallies.count(db, [thread.id for thread in threads])


def all_of(agree, passed, disagree):
    return Counted(True, agree, passed, disagree)


async def test_each_public_contribution_and_reply_is_counted_in_its_thread(make, database):
    thread, other, empty = await make.thread(), await make.thread(), await make.thread()
    first, elsewhere = await make.comment(thread), await make.comment(other)
    reply = await make.comment(thread, parent_id=first.id)
    for status in ("pending", "rejected", "hidden", "withdrawn"):
        await make.vote(await make.comment(thread, status=status))
    for value in (1, 1, 0, -1):
        await make.vote(first, value=value)
    await make.vote(reply, value=-1)

    found = await counted(database, thread, other, empty)

    assert {one: dict(each.of) for one, each in found.items()} == {
        thread.id: {first.id: Counted(True, 2, 1, 1), reply.id: Counted(False, 0, 0, 1)},
        other.id: {elsewhere.id: Counted(True)},
        empty.id: {},
    }
    assert found[thread.id].top == (first.id,)


async def test_guests_and_paper_stand_beside_the_official_votes(make, database):
    comment = await make.comment()
    for source, value in [
        ("account", 1),
        ("import", 1),
        ("import", -1),
        ("guest", 0),
        ("guest", 1),
        ("paper", -1),
    ]:
        await make.vote(comment, value=value, source=source)

    async with database.reading() as db:
        found = (await tallies.count(db, [comment.thread_id]))[comment.thread_id].of[comment.id]

    assert found == Counted(True, 2, 0, 1, Tally(1, 1, 0), Tally(0, 0, 1))
    assert (found.n, found.official) == (3, Tally(2, 0, 1))


async def test_a_process_keeps_them_for_a_while(make, database):
    comment = await make.comment()
    counter = tallies.Counter(database, 60)
    before = await counter.of({comment.thread_id: False})
    await make.vote(comment)

    assert await counter.of({comment.thread_id: False}) == before
    assert (await tallies.Counter(database).of({comment.thread_id: False}))[comment.thread_id].of[
        comment.id
    ].agree == 1


@pytest.mark.parametrize(
    ("votes", "bound"), [((0, 0, 0), 0), ((3, 0, 0), 0.4385), ((90, 5, 5), 0.8256), ((0, 0, 10), 0)]
)
def test_agreement_is_the_lower_bound_of_wilsons_interval(votes, bound):
    assert agreement(all_of(*votes)) == pytest.approx(bound, abs=0.0001)


@pytest.mark.parametrize(
    ("votes", "share"),
    [((10, 3, 10), 1), ((4, 0, 8), 0.5), ((8, 0, 4), 0.5), ((2, 0, 2), 0), ((0, 9, 0), 0), ((9, 0, 0), 0)],
)
def test_division_is_the_smaller_camp_against_the_larger_and_needs_five_votes(votes, share):
    assert division(all_of(*votes)) == share


@pytest.mark.parametrize(
    ("votes", "value"),
    [((0, 0, 0), (1 / 4 * 9) ** 2), ((3, 1, 1), (20 / 49 * 5) ** 2), ((30, 0, 0), (961 / 1024 * 1.125) ** 2)],
)
def test_the_priority_is_that_of_polis(votes, value):
    assert priority(all_of(*votes)) == pytest.approx(value)


def test_priorities_are_not_constant_and_prefer_what_is_new_agreed_with_and_seldom_passed():
    new, agreed, passed, refused = (
        priority(all_of(*votes)) for votes in ((0, 0, 0), (20, 0, 0), (10, 10, 0), (0, 0, 20))
    )

    assert new > agreed > passed > refused > 0
    assert priority(all_of(20, 0, 0), extremity=1) == pytest.approx(4 * agreed)


def test_the_orders_put_the_surer_then_the_later_first():
    found = Tallies(
        {
            1: all_of(3, 0, 0),
            2: all_of(90, 5, 5),
            3: all_of(0, 0, 0),
            4: all_of(40, 0, 40),
            5: all_of(5, 0, 5),
            6: all_of(0, 0, 0),
            7: Counted(False, 500, 0, 0),
        }
    )

    assert [each.id for each in found.agreed] == [2, 1, 4, 5, 6, 3]
    assert [each.id for each in found.divided] == [4, 5, 2, 1, 6, 3]
    assert found.priorities == sorted(found.priorities)
