"""A thread page by page: everything once, in order, and replies stay when what they answer is gone."""

import itertools
import json
from datetime import timedelta

import pytest

from dialogue import comments, listing, orders
from dialogue.kit import clock
from dialogue.kit.errors import NotFound
from dialogue.tallies import Ranked
from tests.house.test_budgets import fill

GONE = "Dieser Beitrag ist nicht mehr öffentlich. Die Antworten darauf bleiben stehen."


async def read(database, thread, sort, seed=7):
    """All pages of a thread: (number, numbers of its replies) of every top-level place."""
    pages, cursor = [], ""
    while True:
        async with database.reading() as db:
            found = await listing.page(db, thread.id, sort, seed, cursor)
        pages.append([(row.number, [r.number for r in found.replies.get(row.id, [])]) for row in found.top])
        if not (cursor := found.cursor):
            return pages


async def write(make, thread, count, **values):
    start = clock.now() - timedelta(days=1)
    return [
        await make.comment(thread, published_at=start + timedelta(minutes=n // 3), **values)
        for n in range(count)
    ]


async def hide(database, *gone, status="hidden"):
    async with database.writing() as db:
        for each in gone:
            await comments.move(db, each.id, 1, status)


@pytest.mark.parametrize("sort", ["newest", "mixed"])
@pytest.mark.parametrize(("count", "sizes"), [(0, [0]), (50, [50]), (51, [50, 1]), (120, [50, 50, 20])])
async def test_every_contribution_stands_on_one_page(make, database, sort, count, sizes):
    thread = await make.thread()
    written = await write(make, thread, count)
    await write(make, thread, 3, status="pending")

    pages = await read(database, thread, sort)

    assert [len(page) for page in pages] == sizes
    assert sorted(number for page in pages for number, _ in page) == sorted(each.number for each in written)


async def test_newest_first_and_of_one_moment_the_last_written(make, database):
    thread = await make.thread()
    written = await write(make, thread, 60)

    pages = await read(database, thread, "newest")

    assert [number for page in pages for number, _ in page] == [each.number for each in reversed(written)]


async def test_the_mixed_order_is_another_for_another_visitor_and_stays_for_one(make, database):
    thread = await make.thread()
    await write(make, thread, 20)

    orders = [(await read(database, thread, "mixed", seed))[0] for seed in (1, 1, 2)]

    assert orders[0] == orders[1] != orders[2]


async def test_three_replies_are_unfolded_in_the_order_they_came(make, database):
    thread = await make.thread()
    parent = await make.comment(thread)
    replies = await write(make, thread, 5, parent_id=parent.id)

    ((place,),) = await read(database, thread, "mixed")

    assert place == (parent.number, [each.number for each in replies[:3]])


@pytest.mark.parametrize(("sort", "count"), [("newest", 120), ("mixed", 45)])
@pytest.mark.parametrize("status", ["hidden", "withdrawn"])
async def test_replies_stay_where_they_were_when_what_they_answer_is_gone(
    make, database, sort, count, status
):
    thread = await make.thread()
    written = await write(make, thread, count)
    one, other = written[count // 2 : count // 2 + 2]
    replies = await write(make, thread, 5, parent_id=one.id)
    await write(make, thread, 1, parent_id=other.id, status="hidden")
    before = [place for page in await read(database, thread, sort) for place in page]
    await hide(database, one, other, status=status)

    after = [place for page in await read(database, thread, sort) for place in page]

    stays = ("", [each.number for each in replies])
    expected = [stays if number == one.number else (number, more) for number, more in before]
    assert after == [place for place in expected if place[0] != other.number]


async def test_on_many_mixed_pages_each_place_that_is_left_stands_once(make, database):
    thread = await make.thread()
    written = await write(make, thread, 120)
    for gone in written[::20]:
        await make.comment(thread, parent_id=gone.id)
    await hide(database, *written[::20])

    pages = await read(database, thread, "mixed", 2**63 - 5)

    places = [number for page in pages for number, _ in page]
    assert [len(page) for page in pages] == [50, 50, 20]
    assert sorted(places) == sorted(["" if n % 20 == 0 else each.number for n, each in enumerate(written)])


async def test_of_what_is_gone_nothing_is_read(make, database, browser):
    point = await make.point()
    author = await make.citizen()
    gone = await make.comment(point.thread, author, text="Das soll niemand mehr lesen.", status="hidden")
    await make.comment(point.thread, parent_id=gone.id, text="Danke, das sehe ich auch so.")

    page = await browser.get(f"/punkte/{point.code}")

    assert "Danke, das sehe ich auch so." in page.words()
    assert GONE in page.words()
    assert [word for word in ("niemand", gone.number, author.pseudonym) if word in page.text] == []


# --- the mixed order --------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [-(2**63), -1, 0, 7, 2**63 - 1])
async def test_the_mixed_order_goes_once_around_from_any_place(make, database, seed):
    thread = await make.thread()
    written = await write(make, thread, 120)

    pages = await read(database, thread, "mixed", seed)

    assert [len(page) for page in pages] == [50, 50, 20]
    assert {number for page in pages for number, _ in page} == {each.number for each in written}


async def test_everyone_comes_first_for_some_and_next_to_others_each_time(make, database):
    thread = await make.thread()
    written = await write(make, thread, 8)
    orders = [(await read(database, thread, "mixed", n * 2**63 // 100))[0] for n in range(-100, 100)]

    first = [order[0][0] for order in orders]
    follows = {(a, b) for order in orders for (a, _), (b, _) in itertools.pairwise(order)}

    assert {first.count(each.number) > 8 for each in written} == {True}
    assert len(follows) == 8 * 7


async def test_the_mixed_order_is_read_from_its_index(make, database, owner):
    thread, author = await make.thread(), await make.person()
    await fill(database, thread, author, 3_000)
    await owner.execute("ANALYZE comments")
    values = {"thread": thread.id, "hash": 5, "last": 0, "upto": orders.LAST, "rest": 5}

    async with database.reading() as db:
        plan = await explained(db, listing._query("mixed", False, False), values)

    scans = [node for node in plan if node.get("Relation Name") == "comments"]
    keys = [node for node in scans if node.get("Index Name") == "ix_comments_mixed"]
    assert [(node["Actual Rows"] <= 51, "Filter" in node) for node in keys] == [(True, False)] * 2
    assert [node["Node Type"] for node in scans if node["Node Type"] == "Seq Scan"] == []
    assert max(node["Actual Rows"] for node in plan) <= 102


async def explained(db, query, values):
    """The nodes of a statement's plan as it ran."""
    compiled = query.params(values).compile(dialect=db.dialect, compile_kwargs={"literal_binds": True})
    found = (await db.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {compiled}")).scalar_one()
    waiting, nodes = [(json.loads(found) if isinstance(found, str) else found)[0]["Plan"]], []
    while waiting:
        nodes.append(waiting.pop())
        waiting += nodes[-1].get("Plans", [])
    return nodes


# --- orders by votes ---------------------------------------------------------------------------------


async def read_ranked(database, thread, order, gaps=False):
    pages, cursor = [], ""
    while True:
        async with database.reading() as db:
            found = await listing.ranked(db, thread.id, order, cursor, gaps=gaps)
        pages.append([(row.number, [r.number for r in found.replies.get(row.id, [])]) for row in found.top])
        if not (cursor := found.cursor):
            return pages


async def test_an_order_by_votes_is_read_page_by_page_with_replies(make, database):
    thread = await make.thread()
    written = await write(make, thread, 120)
    reply = await make.comment(thread, parent_id=written[7].id)
    order = sorted((Ranked(n * 7 % 120 // 2, each.id) for n, each in enumerate(written)), reverse=True)
    numbers = {each.id: each.number for each in written}

    pages = await read_ranked(database, thread, order)

    assert [len(page) for page in pages] == [50, 50, 20]
    assert [number for page in pages for number, _ in page] == [numbers[each.id] for each in order]
    assert [place for page in pages for place in page if place[1]] == [(written[7].number, [reply.number])]


async def test_what_went_since_it_was_counted_is_left_out_and_its_replies_come_last(make, database):
    thread = await make.thread()
    written = await write(make, thread, 60)
    reply = await make.comment(thread, parent_id=written[3].id)
    order = [Ranked(100 - n, each.id) for n, each in enumerate(written)]
    await hide(database, written[3], written[4])

    pages = await read_ranked(database, thread, order, gaps=True)

    assert [len(page) for page in pages] == [49, 10]
    assert pages[-1][-1] == ("", [reply.number])


@pytest.mark.parametrize("cursor", ["x", "1.2", "1.2.3.4", f"0.{2**63}.1", "0..1"])
async def test_a_broken_cursor_is_no_page_of_ours(make, database, cursor):
    thread = await make.thread()
    async with database.reading() as db:
        for asked in (
            listing.page(db, thread.id, "newest", 1, cursor),
            listing.page(db, thread.id, "mixed", 1, cursor),
            listing.ranked(db, thread.id, [], cursor),
        ):
            with pytest.raises(NotFound):
                await asked


# --- on paper ----------------------------------------------------------------------------------------


async def test_the_whole_thread_is_read_with_all_replies(make, database):
    thread = await make.thread()
    written = await write(make, thread, 70)
    replies = await write(make, thread, 12, parent_id=written[5].id)
    left = await make.comment(thread, parent_id=written[6].id)
    await hide(database, written[6])

    async with database.reading() as db:
        found, all_of_it = await listing.whole(db, thread.id)

    assert [row.id for row in found.top] == [each.id for each in reversed(written)]
    assert [row.id for row in found.replies[written[5].id]] == [each.id for each in replies]
    assert [row.id for row in found.replies[written[6].id]] == [left.id]
    assert all_of_it


@pytest.mark.parametrize(("printed", "lines", "left"), [(5, 100, 5), (100, 10, 3), (100, 27, 9)])
async def test_a_long_thread_is_cut_on_paper_and_says_so(make, database, monkeypatch, printed, lines, left):
    monkeypatch.setattr(listing, "PRINTED", printed)
    monkeypatch.setattr(listing, "LINES", lines)
    monkeypatch.setattr(listing, "_WHOLE", listing._whole(printed, lines))
    thread = await make.thread()
    for parent in await write(make, thread, 10):
        await write(make, thread, 2, parent_id=parent.id)

    async with database.reading() as db:
        found, all_of_it = await listing.whole(db, thread.id)

    assert (len(found.top), all_of_it) == (left, False)
    assert {len(replies) for replies in found.replies.values()} == {2}


# --- replies -----------------------------------------------------------------------------------------


async def test_replies_go_on_behind_the_last_one_shown_as_they_appeared(make, database):
    thread = await make.thread()
    parent = await make.comment(thread)
    replies = await write(make, thread, 60, parent_id=parent.id)
    late = await make.comment(thread, parent_id=parent.id, published_at=clock.now())
    early = await make.comment(thread, parent_id=parent.id, published_at=clock.now() - timedelta(days=9))
    elsewhere = await make.comment(thread)
    order = [each.id for each in (early, *replies, late)]

    async def read(after=0):
        async with database.reading() as db:
            return [row.id for row in await listing.replies(db, parent.id, after)]

    assert await read() == order[:51]
    assert await read(order[49]) == order[50:]
    assert [await read(after) for after in (late.id, elsewhere.id, 999_999)] == [[], [], []]
