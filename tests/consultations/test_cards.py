"""One card at a time, without JavaScript: vote, skip, take back, pause, end."""

import itertools
import random
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from consultations.cards import Way
from dialogue import cards
from dialogue.kit import clock
from dialogue.kit.errors import NotFound
from dialogue.tables import Vote
from tests.house.test_budgets import counted, fill
from tests.make import PASSWORD

TODAY = clock.today()


@pytest.fixture(autouse=True)
def dice(monkeypatch):
    """The same cards in every run."""
    monkeypatch.setattr(cards.Deck.draw, "__defaults__", (1, random.Random(836)))


@pytest.fixture
async def point(make):
    return await make.point()


@pytest.fixture
async def person(make, browser):
    found = await make.citizen()
    await browser.sign_in(found)
    return found


def at(point, **more):
    asked = "&".join(f"{name}={value}" for name, value in more.items())
    return f"/beteiligung/{point.consultation.slug}/karten" + (f"?{asked}" if asked else "")


def top(page):
    """The number on the card."""
    return page.words("h2.deck__number").removeprefix("Beitrag ").removesuffix(" übersprungen")


def progress(page):
    return page.words(".deck__progress b")


async def press(browser, page, form=".deck__card", **button):
    """Send the form with a button, as a browser does."""
    sent = {tag["name"]: tag["value"] for tag in page.select(f"{form} input")}
    return await browser.post(page.one(form)["action"], **sent, **button)


async def votes(database):
    async with database.reading() as db:
        return {tuple(row) for row in await db.execute(select(Vote.comment_id, Vote.value))}


async def test_card_after_card_until_all_are_voted_on(browser, make, database, point, person):
    written = {each.number: each.id for each in [await make.comment(point.thread) for _ in range(3)]}
    await make.comment(point.thread, person)
    await make.comment(point.thread, parent_id=next(iter(written.values())))

    page, seen = await browser.get(at(point)), []
    for choice in ("agree", "pass", "disagree"):
        assert progress(page) == f"{len(seen)} von 3"
        seen.append(top(page))
        page = await press(browser, page, vote=choice)

    assert sorted(seen) == sorted(written)
    assert await votes(database) == {
        (written[number], value) for number, value in zip(seen, (1, 0, -1), strict=True)
    }
    assert (progress(page), page.words(".deck h2")) == ("3 von 3", "Sie haben alle bewertet")


async def test_the_card_shows_its_point_and_leads_to_it(browser, make, point, person):
    comment = await make.comment(point.thread, text="Auch auf Papier, bitte.")

    page = await browser.get(at(point))

    assert (top(page), page.words(".deck__text")) == (comment.number, "Auch auf Papier, bitte.")
    assert page.one(".deck__point a")["href"] == f"/punkte/{point.code}"
    assert point.text in page.words(".deck__point details")
    assert [tag.get_text() for tag in page.select(".deck__choices button")] == [
        "Stimme zu1",
        "Neutral2",
        "Stimme nicht zu3",
    ]
    assert "Person" not in page.words(".deck__card")


async def test_after_the_vote_one_sees_its_tally_and_may_take_it_back(browser, make, database, point, person):
    comments = [await make.comment(point.thread) for _ in range(2)]
    for comment in comments:
        await make.vote(comment, value=-1)
    before = await votes(database)

    first = await browser.get(at(point))
    voted = await press(browser, first, vote="agree")
    back = await press(browser, voted, ".deck__last", zug="zurueck")

    assert first.select(".tally") == []
    assert "Zustimmung" in voted.words(".deck__last > p")
    assert voted.words(".tally__text") == "50 % Zustimmung 0 % neutral 50 % Ablehnung 2 Stimmen"
    assert (top(back), progress(back), back.select(".deck__last")) == (top(first), "0 von 2", [])
    assert await votes(database) == before


async def test_skipped_cards_come_again_when_nothing_else_is_left(browser, make, database, point, person):
    for _ in range(3):
        await make.comment(point.thread)

    page, seen = await browser.get(at(point)), []
    for _ in range(3):
        assert "übersprungen" not in page.words("h2")
        seen.append(top(page))
        page = await press(browser, page, zug="ueberspringen")

    assert len(set(seen)) == 3
    assert (top(page) in seen[:2], page.words("h2 .muted")) == (True, "übersprungen")
    assert progress(page) == "0 von 3"
    assert await votes(database) == set()


async def test_the_only_card_comes_again_at_once(browser, make, point, person):
    comment = await make.comment(point.thread)

    page = await press(browser, await browser.get(at(point)), zug="ueberspringen")

    assert top(page) == comment.number


