"""Guests write: with a receipt instead of an account, where the thread lets them."""

import asyncio
from datetime import timedelta
from io import BytesIO
from uuid import uuid4

import pytest
import segno
from sqlalchemy import func, insert, select, update

from dialogue import guests, limits, proof
from dialogue.kit import clock, tokens
from dialogue.tables import Attempt, Challenge, Comment, Consent, Person, SignIn

THANKS = "Danke, Ihr Beitrag ist angekommen"
TEXT = "Bitte auch auf Papier."


@pytest.fixture
async def thread(make):
    return await make.thread(guests_write=True)


async def stored(database):
    columns = (Comment.text, Comment.status, Comment.source, Person.source, Person.email)
    query = select(*columns).join(Person, Person.id == Comment.author_id).order_by(Comment.id)
    async with database.reading() as db:
        return [tuple(row) for row in await db.execute(query)]


async def many(database, table):
    async with database.reading() as db:
        return (await db.execute(select(func.count()).select_from(table))).scalar_one()


async def test_a_guest_writes_and_gets_a_receipt(browser, make, database, thread, write):
    await make.terms()

    page = await write(browser, thread)

    assert (page.status, page.words("h1")) == (200, THANKS)
    assert page.words(".lead").startswith("Bitte heben Sie diesen Beleg auf")
    assert len(page.words(".receipt__secret")) == 32
    assert await stored(database) == [(TEXT, "pending", "guest", "guest", None)]
    assert await many(database, Consent) == 1


async def test_the_receipts_code_holds_address_and_number_but_never_the_secret(browser, thread, write):
    page = await write(browser, thread)
    number, address = page.words(".receipt__number"), page.one(".receipt__code img")["src"]

    drawn = await browser.client.get(address)

    expected = BytesIO()
    code = segno.make_qr(f"http://127.0.0.1:8000/beitrag?nummer={number}", error="m")
    code.save(expected, kind="svg", light="white", xmldecl=False)
    assert address == f"/beitrag/code/{number}.svg"
    assert (drawn.headers["content-type"], drawn.content) == ("image/svg+xml", expected.getvalue())


@pytest.mark.parametrize("number", ["x", "ZZZ-ZZ", "../../etc", "ZZZ-ZZZZ", "%3Csvg%3E"])
async def test_there_are_codes_for_numbers_only(browser, number):
    assert (await browser.get(f"/beitrag/code/{number}.svg")).status == 404


async def test_nobody_is_noted_before_they_write(browser, database, thread):
    page = await browser.get(f"/faden/{thread.id}/schreiben")

    assert page.one("altcha-widget")["challenge"] == "/aufgabe"
    assert "set-cookie" not in page.headers
    assert await many(database, Person) == 0


async def test_the_session_is_the_one_necessary_cookie(browser, thread, write):
    page = await write(browser, thread)

    (cookie,) = page.headers.get_list("set-cookie")
    assert cookie.startswith("session=")
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))


async def test_the_form_says_what_a_guest_gets_and_how_to_get_more(browser, thread):
    page = await browser.get(f"/faden/{thread.id}/schreiben")

    words = page.words("section[aria-labelledby=gast]")
    assert "Nach dem Absenden bekommen Sie einen Beleg" in words
    links = [link["href"] for link in page.select("section[aria-labelledby=gast] a")]
    back = f"/konto/anmelden?next=%2Ffaden%2F{thread.id}%2Fschreiben"
    assert links == [back, "/konto/anlegen", "/teilnahmebedingungen", "/datenschutz"]
    assert "höchstens drei Beiträge in der Stunde" in page.words("noscript")


async def test_with_an_account_nothing_of_this_is_there(browser, make, thread):
    await browser.sign_in(await make.citizen())

    page = await browser.get(f"/faden/{thread.id}/schreiben")

    assert page.select("altcha-widget, noscript, [name=guest]") == []
    assert "altcha" not in page.text


async def test_the_riddle_is_fetched_fresh_each_time(browser, riddle):
    first, second = [(await browser.get("/aufgabe")).response.json() for _ in range(2)]

    assert first["parameters"]["algorithm"] == "PBKDF2/SHA-256"
    assert first["parameters"]["nonce"] != second["parameters"]["nonce"]
    assert first["signature"] != second["signature"]


