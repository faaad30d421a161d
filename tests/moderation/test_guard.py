"""The guard: who writes is told of personal data before it is sent, once per text, and nothing gets lost."""

from uuid import uuid4

import pytest
from sqlalchemy import func, select, text
from structlog.testing import capture_logs

from dialogue.tables import Comment, Stance
from moderation import guard
from tests.conftest import TABLES

PHONE = "Rufen Sie mich an:\n0345 123 45 67 – Erna"
TITLE = "Steht hier etwas Persönliches?"


@pytest.fixture
async def citizen(browser, make):
    person = await make.citizen()
    await browser.sign_in(person)
    return person


@pytest.fixture
async def place(make, citizen, request):
    """Where one writes: a new contribution, a reply, or another text for one that waits."""
    parent = await make.comment()
    if request.param == "write":
        return f"/faden/{parent.thread_id}/schreiben"
    if request.param == "reply":
        return f"/beitraege/{parent.number}/antworten"
    waiting = await make.comment(author=citizen, thread_id=parent.thread_id, status="pending")
    return f"/beitraege/{waiting.number}/bearbeiten"


everywhere = pytest.mark.parametrize("place", ["write", "reply", "edit"], indirect=True)


async def texts(database):
    async with database.reading() as db:
        return set((await db.execute(select(Comment.text))).scalars())


def sent(page):
    """The fields of the form as they would be sent by its first button."""
    (form,) = [form for form in page.select("main form") if form.select("textarea")]
    chosen = form.select("[type=radio][checked]")
    return {
        "text": form.select_one("textarea").text.removeprefix("\r").removeprefix("\n"),
        "once": form.select_one("[name=once]")["value"],
        "warned": [tag["value"] for tag in form.select("input[name=warned]")],
        "stance": chosen[0]["value"] if chosen else "",
    }


@everywhere
async def test_before_personal_data_is_sent_its_writer_is_told(browser, database, place):
    page = await browser.post(place, text=PHONE, action="send")

    assert (page.status, page.words(".guard .kern-title")) == (422, TITLE)
    assert page.words(".guard li") == "„ 0345 123 45 67 “: Sieht aus wie eine Telefonnummer"
    assert [mark.text for mark in page.select(".guard mark")] == ["0345 123 45 67"]
    assert page.one(".guard__text .as-typed").text.strip() == PHONE
    assert PHONE not in await texts(database)


@everywhere
async def test_who_was_told_may_send_it_as_it_is(browser, database, place):
    page = await browser.post(place, text=PHONE, action="send")
    answer = await browser.post(place, **sent(page))

    assert answer.status == 200
    assert PHONE in await texts(database)


@everywhere
async def test_the_button_sends_it_as_it_is_too(browser, database, place):
    page = await browser.post(place, text=PHONE)
    button = page.one("button[name=warned]")

    assert button.text == "Trotzdem so senden"
    await browser.post(place, **sent(page) | {"warned": button["value"]})
    assert PHONE in await texts(database)


@everywhere
async def test_one_press_blacks_the_places_out(browser, database, place):
    page = await browser.post(place, text=PHONE)
    page = await browser.post(place, **sent(page) | {"action": "mask"})

    assert (page.status, page.words(".kern-alert .kern-title")) == (200, "Die Stellen sind geschwärzt")
    assert sent(page)["text"] == "Rufen Sie mich an:\n[geschwärzt] – Erna"
    assert PHONE not in await texts(database)
    await browser.post(place, **sent(page))
    assert "Rufen Sie mich an:\n[geschwärzt] – Erna" in await texts(database)


@everywhere
async def test_another_text_is_another_warning(browser, database, place):
    page = await browser.post(place, text=PHONE)
    other = f"{PHONE}, abends"
    again = await browser.post(place, **sent(page) | {"text": other})

    assert (again.status, again.words(".guard .kern-title")) == (422, TITLE)
    assert {PHONE, other} & await texts(database) == set()


async def test_nothing_is_lost_on_the_way(browser, make, database, citizen):
    thread, once = await make.thread(), str(uuid4())
    address = f"/faden/{thread.id}/schreiben"

    page = await browser.post(address, text=PHONE, stance="disagree", once=once)
    kept = sent(page)
    receipts = [(await browser.post(address, **kept)).words(".receipt__number") for _ in range(2)]

    assert (kept["text"], kept["once"], kept["stance"]) == (PHONE, once, "disagree")
    assert receipts[0] == receipts[1]
    async with database.reading() as db:
        assert (await db.execute(select(func.count()).select_from(Comment))).scalar() == 1
        assert (await db.execute(select(Stance.value))).scalar() == -1


async def test_what_holds_nothing_personal_is_not_stopped(browser, make, database, citizen):
    text = "Ihr Idioten, am 01.02.2026 steht mehr auf https://halle.example !!!!!"
    page = await browser.post(f"/faden/{(await make.thread()).id}/schreiben", text=text)

    assert page.status == 200
    assert await texts(database) == {text}


async def test_after_the_preview_it_may_be_sent(browser, make, database, citizen):
    address = f"/faden/{(await make.thread()).id}/schreiben"

    page = await browser.post(address, text=PHONE, action="preview")
    assert page.words(".guard .kern-title") == TITLE
    await browser.post(address, **sent(page))

    assert await texts(database) == {PHONE}


