"""A thread page by page: everything once, in order, and replies stay when what they answer is gone."""

from datetime import timedelta

import pytest

from dialogue import comments, listing
from dialogue.kit import clock

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


@pytest.mark.parametrize("sort", ["newest", "mixed"])
@pytest.mark.parametrize("status", ["hidden", "withdrawn"])
async def test_replies_stay_where_they_were_when_what_they_answer_is_gone(make, database, sort, status):
    thread = await make.thread()
    written = await write(make, thread, 120)
    replies = await write(make, thread, 5, parent_id=written[60].id)
    await write(make, thread, 1, parent_id=written[61].id, status="hidden")
    before = [place for page in await read(database, thread, sort) for place in page]
    async with database.writing() as db:
        for gone in written[60:62]:
            await comments.move(db, gone.id, 1, status)

    after = [place for page in await read(database, thread, sort) for place in page]

    stays = ("", [each.number for each in replies])
    expected = [stays if number == written[60].number else (number, more) for number, more in before]
    assert after == [place for place in expected if place[0] != written[61].number]


async def test_of_what_is_gone_nothing_is_read(make, database, browser):
    point = await make.point()
    author = await make.citizen()
    gone = await make.comment(point.thread, author, text="Das soll niemand mehr lesen.", status="hidden")
    await make.comment(point.thread, parent_id=gone.id, text="Danke, das sehe ich auch so.")

    page = await browser.get(f"/punkte/{point.code}")

    assert "Danke, das sehe ich auch so." in page.words()
    assert GONE in page.words()
    assert [word for word in ("niemand", gone.number, author.pseudonym) if word in page.text] == []