async def test_a_guest_answers_a_contribution(browser, make, database, thread, riddle):
    parent = await make.comment(thread)
    address = f"/beitraege/{parent.number}/antworten"

    asked = await browser.get(address)
    page = await browser.post(address, text="Das sehe ich anders.", guest="yes", altcha=riddle())

    assert (asked.status, page.words("h1")) == (200, THANKS)
    async with database.reading() as db:
        assert (
            await db.execute(select(Comment.parent_id).where(Comment.source == "guest"))
        ).scalar() == parent.id


async def test_beside_the_name_stands_that_it_is_a_guest(browser, make):
    point = await make.point()
    guest, citizen = await make.guest(pseudonym="Kastanie 417"), await make.citizen(pseudonym="Fähre 200")
    for author in (guest, citizen):
        await make.comment(point.thread, author)

    page = await browser.get(f"/punkte/{point.code}?sort=newest")

    heads = {
        head.select_one("bdi").text: "Gast" in head.get_text(" ").split()
        for head in page.select(".comment__head")
    }
    assert heads == {"Kastanie 417": True, "Fähre 200": False}


# --- where, and where not ---------------------------------------------------------------------------


async def test_where_guests_do_not_write_the_text_is_kept_for_signing_in(browser, make, database, write):
    page = await write(browser, await make.thread(guests_vote=True), "Davon geht nichts verloren.")

    assert (page.status, page.words("h1")) == (401, "Bitte melden Sie sich an")
    assert page.words(".as-typed") == "Davon geht nichts verloren."
    assert await many(database, Person) == 0


async def test_a_guest_who_is_known_writes_only_where_guests_write(browser, make, database, thread, write):
    closed_to_guests = await make.thread()
    await write(browser, thread)

    page = await write(browser, closed_to_guests, "Und hier?")

    assert page.status == 401
    assert len(await stored(database)) == 1


async def test_a_circle_takes_no_guests_and_says_what_any_other_address_says(browser, make, thread, write):
    circle = await make.circle()
    room = await make.thread(guests_write=True, guests_vote=True, circle_id=circle.id)
    await write(browser, thread)

    asked = [await browser.get(f"/faden/{id}/schreiben") for id in (room.id, 999_999)]
    sent = [await browser.post(f"/faden/{id}/schreiben", text=TEXT, guest="yes") for id in (room.id, 999_999)]

    assert [page.status for page in (*asked, *sent)] == [401] * 4
    assert asked[0].words() == asked[1].words()


async def test_a_form_that_was_opened_with_an_account_is_not_sent_without_one(
    browser, database, thread, riddle
):
    page = await browser.post(f"/faden/{thread.id}/schreiben", text=TEXT, altcha=riddle())

    assert (page.status, page.words(".as-typed")) == (401, TEXT)
    assert await many(database, Comment) == 0


async def test_a_guests_form_sent_after_signing_in_is_the_accounts(browser, make, database, thread, write):
    await browser.sign_in(await make.citizen())

    await write(browser, thread)

    assert [row[2:4] for row in await stored(database)] == [("account", "account")]


async def test_a_session_that_has_ended_is_no_obstacle(browser, thread, write):
    browser.client.cookies.set("session", "long-gone")

    assert (await write(browser, thread)).words("h1") == THANKS


async def test_a_guest_has_no_account_page_and_is_asked_to_sign_in(browser, thread, write):
    await write(browser, thread)

    page = await browser.get("/konto")

    assert page.status == 401
    assert "Anmelden" in page.words(".nav")
    assert "Abmelden" not in page.words(".nav")


async def test_signing_in_ends_the_guests_session(browser, make, database, thread, write):
    await write(browser, thread)
    await browser.sign_in(await make.citizen())

    async with database.reading() as db:
        left = (
            (await db.execute(select(Person.source).join(SignIn, SignIn.person_id == Person.id)))
            .scalars()
            .all()
        )

    assert left == ["account"]


# --- proof ------------------------------------------------------------------------------------------


async def test_a_riddle_counts_for_one_contribution(browser, database, thread, write, riddle):
    same = riddle()
    await write(browser, thread, proof=same)

    page = await write(browser, thread, "Etwas anderes.", proof=same)

    assert page.status == 422
    assert "wurde schon für einen anderen Beitrag gelöst" in page.words(".errors")
    assert page.one("textarea").text.strip() == "Etwas anderes."
    assert len(await stored(database)) == 1


@pytest.mark.parametrize("sent", ["x", "eyJ9", "\x00", "A" * 9_000])
async def test_nonsense_instead_of_a_solution_is_refused_and_the_text_kept(
    browser, database, thread, write, sent
):
    page = await write(browser, thread, proof=sent)

    assert (page.status, page.one("textarea").text.strip()) == (422, TEXT)
    assert page.words(".errors li").startswith("Die kurze Rechenaufgabe ist nicht gelöst.")
    assert await many(database, Person) == 0


