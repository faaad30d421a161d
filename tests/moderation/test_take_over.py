"""A guest's contribution becomes one of an account, with number and secret."""

import asyncio

import pytest
from sqlalchemy import select

from dialogue.kit import tokens
from dialogue.tables import Comment, Person

SECRET = "AAAA-BBBB-CCCC"
KEYS = {"secret_hash": tokens.digest(tokens.typed(SECRET))}


@pytest.fixture
async def guest(make):
    return await make.guest(pseudonym="Kastanie 417")


@pytest.fixture
async def comment(make, guest):
    return await make.comment(await make.thread(), guest, status="pending", **KEYS)


@pytest.fixture
async def citizen(make, browser):
    person = await make.citizen()
    await browser.sign_in(person)
    return person


def over(browser, comment, secret=SECRET):
    return browser.post("/beitrag/uebernehmen", number=comment.number, secret=secret)


async def owners(database):
    query = select(Comment.author_id, Comment.source).order_by(Comment.id)
    async with database.reading() as db:
        return [tuple(row) for row in await db.execute(query)]


async def here(database, person):
    async with database.reading() as db:
        return (await db.execute(select(Person.id).where(Person.id == person.id))).first() is not None


async def test_it_belongs_to_the_account_from_now_on(browser, database, comment, citizen, guest):
    page = await over(browser, comment)

    assert page.path == f"/beitraege/{comment.number}"
    assert await owners(database) == [(citizen.id, "guest")]
    assert comment.number in (await browser.get("/konto")).words()
    assert not await here(database, guest)


async def test_twice_is_once(browser, database, comment, citizen):
    pages = [await over(browser, comment) for _ in range(2)]

    assert [page.status for page in pages] == [200, 200]
    assert await owners(database) == [(citizen.id, "guest")]


async def test_of_two_accounts_at_once_one_gets_it(new_browser, make, database, comment):
    people, browsers = [await make.citizen() for _ in range(6)], [new_browser() for _ in range(6)]
    for who, person in zip(browsers, people, strict=True):
        await who.sign_in(person)

    pages = await asyncio.gather(*(over(who, comment) for who in browsers))

    assert sorted(page.status for page in pages) == [200, 409, 409, 409, 409, 409]
    winner = people[[page.status for page in pages].index(200)]
    assert await owners(database) == [(winner.id, "guest")]


async def test_what_belongs_to_an_account_stays_there(browser, make, database, citizen):
    other = await make.citizen()
    comment = await make.comment(author=other, **KEYS)

    page = await over(browser, comment)

    assert (page.status, page.words("h1")) == (409, "Dieser Beitrag lässt sich nicht übernehmen")
    assert await owners(database) == [(other.id, "account")]


async def test_a_wrong_secret_takes_nothing_over(browser, database, comment, citizen, guest):
    assert (await over(browser, comment, "ZZZZ")).status == 404
    assert await owners(database) == [(guest.id, "guest")]


async def test_without_an_account_nothing_is_taken_over(browser, database, comment, guest):
    assert (await over(browser, comment)).status == 401
    assert await owners(database) == [(guest.id, "guest")]


@pytest.mark.parametrize("kept", ["comment", "vote", "stance"])
async def test_a_guest_of_whom_something_is_left_stays(
    browser, make, database, comment, citizen, guest, kept
):
    if kept == "comment":
        await make.comment(author=guest)
    elif kept == "vote":
        await make.vote(await make.comment(author=citizen), guest, source="guest")
    else:
        await make.stance(await make.thread(), guest)

    await over(browser, comment)

    assert await here(database, guest)


async def test_an_equal_text_of_the_account_is_no_obstacle(browser, make, database, comment, citizen):
    await make.comment(author=citizen, once=comment.once)

    assert (await over(browser, comment)).status == 200


async def test_mails_about_it_go_to_the_account(browser, new_browser, make, comment, citizen, post_box):
    await over(browser, comment)
    moderator = new_browser()
    await moderator.sign_in(await make.moderator())

    await moderator.post(f"/moderation/{comment.number}/entscheiden", decision="publish", revision=1)

    (mail,) = await post_box(citizen.email)
    assert comment.number in mail.get_content()


async def test_nobody_is_told_by_mail_of_a_guests_contribution(browser, make, comment, work):
    await browser.sign_in(await make.moderator())

    await browser.post(f"/moderation/{comment.number}/entscheiden", decision="publish", revision=1)
    await work()


async def test_the_page_of_the_receipt_offers_it_to_those_who_are_signed_in(
    browser, new_browser, comment, citizen
):
    paper = {"number": comment.number, "secret": SECRET}

    own, other = [await who.post("/beitrag", **paper) for who in (browser, new_browser())]
    await over(browser, comment)
    after = await browser.post("/beitrag", **paper)

    offers = [page.select("form[action='/beitrag/uebernehmen']") for page in (own, other, after)]
    assert [len(each) for each in offers] == [1, 0, 0]
    links = [link["href"] for link in other.select("section[aria-labelledby=konto] a")]
    assert links == [f"/konto/anmelden?next=%2Fbeitrag%3Fnummer%3D{comment.number}", "/konto/anlegen"]