async def test_a_closed_thread_is_told_before_the_guard(browser, make, citizen):
    thread = await make.thread(closed_at=func.now())
    page = await browser.post(f"/faden/{thread.id}/schreiben", text=PHONE)

    assert (page.status, page.words("h1")) == (409, "Diese Diskussion ist geschlossen")
    assert PHONE in page.one("textarea").text


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("\u202eerna@example.org\u202c zurück", ["erna@example.org"]),
        ("0345\x00 123\x0045 67", ["0345 12345 67"]),
        ("📞 0345 1234567 👍", ["0345 1234567"]),
        ("<b>erna@example.org</b>", ["erna@example.org"]),
        ("e\u0301rna@example.org", ["érna@example.org"]),
        (f"{'A1 ' * 1600}erna@example.org", ["erna@example.org"]),
    ],
)
async def test_odd_texts_are_marked_and_blacked_out(browser, make, citizen, typed, found):
    address = f"/faden/{(await make.thread()).id}/schreiben"

    page = await browser.post(address, text=typed)
    masked = await browser.post(address, text=typed, action="mask")

    assert [mark.text for mark in page.select(".guard mark")] == found
    assert [word for word in found if word in sent(masked)["text"]] == []
    assert sent(masked)["text"].count("[geschwärzt]") == 1


@pytest.mark.parametrize("action", ["send", "mask"])
async def test_a_wall_of_text_gets_its_sentence_and_stays(browser, make, database, citizen, action):
    page = await browser.post(f"/faden/{(await make.thread()).id}/schreiben", text="ä" * 5001, action=action)

    assert sent(page)["text"] == "ä" * 5001
    assert await texts(database) == set()


def test_blacking_out_leaves_nothing_to_warn_about():
    wall = " ".join(f"a{n}@b.de 0345 12345{n:02}" for n in range(150))

    assert guard.seen(guard.blacked(wall)) is None


# --- while somebody types -------------------------------------------------------------------------------


async def look(browser, thread, text, **headers):
    headers = {"hx-request": "true"} | headers
    return await browser.post(f"/faden/{thread.id}/hinweise", text=text, headers=headers)


async def test_the_live_look_answers_with_the_same_partial_as_the_page(browser, make, citizen):
    thread = await make.thread()

    live = await look(browser, thread, PHONE)
    stopped = await browser.post(f"/faden/{thread.id}/schreiben", text=PHONE)

    assert (live.status, live.select("html")) == (200, [])
    for css in (".kern-title", "li", "mark", "button"):
        assert live.words(f".guard {css}") == stopped.words(f".guard {css}") != ""
    assert live.select("input") == []


@pytest.mark.parametrize("typed", ["", "  \n", "\x00", "Alles gut.", "👍", "Ihr Idioten!!!!!"])
async def test_the_live_look_says_nothing_when_there_is_nothing(browser, make, citizen, typed):
    live = await look(browser, await make.thread(), typed)

    assert (live.status, live.text.strip()) == (200, "")


@pytest.mark.parametrize(("size", "status"), [(5_001, 422), (100_000, 422), (300_000, 413)])
async def test_the_live_look_refuses_too_long_a_text(browser, make, citizen, size, status):
    assert (await look(browser, await make.thread(), "a" * size)).status == status


async def test_the_live_look_is_for_those_who_may_write_there(browser, new_browser, make):
    thread, kept = await make.thread(), await make.thread(circle_id=(await make.circle()).id)
    guest, stranger = new_browser(), browser
    await stranger.sign_in(await make.citizen())

    assert (await look(guest, thread, PHONE)).status == 401
    assert (await look(stranger, kept, PHONE)).status == 404
    assert (await look(stranger, thread, PHONE, **{"sec-fetch-site": "cross-site"})).status == 403
    ended = await make.thread(closes_at=func.now())
    assert (await look(stranger, ended, PHONE)).status == 409


async def test_the_live_look_without_a_script_leads_back_to_the_form(browser, make, citizen):
    thread = await make.thread()
    page = await browser.post(f"/faden/{thread.id}/hinweise", text=PHONE)

    assert (page.status, page.path) == (200, f"/faden/{thread.id}/schreiben")


async def everything(database):
    """All rows of all tables, as text."""
    async with database.reading() as db:
        found = {}
        for table in [*TABLES, "pgqueuer"]:
            found[table] = (
                (await db.execute(text(f'SELECT t::text FROM "{table}" t ORDER BY 1'))).scalars().all()
            )
        return found


async def test_the_live_look_keeps_nothing_and_logs_nothing(browser, make, database, citizen):
    thread = await make.thread()
    before = await everything(database)

    with capture_logs() as logged:
        await look(browser, thread, PHONE)
        await look(browser, thread, "erna@example.org" + "a" * 6_000)

    assert await everything(database) == before
    assert logged == []


async def test_what_one_person_types_nobody_else_is_shown(browser, new_browser, make):
    thread, other = await make.thread(), new_browser()
    await browser.sign_in(await make.citizen())
    await other.sign_in(await make.citizen())

    mine = await look(browser, thread, PHONE)
    await browser.post(f"/faden/{thread.id}/schreiben", text=PHONE)
    theirs = [
        await look(other, thread, "Ein anderer Text"),
        await other.get(f"/faden/{thread.id}/schreiben"),
        await other.post(f"/faden/{thread.id}/schreiben", text="Mail an uwe@example.org"),
    ]

    assert "123 45 67" in mine.text
    assert [answer.path for answer in theirs if "123 45 67" in answer.text] == []
    assert {answer.headers["cache-control"] for answer in (mine, *theirs)} == {"no-store"}


@everywhere
async def test_a_text_that_is_too_long_is_not_even_blacked_out(browser, place):
    endless = "0345 " * 24_000  # each look at it finds something, and another one

    page = await browser.post(place, text=endless, action="mask")

    assert page.status == 422
    assert "Ihr Text ist zu lang" in page.words(".errors")
    assert sent(page)["text"].split() == endless.split()
