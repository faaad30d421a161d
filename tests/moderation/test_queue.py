"""The queue: longest waiting first, page by page to its end, and a case at any place of it."""

import re
from datetime import timedelta

import pytest

from dialogue.kit import clock
from moderation import queue


@pytest.fixture
def wait(make):
    """Contributions that wait since the same moment, as after an import."""

    async def made(count, **values):
        author, thread, moment = await make.person(), await make.thread(), clock.now() - timedelta(hours=1)
        values = {"status": "pending", "created_at": moment} | values
        return [await make.comment(thread, author, **values) for _ in range(count)]

    return made


def shown(page):
    return [str(link["href"]).rpartition("/")[2].partition("?")[0] for link in page.select(".queue__item a")]


def further(page):
    return [str(link["href"]) for link in page.select("a[rel=next]")]


async def test_the_longest_waiting_comes_first(browser, make):
    now = clock.now()
    for hours in (3, 30, 1):
        await make.comment(status="pending", text=f"seit {hours}", created_at=now - timedelta(hours=hours))
    await browser.sign_in(await make.moderator())

    page = await browser.get("/moderation")

    assert [link.text for link in page.select(".queue__item a")] == ["seit 30", "seit 3", "seit 1"]
    assert further(page) == []


async def test_page_by_page_everything_that_waits_is_seen_once(browser, make, wait):
    waiting = await wait(2 * queue.PAGE + 1)
    await browser.sign_in(await make.moderator())

    page = await browser.get("/moderation")
    pages = [shown(page)]
    while links := further(page):
        page = await browser.get(links[0])
        pages.append(shown(page))

    assert [len(numbers) for numbers in pages] == [queue.PAGE, queue.PAGE, 1]
    assert [number for numbers in pages for number in numbers] == [comment.number for comment in waiting]


async def test_a_case_behind_the_first_page_is_claimed_like_any_other(new_browser, make, wait):
    last = (await wait(queue.PAGE + 1))[-1]
    first, second = new_browser(), new_browser()
    holder = await make.moderator()
    await first.sign_in(holder)
    await second.sign_in(await make.moderator())

    free = await first.get(f"/moderation/{last.number}")
    await first.post(
        f"/moderation/{last.number}/uebernehmen", **free.form(f"/moderation/{last.number}/uebernehmen")
    )
    mine, others = [await browser.get(f"/moderation/{last.number}") for browser in (first, second)]

    assert "Sie bearbeiten diesen Beitrag." in mine.words(".case")
    said = others.words(".case > .aside-note")
    assert re.sub(r"[0-9]{2}:[0-9]{2}", "14:05", said) == (
        f"Diesen Beitrag bearbeitet gerade {holder.pseudonym} , bis 14:05 Uhr. Entscheiden können Sie ihn danach."
    )
    assert (len(mine.select("form.decide")), others.select(".case form")) == (1, [])


async def test_one_begins_with_the_oldest_that_nobody_holds(new_browser, make, wait):
    waiting = await wait(3)
    first, second = new_browser(), new_browser()
    await first.sign_in(await make.moderator())
    await second.sign_in(await make.moderator())

    begins = [await second.get("/moderation")]
    for comment in waiting:
        await first.post(f"/moderation/{comment.number}/uebernehmen")
        begins.append(await second.get("/moderation"))

    assert [page.words(".stack > .kern-btn") for page in begins] == [
        "Mit dem ältesten beginnen",
        *["Mit dem ältesten freien beginnen"] * 2,
        "",
    ]
    links = [link["href"] for page in begins for link in page.select(".stack > .kern-btn")]
    assert links == [f"/moderation/{comment.number}" for comment in waiting]
    assert begins[-1].words(".stack > .aside-note") == (
        "Alles, was wartet, ist Ihr eigener Beitrag oder wird gerade von anderen bearbeitet."
    )


async def test_a_case_keeps_the_place_in_the_list_beside_it(browser, make, wait):
    waiting = await wait(queue.PAGE + 2)
    await browser.sign_in(await make.moderator())
    (address,) = further(await browser.get("/moderation"))

    link = (await browser.get(address)).select(".queue__item a")[0]
    page = await browser.get(str(link["href"]))

    assert page.words("h1") == f"Beitrag {waiting[queue.PAGE].number} prüfen"
    assert shown(page) == [comment.number for comment in waiting[queue.PAGE :]]


async def test_a_page_on_which_all_is_decided_leads_back_to_what_waits(browser, make, wait, owner):
    waiting = await wait(queue.PAGE + 1)
    await browser.sign_in(await make.moderator())
    (address,) = further(await browser.get("/moderation"))
    await owner.execute("UPDATE comments SET status = 'withdrawn' WHERE id = $1", waiting[-1].id)

    page = await browser.get(address)

    assert page.words("main h2") == "Hier ist alles geprüft"
    assert [str(link["href"]) for link in page.select(".empty a")] == ["/moderation"]


@pytest.mark.parametrize(
    "cursor",
    ["x", ".", "1", "1.2.3", "-1.2", "1.-2", "٣.٤", "1_0.2", " 1.2", "9" * 18 + ".1", "1." + "9" * 19],
)
async def test_a_place_that_is_none_is_not_found(browser, make, cursor):
    comment = await make.comment(status="pending")
    await browser.sign_in(await make.moderator())

    pages = [
        await browser.client.get(address, params={"weiter": cursor})
        for address in ("/moderation", f"/moderation/{comment.number}")
    ]

    assert [page.status_code for page in pages] == [404, 404]


async def test_the_largest_place_there_is_shows_an_empty_page(browser, make):
    await browser.sign_in(await make.moderator())

    assert (await browser.get(f"/moderation?weiter={'9' * 17}.{'9' * 18}")).status == 200
