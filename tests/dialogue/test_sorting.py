"""The orders of a thread: by votes only where the votes may be seen."""

from datetime import timedelta

import pytest

from dialogue import comments
from dialogue.kit import clock

ALL = ["gemischt", "neueste zuerst", "meiste Zustimmung", "umstritten"]
TODAY = clock.today()
OVER = {"starts_on": TODAY - timedelta(days=9), "ends_on": TODAY - timedelta(days=1)}
COMING = {"starts_on": TODAY + timedelta(days=2), "ends_on": TODAY + timedelta(days=9)}
SEALED = {"sealed_until": clock.now() + timedelta(days=30)}


async def contributions(make, point, *votes):
    """One per triple (agree, pass, disagree)."""
    made = []
    people = [await make.person() for _ in range(max(sum(each) for each in votes))]
    for counts in votes:
        comment = await make.comment(point.thread)
        values = [value for value, count in zip((1, 0, -1), counts, strict=True) for _ in range(count)]
        for person, value in zip(people, values, strict=False):
            await make.vote(comment, person, value)
        made.append(comment)
    return made


def offered(page):
    return [tag.get_text() for tag in page.select(".sort a")]


def listed(page):
    return [tag["id"].removeprefix("b-") for tag in page.select("article.comment")]


@pytest.mark.parametrize(
    ("dates", "signed_in", "offers"),
    [
        ({}, False, ALL[:2]),
        ({}, True, ALL),
        (OVER, False, ALL),
        (OVER, True, ALL),
        (COMING, True, ALL[:2]),
        (SEALED, True, ALL[:2]),
        (OVER | SEALED, True, ALL[:2]),
    ],
)
async def test_orders_by_votes_are_offered_where_votes_may_be_seen(browser, make, dates, signed_in, offers):
    point = await make.point(await make.consultation(**dates))
    await make.comment(point.thread)
    if signed_in:
        await browser.sign_in(await make.person("moderator", "editor", "panelist", "committee", "admin"))

    page = await browser.get(f"/punkte/{point.code}")
    answered = [
        (await browser.get(f"/punkte/{point.code}?sort={sort}")).status for sort in ("agreed", "divided")
    ]

    assert offered(page) == offers
    assert answered == [200 if offers == ALL else 404] * 2


@pytest.mark.parametrize("sort", ["", "MIXED", "votes", "agreed,divided", "newest "])
async def test_any_other_order_is_no_page_of_ours(browser, make, sort):
    point = await make.point()

    assert (await browser.get(f"/punkte/{point.code}?sort={sort}")).status == 404


async def test_after_the_end_everyone_sees_what_most_agreed_with_and_what_divided_them(browser, make):
    point = await make.point(await make.consultation(**OVER))
    few, split, good, silent = await contributions(make, point, (2, 0, 0), (4, 0, 4), (9, 1, 0), (0, 0, 0))

    agreed = await browser.get(f"/punkte/{point.code}?sort=agreed")
    divided = await browser.get(f"/punkte/{point.code}?sort=divided")

    assert listed(agreed) == [each.number for each in (good, few, split, silent)]
    assert listed(divided)[0] == split.number
    assert "Solange die Beteiligung läuft" not in agreed.words()


async def test_while_it_is_open_only_what_one_voted_on_is_ordered(browser, make):
    point, person = await make.point(), await make.citizen()
    few, split, good, _ = await contributions(make, point, (2, 0, 0), (4, 0, 4), (9, 1, 0), (9, 0, 0))
    await browser.sign_in(person)
    empty = await browser.get(f"/punkte/{point.code}?sort=agreed")
    for comment in (few, split, good):
        await make.vote(comment, person, -1)

    page = await browser.get(f"/punkte/{point.code}?sort=agreed")

    assert "Hier haben Sie noch nicht abgestimmt" in empty.words()
    assert listed(page) == [each.number for each in (good, few, split)]
    assert (
        "Solange die Beteiligung läuft, sehen Sie hier nur Beiträge, über die Sie schon abgestimmt haben."
        in (page.words())
    )