async def test_a_form_that_was_open_too_long_says_so(browser, thread, write, riddle, monkeypatch):
    monkeypatch.setattr(proof, "LIFE", timedelta(seconds=-5))

    page = await write(browser, thread)

    assert page.status == 422
    assert "Das Formular war länger als eine Stunde offen." in page.words(".errors")


async def test_looking_at_a_preview_uses_nothing_up(browser, database, thread, write, riddle):
    same = riddle()

    seen = await write(browser, thread, proof=same, action="preview")
    page = await write(browser, thread, proof=same)

    assert (seen.words("#vorschau ~ div"), page.words("h1")) == (TEXT, THANKS)
    assert await many(database, Challenge) == 1


async def test_without_javascript_three_in_an_hour_pass_and_nothing_is_lost(browser, database, thread, write):
    pages = [await write(browser, thread, f"Text {n}", proof=None) for n in range(4)]

    assert [page.status for page in pages] == [200, 200, 200, 429]
    assert pages[3].headers["retry-after"] == "3600"
    assert pages[3].one("textarea").text.strip() == "Text 3"
    assert len(await stored(database)) == 3
    assert (await write(browser, thread, "Text 3")).words("h1") == THANKS


async def test_without_javascript_there_are_sixty_an_hour_in_all(browser, database, settings, thread, write):
    sixty = {"limit": limits.UNPROVED_ALL.name, "key": tokens.keyed(settings.key, "all")}
    async with database.writing() as db:
        await db.execute(insert(Attempt), [sixty] * 60)

    page = await write(browser, thread, proof=None)

    assert page.status == 429
    assert "ohne JavaScript" in page.words("#refusal")


@pytest.mark.parametrize(("proof", "status"), [("", "published"), (None, "pending")])
async def test_what_nothing_was_proved_for_waits_for_a_person_everywhere(
    browser, make, database, write, work, proof, status
):
    thread = await make.thread(guests_write=True, checks_first=False)

    await write(browser, thread, proof=proof)
    await work()

    assert [row[1] for row in await stored(database)] == [status]


# --- once -------------------------------------------------------------------------------------------


async def test_the_same_form_sent_twice_is_one_contribution_with_one_receipt(
    browser, database, thread, write, riddle
):
    once, same = str(uuid4()), riddle()

    first, second = [await write(browser, thread, once=once, proof=same) for _ in range(2)]

    assert first.words(".receipt dl") == second.words(".receipt dl")
    assert len(await stored(database)) == 1


async def test_twelve_at_once_from_a_browser_without_a_cookie_are_one_guest_and_one_contribution(
    new_browser, database, thread, write, riddle
):
    once, same = str(uuid4()), riddle()

    pages = await asyncio.gather(*(write(new_browser(), thread, once=once, proof=same) for _ in range(12)))

    assert {page.words(".receipt dl") for page in pages} == {pages[0].words(".receipt dl")}
    assert (len(await stored(database)), await many(database, Person)) == (1, 1)


async def test_after_an_hour_a_form_without_a_cookie_is_somebody_new(new_browser, database, thread, write):
    once = str(uuid4())
    await write(new_browser(), thread, once=once)
    async with database.writing() as db:
        await db.execute(update(Person).values(created_at=clock.now() - timedelta(hours=2)))

    page = await write(new_browser(), thread, once=once)

    assert page.words("h1") == THANKS
    assert (len(await stored(database)), await many(database, Person)) == (2, 2)


# --- bad input --------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", " \u200b ", "a" * 5_001, "\x00"])
async def test_what_no_contribution_can_be_makes_no_guest(browser, database, thread, write, text):
    page = await write(browser, thread, text)

    assert page.status == 422
    assert (await many(database, Person), await many(database, Challenge)) == (0, 0)


async def test_five_thousand_characters_and_a_nul_pass(browser, database, thread, write):
    await write(browser, thread, "ä" * 5_000)
    await write(browser, thread, "Ein\x00 Zeichen zu viel.")

    assert [row[0] for row in await stored(database)] == ["ä" * 5_000, "Ein Zeichen zu viel."]


