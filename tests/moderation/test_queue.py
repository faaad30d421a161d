"""The queue: by filter, most urgent or longest waiting first, page by page to its end, a case at any place of it."""

import re
from datetime import timedelta

import pytest

from dialogue.kit import clock
from moderation import claims, filters, queue
from moderation.tables import Claim
from tests.moderation import matter


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


def texts(page):
    return [link.text for link in page.select(".queue__item a")]


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


async def test_what_is_urgent_comes_first_until_one_asks_for_the_longest(browser, make):
    now = clock.now()
    for hours, urgency in ((30, 0), (20, 1), (10, 2), (5, 2)):
        moment = now - timedelta(hours=hours)
        await make.comment(
            status="pending", text=f"{urgency}, seit {hours}", urgency=urgency, created_at=moment
        )
    await browser.sign_in(await make.moderator())

    urgent, longest = [await browser.get(f"/moderation{query}") for query in ("", "?ordnung=dauer")]

    assert texts(urgent) == ["2, seit 10", "2, seit 5", "1, seit 20", "0, seit 30"]
    assert texts(longest) == ["0, seit 30", "1, seit 20", "2, seit 10", "2, seit 5"]
    assert [each.text for each in urgent.select(".sign--level")] == ["hoch", "hoch", "mittel"]
    begins = [page.words(".stack > .kern-btn") for page in (urgent, longest)]
    assert begins == ["Mit dem dringendsten beginnen", "Mit dem ältesten beginnen"]


async def test_each_kind_is_found_with_its_number(browser, make):
    moderator, rule = await make.moderator(), await make.rule()
    sign = {"kind": "link", "label": "Link", "words": ["www.x.example"], "spans": [[0, 3]], "version": 1}
    await make.comment(status="pending", text="wartet")
    await make.comment(status="pending", text="fällt auf", signs=[sign])
    reported = await make.comment(text="gemeldet")
    for settled in (None, None, clock.now()):
        await matter.flag(make, reported, settled_at=settled)
    await matter.flag(make, await make.comment(text="war gemeldet"), settled_at=clock.now())
    await matter.flag(make, await make.comment(status="hidden", text="gemeldet und fort"))
    refused = await make.comment(status="rejected", revision=2, text="Beschwerde")
    decision = await matter.decided_by(make, refused, await make.moderator(), "reject", rule)
    await matter.appeal(make, refused, decision)
    drawn = await make.comment(text="gezogen")
    await matter.audit(make, drawn)
    await matter.audit(make, await make.comment(text="war gezogen"), settled_at=clock.now())
    await browser.sign_in(moderator)

    pages = {kind: await browser.get(f"/moderation?zeige={kind}") for kind in filters.KINDS}

    assert {kind: texts(page) for kind, page in pages.items()} == {
        "wartend": ["wartet", "fällt auf"],
        "gemeldet": ["gemeldet", "gemeldet und fort"],  # it came in while somebody hid it
        "zurueckgestellt": ["fällt auf"],
        "beschwerden": ["Beschwerde"],
        "stichprobe": ["gezogen"],
    }
    assert {page.words(".tabs") for page in pages.values()} == {
        "Wartend 2 Gemeldet 2 Zurückgestellt 1 Beschwerden 1 Stichprobe 1"
    }
    assert pages["gemeldet"].words(".signs") == "2 Meldungen 1 Meldung"


async def test_what_was_asked_for_is_narrowed_by_place_age_and_who_has_it(browser, make):
    moderator, now = await make.moderator(), clock.now()
    ethics, uses = (
        await make.thread(title="E1 Fairness", section="Ethik"),
        await make.thread(section="Einsatz"),
    )
    old = await make.comment(ethics, status="pending", text="alt", created_at=now - timedelta(hours=80))
    await make.comment(ethics, status="pending", text="neu", created_at=now - timedelta(hours=2))
    await make.comment(uses, status="pending", text="woanders", created_at=now - timedelta(hours=30))
    await make.row(Claim, comment_id=old.id, person_id=moderator.id, until=now + claims.HOLD)
    await browser.sign_in(moderator)

    async def found(query):
        page = await browser.get(f"/moderation?{query}")
        return texts(page), page.select(".tabs .num")[0].text

    assert await found("feld=Ethik") == (["alt", "neu"], "2")
    assert await found(f"punkt={uses.id}") == (["woanders"], "1")
    assert await found("alter=24") == (["alt", "woanders"], "2")
    assert await found("alter=72") == (["alt"], "1")
    assert await found("bei=mir") == (["alt"], "1")
    assert await found(f"feld=Ethik&punkt={uses.id}") == ([], "0")


async def test_the_filter_is_kept_by_every_link_and_after_a_decision(browser, make):
    thread = await make.thread(section="Ethik")
    here = [await make.comment(thread, status="pending") for _ in range(3)]
    elsewhere = await make.comment(status="pending", created_at=clock.now() - timedelta(days=9))
    await browser.sign_in(await make.moderator())

    page = await browser.get("/moderation?feld=Ethik")
    case = await browser.get(str(page.select(".queue__item a")[0]["href"]))
    action = str(case.one("form.decide")["action"])
    after = await browser.post(action, decision="publish", **case.form(action))
    last = await matter.decide(browser, here[1], "publish", address="?feld=Ethik")
    done = await matter.decide(browser, here[2], "publish", address="?feld=Ethik")

    assert action == f"/moderation/{here[0].number}/entscheiden?feld=Ethik"
    assert shown(case) == [comment.number for comment in here]
    assert (after.path, after.response.url.params["feld"]) == (f"/moderation/{here[1].number}", "Ethik")
    assert (last.path, done.path) == (f"/moderation/{here[2].number}", "/moderation")
    assert done.response.url.params["feld"] == "Ethik"
    assert elsewhere.number not in (after.path, last.path)