async def test_after_ten_votes_there_are_thanks_and_it_goes_on(browser, make, point, person):
    for _ in range(13):
        await make.comment(point.thread)
    page = await browser.get(at(point))
    for _ in range(10):
        page = await press(browser, page, vote="agree")

    onward = await browser.get(page.one("a.kern-btn--primary")["href"])
    eleven = await press(browser, onward, vote="agree")
    back = await press(browser, eleven, ".deck__last", zug="zurueck")

    assert page.words(".empty h2") == "Danke! Das waren 10 Stimmen."
    assert [tag["href"] for tag in page.select(".empty a")][1:] == [
        f"/punkte/{point.code}/ergebnis",
        f"/faden/{point.thread.id}/schreiben",
    ]
    assert page.select(".deck__last button") != []
    assert [progress(each) for each in (onward, eleven, back)] == ["10 von 13", "11 von 13", "10 von 13"]
    assert top(back) == top(onward)


async def test_one_may_keep_to_one_point(browser, make, point, person):
    other = await make.point(point.consultation)
    here, elsewhere = await make.comment(point.thread), await make.comment(other.thread)

    page = await browser.get(at(point, punkt=other.code))
    done = await press(browser, page, vote="agree")

    assert (top(page), progress(page)) == (elsewhere.number, "0 von 1")
    assert done.words(".deck h2") == "Sie haben alle bewertet"
    assert done.one(".empty a:not(.kern-btn)")["href"] == at(point)
    assert top(await browser.get(at(point))) == here.number


async def test_only_public_contributions_of_this_consultation_are_cards(browser, make, point, person):
    for status in ("pending", "rejected", "hidden", "withdrawn"):
        await make.comment(point.thread, status=status)
    other = await make.comment((await make.point()).thread)
    hidden = await make.comment(point.thread, status="hidden")
    for comment in (other, hidden):
        await make.vote(comment, person)

    pages = [await browser.get(at(point, karte=one.id, zuletzt=one.id)) for one in (other, hidden)]

    assert [page.words(".deck h2") for page in pages] == ["Noch gibt es nichts zu bewerten"] * 2
    assert [page.select(".deck__last, .deck__card") for page in pages] == [[], []]


async def test_a_card_that_just_went_is_followed_by_another(browser, make, point, person, monkeypatch):
    gone, stays = await make.comment(point.thread, status="hidden"), await make.comment(point.thread)
    monkeypatch.setattr(cards.Deck, "draw", lambda *_: [gone.id, stays.id])

    assert top(await browser.get(at(point))) == stays.number


async def test_while_sealed_no_tally_is_shown(browser, make, person):
    point = await make.point(await make.consultation(sealed_until=clock.now() + timedelta(days=30)))
    for _ in range(2):
        await make.vote(await make.comment(point.thread))

    page = await press(browser, await browser.get(at(point)), vote="agree")

    assert "Zustimmung" in page.words(".deck__last")
    assert page.select(".tally") == []


async def test_a_guest_signs_in_and_goes_on(browser, make, point):
    comment = await make.comment(point.thread)
    person = await make.citizen()

    asked = await browser.get(at(point, punkt=point.code))
    form = asked.form("/konto/anmelden")
    page = await browser.post("/konto/anmelden", **form | {"email": person.email, "password": PASSWORD})

    assert asked.status == 401
    assert (page.status, top(page)) == (200, comment.number)


@pytest.mark.parametrize(
    ("starts", "ends", "heading"),
    [(-9, -1, "Diese Beteiligung ist beendet"), (1, 9, "Hier wird noch nicht abgestimmt")],
)
async def test_outside_the_dates_a_page_says_so(browser, make, database, person, starts, ends, heading):
    dates = {"starts_on": TODAY + timedelta(days=starts), "ends_on": TODAY + timedelta(days=ends)}
    point = await make.point(await make.consultation(**dates))
    comment = await make.comment(point.thread)

    page = await browser.get(at(point))
    vote = await browser.post(at(point), vote="agree", nummer=comment.number, karte=comment.id)

    assert (page.status, page.words("h1")) == (409, heading)
    assert page.one("main a.kern-btn")["href"] == f"/beteiligung/{point.consultation.slug}"
    assert (vote.status, await votes(database)) == (409, set())


@pytest.mark.parametrize("value", ["vielleicht", ""])
async def test_an_unknown_vote_is_refused(browser, make, database, point, person, value):
    comment = await make.comment(point.thread)

    page = await browser.post(at(point), vote=value, nummer=comment.number, karte=comment.id)

    assert (page.status, await votes(database)) == (422, set())


async def test_what_is_not_public_cannot_be_voted_on_here_either(browser, make, database, point, person):
    hidden = await make.comment(point.thread, status="hidden")

    answered = [
        (await browser.post(at(point), vote="agree", nummer=number, karte=hidden.id)).status
        for number in (hidden.number, "ZZZ-ZZZ", "")
    ]

    assert (answered, await votes(database)) == ([404] * 3, set())