@pytest.mark.parametrize(
    ("dates", "heading"),
    [
        ({"closes_at": -1}, "Diese Beteiligung ist beendet"),
        ({"opens_at": 1, "closes_at": 2}, "Diese Beteiligung hat noch nicht begonnen"),
    ],
)
async def test_outside_the_dates_the_text_stays_on_the_page(browser, make, database, write, dates, heading):
    moments = {name: clock.now() + timedelta(days=days) for name, days in dates.items()}
    thread = await make.thread(guests_write=True, **moments)

    page = await write(browser, thread)

    assert (page.status, page.words("h1")) == (409, heading)
    assert page.one("textarea").text.strip() == TEXT
    assert await many(database, Person) == 0


async def test_a_guest_writes_ten_in_ten_minutes(browser, make, database, thread, write):
    await write(browser, thread)
    async with database.writing() as db:
        guest = (await db.execute(select(Person.id))).scalar_one()
    for _ in range(9):
        await make.comment(thread, author_id=guest, created_at=clock.now())

    page = await write(browser, thread, "Der elfte.")

    assert (page.status, page.one("textarea").text.strip()) == (429, "Der elfte.")


async def test_a_blocked_guest_reads_why_where_they_write(browser, database, thread, write):
    await write(browser, thread)
    why = {"blocked_until": clock.now() + timedelta(days=1), "blocked_why": "Beleidigt andere immer wieder."}
    async with database.writing() as db:
        await db.execute(update(Person).values(**why))

    page = await write(browser, thread, "Noch einmal.")

    assert page.status == 422
    assert page.words(".errors li") == (
        "Sie können zurzeit keine Beiträge schreiben. Die Begründung: Beleidigt andere immer wieder."
    )
    assert page.one("textarea").text.strip() == "Noch einmal."


# --- one's own --------------------------------------------------------------------------------------


async def test_a_guest_sees_what_waits_and_nobody_else_does(browser, new_browser, make, write):
    point = await make.point(thread=await make.thread(guests_write=True, address="/punkte/E77"), code="E77")
    receipt = await write(browser, point.thread, "Noch ungelesen.")
    number = receipt.words(".receipt__number")

    own = [await browser.get(address) for address in (f"/punkte/{point.code}", f"/beitraege/{number}")]
    other = [
        await new_browser().get(address) for address in (f"/punkte/{point.code}", f"/beitraege/{number}")
    ]

    assert [page.status for page in (*own, *other)] == [200, 200, 200, 404]
    assert ["Noch ungelesen." in page.words() for page in (*own, *other)] == [True, True, False, False]
    assert "Ihr Beitrag" in own[1].words(".comment__head")


async def test_with_the_cookie_a_guest_changes_and_withdraws(browser, new_browser, database, thread, write):
    number = (await write(browser, thread)).words(".receipt__number")
    other = new_browser()
    await write(other, thread)

    refused = await other.post(f"/beitraege/{number}/bearbeiten", text="Gekapert.")
    await browser.post(f"/beitraege/{number}/bearbeiten", text="Besser gesagt.")
    page = await browser.post(f"/beitraege/{number}/zurueckziehen")

    assert (refused.status, page.status) == (404, 200)
    assert (await stored(database))[0][:2] == ("Besser gesagt.", "withdrawn")


async def test_the_form_for_changing_asks_for_no_proof(browser, thread, write):
    number = (await write(browser, thread)).words(".receipt__number")

    page = await browser.get(f"/beitraege/{number}/bearbeiten")

    assert page.select("altcha-widget, noscript") == []


# --- going ------------------------------------------------------------------------------------------


async def test_guests_of_whom_nothing_is_left_are_forgotten_when_their_session_has_ended(make, database):
    gone, blocked = await make.guest(), await make.guest(blocked_until=clock.now() + timedelta(days=1))
    wrote, voted, answered, here = [await make.guest() for _ in range(4)]
    citizen = await make.citizen()
    await make.comment(author=wrote)
    await make.vote(await make.comment(author=citizen), voted, source="guest")
    await make.stance(await make.thread(), answered)
    life = {"expires_at": clock.now() + timedelta(days=1), "device": "", "token_hash": b"x"}
    await make.row(SignIn, person_id=here.id, **life)

    async with database.writing() as db:
        await guests.sweep(db)
        left = set((await db.execute(select(Person.id))).scalars())

    assert left == {each.id for each in (blocked, wrote, voted, answered, here, citizen)}
    assert gone.id not in left


async def test_a_guest_is_forgotten_on_this_device(browser, thread, write):
    await write(browser, thread)

    footer = await browser.get("/netiquette")
    await browser.post("/konto/abmelden")
    after = await browser.get("/netiquette")

    assert [len(page.select("footer form[action='/konto/abmelden']")) for page in (footer, after)] == [1, 0]