async def test_who_skips_a_case_goes_on_behind_it_and_comes_back_at_the_end(browser, make, wait):
    waiting = await wait(3)
    await browser.sign_in(await make.moderator())

    third = await matter.decide(browser, waiting[1], "publish")
    first = await matter.decide(browser, waiting[2], "publish")

    assert third.path == f"/moderation/{waiting[2].number}"
    assert first.path == f"/moderation/{waiting[0].number}"


async def test_an_appeal_against_ones_own_decision_is_not_the_next_case(new_browser, make):
    rule, judge, other = await make.rule(), await make.moderator(), await make.moderator()
    comment = await make.comment(status="rejected", revision=2)
    await matter.appeal(make, comment, await matter.decided_by(make, comment, judge, "reject", rule))
    browsers = [new_browser(), new_browser()]
    for browser, person in zip(browsers, (judge, other), strict=True):
        await browser.sign_in(person)

    pages = [await browser.get("/moderation?zeige=beschwerden") for browser in browsers]

    assert [shown(page) for page in pages] == [[comment.number]] * 2
    begins = [[link["href"] for link in page.select(".stack > .kern-btn")] for page in pages]
    assert begins == [[], [f"/moderation/{comment.number}?zeige=beschwerden"]]


async def test_the_next_case_is_taken_so_that_a_colleague_gets_another(new_browser, make, wait):
    waiting = await wait(4)
    first, second = new_browser(), new_browser()
    await first.sign_in(await make.moderator())
    await second.sign_in(await make.moderator())

    mine = await matter.decide(first, waiting[0], "publish")
    begins = await second.get("/moderation")

    assert mine.path == f"/moderation/{waiting[1].number}"
    assert "Sie bearbeiten diesen Beitrag." in mine.words(".case")
    assert begins.one(".stack > .kern-btn")["href"] == f"/moderation/{waiting[2].number}"


async def test_one_moderates_only_in_the_own_rooms_whatever_one_asks_for(browser, make):
    room, person, rule = await make.room(), await make.citizen(), await make.rule()
    await make.grant(person, "moderator", room)
    mine, other = await make.thread(room_id=room.id, title="Meins"), await make.thread(title="Anderes")
    sign = {"kind": "link", "label": "Link", "words": [], "spans": [], "version": 1}
    for thread in (mine, other):
        await make.comment(thread, status="pending", text=thread.title, signs=[sign])
        public = await make.comment(thread, text=thread.title)
        await matter.flag(make, public)
        await matter.audit(make, public)
        refused = await make.comment(thread, status="rejected", text=thread.title)
        decision = await matter.decided_by(make, refused, await make.moderator(), "reject", rule)
        await matter.appeal(make, refused, decision)
    await browser.sign_in(person)

    pages = [await browser.get(f"/moderation?zeige={kind}") for kind in filters.KINDS]

    assert [texts(page) for page in pages] == [["Meins"]] * len(filters.KINDS)
    assert {page.words(".tabs") for page in pages} == {
        "Wartend 1 Gemeldet 1 Zurückgestellt 1 Beschwerden 1 Stichprobe 1"
    }
    assert [option.text for option in pages[0].select("select[name=punkt] option")] == ["alle", "Meins"]


@pytest.mark.parametrize(
    "query",
    [
        "zeige=alles",
        "zeige=",
        "punkt=x",
        "punkt=-1",
        "punkt=" + "9" * 19,
        "punkt=٣",
        "alter=1",
        "alter=24.0",
        "bei=dir",
        "ordnung=asc",
        "feld=%00",
    ],
)
async def test_a_filter_that_is_none_is_not_found(browser, make, query):
    comment = await make.comment(status="pending")
    await browser.sign_in(await make.moderator())

    pages = [
        await browser.get(f"{address}?{query}")
        for address in ("/moderation", f"/moderation/{comment.number}")
    ]

    assert [page.status for page in pages] == [404, 404]


async def test_what_nobody_wrote_about_is_an_empty_list(browser, make):
    await make.comment(status="pending")
    await browser.sign_in(await make.moderator())

    pages = [
        await browser.get(f"/moderation?{query}") for query in ("feld=Gibt+es+nicht", "punkt=" + "9" * 18)
    ]

    assert [(page.status, page.words(".empty h2")) for page in pages] == [(200, "Dazu liegt nichts vor")] * 2


@pytest.mark.parametrize(
    "query", ["", "?ordnung=dauer", "?zeige=gemeldet", "?zeige=stichprobe&ordnung=dauer"]
)
async def test_page_by_page_everything_that_waits_is_seen_once(browser, make, wait, query):
    waiting = await wait(2 * queue.PAGE + 1, status="published" if "zeige" in query else "pending", urgency=1)
    for comment in waiting if "zeige" in query else []:
        await matter.flag(make, comment, created_at=comment.created_at)
        await matter.audit(make, comment)
    await browser.sign_in(await make.moderator())

    page = await browser.get(f"/moderation{query}")
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
    [
        "x",
        ".",
        "1",
        "1.2.3",
        "3-1.2",
        "1-1-1.2",
        "-1.2",
        "1.-2",
        "٣.٤",
        "1_0.2",
        " 1.2",
        "9" * 18 + ".1",
        "1." + "9" * 19,
    ],
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