async def test_guests_and_paper_order_nothing(browser, make):
    point = await make.point(await make.consultation(**OVER))
    first, second = await contributions(make, point, (1, 0, 0), (0, 0, 1))
    for source in ["guest"] * 5 + ["paper"] * 5:
        await make.vote(second, source=source)

    page = await browser.get(f"/punkte/{point.code}?sort=agreed")

    assert listed(page) == [first.number, second.number]


async def test_replies_to_what_is_gone_stay_at_the_end_of_an_order_by_votes(browser, make, database):
    point = await make.point(await make.consultation(**OVER))
    gone, stays = await contributions(make, point, (9, 0, 0), (1, 0, 0))
    reply = await make.comment(point.thread, parent_id=gone.id)
    async with database.writing() as db:
        await comments.move(db, gone.id, 1, "hidden")

    page = await browser.get(f"/punkte/{point.code}?sort=agreed")

    assert listed(page) == [stays.number, reply.number]
    assert len(page.select(".comment--gone")) == 1


@pytest.mark.parametrize("sort", ["mixed", "newest", "agreed"])
async def test_the_pages_of_an_order_follow_one_another_and_end(browser, make, sort):
    point = await make.point(await make.consultation(**OVER))
    written = [await make.comment(point.thread) for _ in range(52)]

    page = await browser.get(f"/punkte/{point.code}?sort={sort}")
    more = page.one("a[rel=next]")["href"]
    rest = await browser.get(more)
    behind = f"{more.rpartition('.')[0].rpartition('.')[0]}.{-(2**63)}.1"

    assert sorted(listed(page) + listed(rest)) == sorted(each.number for each in written)
    assert rest.select("a[rel=next]") == []
    assert [(await browser.get(address)).status for address in (f"{more}9x", more.replace(".", "..", 1))] == [
        404
    ] * 2
    if sort != "mixed":
        assert (await browser.get(behind)).status == 404


async def test_in_place_comes_just_the_next_page(browser, make):
    point = await make.point()
    for _ in range(51):
        await make.comment(point.thread)
    more = (await browser.get(f"/punkte/{point.code}?sort=newest")).one("a[rel=next]")

    part = await browser.get(more["hx-get"], hx_request="true")

    assert more["hx-get"] == more["href"]
    assert (len(listed(part)), part.select("html, h1, nav")) == (1, [])


async def test_replies_unfold_in_place_and_are_a_page_without(browser, make):
    point = await make.point()
    parent = await make.comment(point.thread)
    replies = [await make.comment(point.thread, parent_id=parent.id) for _ in range(12)]

    page = await browser.get(f"/punkte/{point.code}")
    link = page.one(".replies > li > a")
    part = await browser.get(link["hx-get"], hx_request="true")
    whole = await browser.get(link["href"])

    assert link.get_text() == "Alle 12 Antworten zeigen"
    assert listed(page) == [parent.number, *(each.number for each in replies[:3])]
    assert listed(part) == [each.number for each in replies[3:]]
    assert part.words("li[autofocus]") == "9 weitere Antworten"
    assert listed(whole) == [parent.number, *(each.number for each in replies)]


async def test_on_paper_everything_stands_and_nothing_can_be_pressed(browser, make):
    point = await make.point()
    parent = await make.comment(point.thread, text="Bitte auf Papier.")
    replies = [await make.comment(point.thread, parent_id=parent.id) for _ in range(5)]
    await browser.sign_in(await make.citizen())

    page = await browser.get(f"/punkte/{point.code}?druck=1")

    assert listed(page) == [parent.number, *(each.number for each in replies)]
    assert page.select("main form, main nav a[rel], .vote__choice, .comment__foot, .sort") == []
    assert "Das ist nicht alles" not in page.words()
    assert (await browser.get(f"/punkte/{point.code}?druck=2")).status == 404