ODD = ["ohne=a", "ohne=1,2", "ohne=-1", f"ohne={'1.' * 31}", "stimmen=-1", "stimmen=٣", "zuletzt=1.5"]


@pytest.mark.parametrize("query", [*ODD, f"karte={'9' * 19}", "weiter=2", "punkt=XYZ", "punkt="])
async def test_odd_addresses_are_no_pages_of_ours(browser, make, point, person, query):
    await make.comment(point.thread)

    status = (await browser.get(f"{at(point)}?{query}")).status

    assert status == (200 if query == "punkt=" else 404)


async def test_unknown_consultations_have_no_cards(browser, person):
    assert (await browser.get("/beteiligung/gibt-es-nicht/karten")).status == 404


async def test_the_card_on_top_can_be_named(browser, make, point, person):
    comments = [await make.comment(point.thread) for _ in range(9)]

    pages = [await browser.get(at(point, karte=each.id)) for each in comments]

    assert [top(page) for page in pages] == [each.number for each in comments]


async def test_in_place_comes_just_the_deck_with_the_focus_on_the_card(browser, make, point, person):
    comment = await make.comment(point.thread)
    await make.comment(point.thread)

    sent = {"vote": "agree", "nummer": comment.number, "karte": comment.id}
    part = await browser.post(at(point), headers={"hx-request": "true"}, **sent)

    assert part.select("html, h1") == []
    assert part.one("#deck")["data-said"] == "Gezählt: Zustimmung. 1 von 2"
    assert parse_qs(urlsplit(part.one("#deck")["data-here"]).query)["zuletzt"] == [str(comment.id)]
    assert "autofocus" in part.one("h2").attrs


async def test_the_ways_to_the_cards(browser, make, point):
    address = at(point)
    empty = [await browser.get(page) for page in ("/", f"/beteiligung/{point.consultation.slug}")]
    await make.comment(point.thread)
    pages = [await browser.get(page) for page in ("/", f"/beteiligung/{point.consultation.slug}")]
    thread = await browser.get(f"/punkte/{point.code}")

    assert [page.select(f"a[href='{address}']") for page in empty] == [[], []]
    assert [page.one(f"a[href='{address}']").get_text() for page in pages] == [
        "1 Punkt braucht Ihre Stimme",
        "Beitrag für Beitrag abstimmen",
    ]
    assert (
        thread.one(f"a[href='{at(point, punkt=point.code)}']").get_text() == "Beitrag für Beitrag abstimmen"
    )


async def test_the_cards_of_a_circle_are_its_members(browser, new_browser, make, point, person):
    circle = await make.circle(person)
    inside = await make.point(await make.consultation(circle_id=circle.id))
    said, public = await make.comment(inside.thread), await make.comment(point.thread)
    stranger = new_browser()
    await stranger.sign_in(await make.citizen())

    page = await browser.get(at(inside))
    refused = await stranger.get(at(inside))
    other = await stranger.get(at(point, karte=said.id, zuletzt=said.id))

    assert (top(page), refused.status, top(other)) == (said.number, 404, public.number)
    assert circle.name in page.words()


# --- what it costs ----------------------------------------------------------------------------------


async def test_a_card_needs_few_queries_however_many_there_are(browser, make, database, point, person):
    last = await make.comment(point.thread)
    await make.vote(last, person)

    async def queries(**way):
        with counted(database) as statements:
            assert (await browser.get(at(point, **way))).status == 200
        return len(statements)

    few = [await queries(), await queries(zuletzt=last.id, stimmen=1)]
    await fill(database, point.thread, await make.person(), 10_000)
    many = [await queries(), await queries(zuletzt=last.id, stimmen=1)]

    assert many == few
    assert max(few) <= 6


async def test_a_vote_is_one_statement_and_the_session(browser, make, database, point, person):
    comment = await make.comment(point.thread)
    sent = {"vote": "agree", "nummer": comment.number, "karte": comment.id}

    with counted(database) as statements:
        await browser.post(at(point), follow=False, **sent)

    assert [statement.split()[0] for statement in statements] == ["SELECT", "WITH"]


# --- the way, apart from pages -----------------------------------------------------------------------


def test_a_way_reads_what_it_writes():
    way = Way("E2", (4, 9), 12, 7, 8, True)

    assert Way.read(way.fields) == way
    assert (Way().fields, Way.read({})) == ({}, Way())


def test_only_so_many_skipped_ones_are_remembered_the_latest():
    way = Way()
    for card in itertools.chain(range(1, 41), [35]):
        way = Way.read(way.fields | {"karte": card}).skip()

    assert way.skipped == (*(card for card in range(11, 41) if card != 35), 35)
    assert Way.read(way.fields) == way
    with pytest.raises(NotFound):
        Way.read({"ohne": ".".join(map(str, range(31)))})
