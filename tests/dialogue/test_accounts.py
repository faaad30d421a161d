"""Accounts: from registering to signing out, and what nobody may learn or do on the way."""

import asyncio
import re
import time
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy import func, select
from structlog.testing import capture_logs

from dialogue import accounts, limits, web
from dialogue.kit import clock, jobs, tokens
from dialogue.tables import Attempt, Comment, Consent, Link, Person, SignIn, Vote
from tests.browser import fields
from tests.conftest import ORIGIN
from tests.make import PASSWORD, password_hash

NEW = "Lampe Fahrrad Gurke Wolke"
UNKNOWN = "niemand@halle.example"


def link_in(letter):
    (path,) = re.findall(rf"{re.escape(ORIGIN)}(/konto/\S+schluessel=\S+)", letter.get_content())
    return path


async def register(browser, email, password=PASSWORD, **more):
    form = fields((await browser.get("/konto/anlegen")).one("main form"))
    filled = form | {"email": email, "password": password, "consent": "y"} | more
    return await browser.post("/konto/anlegen", **filled)


async def sign_in(browser, email, password=PASSWORD):
    return await browser.post("/konto/anmelden", follow=False, email=email, password=password)


async def follow(browser, link, password=PASSWORD):
    """Open the page of a mail's link and send its form."""
    form = fields((await browser.get(link)).one("main form"))
    return await browser.post(link.partition("?")[0], **form | {"password": password})


async def is_signed_in(browser, token=None):
    """Whether this session, or the browser's own, still opens the account."""
    headers = {"cookie": f"session={token}"} if token else {}
    return (await browser.client.get("/konto", headers=headers)).status_code == 200


async def rows(database, *columns):
    async with database.reading() as db:
        return [tuple(row) for row in await db.execute(select(*columns))]


# --- registering ------------------------------------------------------------------------------------


async def test_from_registering_to_signing_out(browser, make, database, post_box):
    terms = await make.terms()
    page = await register(browser, "Neu@Halle.example")
    (letter,) = await post_box("neu@halle.example")
    account = await follow(browser, link_in(letter))
    out = await browser.post("/konto/abmelden")

    assert page.words("h1") == "Fast geschafft: Bitte sehen Sie in Ihr Postfach"
    assert letter["Subject"] == "Bitte bestätigen Sie Ihre E-Mail-Adresse"
    assert (account.path, account.words("h1")) == ("/konto", "Mein Konto")
    assert f"Fassung {terms.version}" in account.words()
    assert (out.path, await is_signed_in(browser)) == ("/", False)
    assert (await sign_in(browser, " NEU@halle.example ")).status == 303


async def test_the_version_in_force_is_the_one_agreed_to(browser, make, database):
    now = clock.now()
    await make.terms(valid_from=now - timedelta(days=9))
    current = await make.terms(valid_from=now - timedelta(days=1))
    await make.terms(valid_from=now + timedelta(days=1))

    await register(browser, "neu@halle.example")

    ((terms, given),) = await rows(database, Consent.terms_id, Consent.given_at)
    assert terms == current.id
    assert abs(given - clock.now()) < timedelta(minutes=1)


CHANGED = (
    "Die Teilnahmebedingungen haben sich inzwischen geändert. Bitte lesen Sie die neue Fassung und stimmen "
    "Sie ihr noch einmal zu."
)


async def test_terms_that_change_while_somebody_registers_are_agreed_to_anew(browser, make, database):
    now = clock.now()
    old = await make.terms(valid_from=now - timedelta(days=9))
    form = fields((await browser.get("/konto/anlegen")).one("main form"))
    new = await make.terms(valid_from=now - timedelta(minutes=1))
    typed = {"email": "neu@halle.example", "password": PASSWORD, "consent": "y"}

    refused = await browser.post("/konto/anlegen", **form | typed)
    again = fields(refused.one("main form"))
    before = await rows(database, Person.id)
    done = await browser.post("/konto/anlegen", **again | {"password": PASSWORD, "consent": "y"})

    assert (form["terms"], refused.status, refused.words(".errors li")) == (str(old.id), 422, CHANGED)
    assert (again, before) == ({"terms": str(new.id), "email": "neu@halle.example", "password": ""}, [])
    assert (done.status, await rows(database, Consent.terms_id)) == (200, [(new.id,)])


@pytest.mark.parametrize("terms", ["", "0", "x", "\x00", "9" * 40])
async def test_a_form_that_names_no_version_in_force_is_shown_again(browser, make, database, terms):
    await make.terms()

    page = await register(browser, "neu@halle.example", terms=terms)

    assert (page.status, page.words(".errors li"), await rows(database, Person.id)) == (422, CHANGED, [])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"consent": ""}, "Ohne Ihr Einverständnis können wir kein Konto anlegen."),
        ({"email": ""}, "Bitte geben Sie Ihre E-Mail-Adresse ein."),
        ({"email": "neu"}, "Diese E-Mail-Adresse ist unvollständig. Sie sieht etwa so aus: name@example.org"),
        (
            {"email": "a@b@c.example"},
            "Diese E-Mail-Adresse ist unvollständig. Sie sieht etwa so aus: name@example.org",
        ),
        ({"email": "neu@halle.example\nBcc: x@y.example"}, None),
        ({"email": "\u1c89@halle.example"}, None),
        ({"email": "x" * 300 + "@halle.example"}, None),
        ({"password": ""}, "Bitte geben Sie ein Passwort ein."),
    ],
)
async def test_an_incomplete_registration_leaves_nothing(browser, make, database, change, sentence):
    await make.terms()

    page = await register(browser, **({"email": "neu@halle.example"} | change))

    assert page.status == 422
    assert sentence in {None, page.words(".errors li")}
    assert await rows(database, Person.id) == []


WEAK = [
    "kurz",
    "x" * 201,
    "1234567890",
    "passwort123",
    "qwertzuiop",
    "aaaaaaaaaaaa",
    "neu@halle.example",
    "Password123",
]


@pytest.mark.parametrize("password", WEAK)
async def test_a_weak_password_is_refused_and_only_the_password_is_lost(browser, make, database, password):
    terms = await make.terms()

    page = await register(browser, "neu@halle.example", password)

    (sentence,) = [item.get_text() for item in page.select(".errors li")]
    kept = {"email": "neu@halle.example", "password": "", "consent": "y", "terms": str(terms.id)}
    assert page.status == 422
    assert sentence.startswith(("Bitte wählen Sie", "Dieses Passwort lässt sich leicht erraten."))
    assert fields(page.one("main form")) == kept
    assert await rows(database, Person.id) == []


async def test_looking_for_a_password_uses_up_no_mails(browser, make, post_box):
    await make.terms()
    for password in WEAK[:6]:
        await register(browser, "wahl@halle.example", password)

    page = await register(browser, "wahl@halle.example")

    assert page.status == 200
    assert len(await post_box("wahl@halle.example")) == 1


async def test_whoever_registers_again_before_confirming_uses_the_last_password(browser, make, post_box):
    await make.terms()
    await register(browser, "zweimal@halle.example")
    await register(browser, "zweimal@halle.example", NEW)
    first, second = await post_box("zweimal@halle.example")

    old = await follow(browser, link_in(first), PASSWORD)
    new = await follow(browser, link_in(second), NEW)

    assert (old.status, old.words(".errors li")) == (
        422,
        "Das Passwort stimmt nicht mit dem überein, das Sie eben gewählt haben.",
    )
    assert new.words("h1") == "Mein Konto"


async def test_the_link_alone_confirms_nothing(browser, make, post_box):
    await make.terms()
    await register(browser, "opfer@halle.example")
    (letter,) = await post_box("opfer@halle.example")

    await browser.get(link_in(letter))

    assert (await sign_in(browser, "opfer@halle.example")).words(".errors li") == (
        "Dieses Konto ist noch nicht bestätigt. Bitte öffnen Sie den Link in unserer E-Mail."
    )


@pytest.fixture
def meanwhile(owner):
    """Send a request while another transaction holds what it needs; that one commits when the request waits."""

    async def both(statement, send):
        async with owner.transaction():
            await owner.execute(statement)
            sent = asyncio.create_task(send)
            for _ in range(500):
                if await owner.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
                    break
                await asyncio.sleep(0.01)
        return await sent

    return both


async def test_registering_while_the_owner_confirms_leaves_the_owners_password(
    browser, make, meanwhile, post_box
):
    await make.terms()
    waiting = await make.citizen(confirmed_at=None)

    page = await meanwhile("UPDATE people SET confirmed_at = now()", register(browser, waiting.email, NEW))

    assert page.words("h1") == "Fast geschafft: Bitte sehen Sie in Ihr Postfach"
    assert [letter["Subject"] for letter in await post_box(waiting.email)] == ["Sie haben schon ein Konto"]
    assert [(await sign_in(browser, waiting.email, word)).status for word in (NEW, PASSWORD)] == [422, 303]


async def test_of_two_who_draw_one_pseudonym_at_once_one_draws_again(
    browser, make, database, meanwhile, monkeypatch
):
    await make.terms()
    monkeypatch.setattr(accounts, "NAMES", ["Ahorn"])
    draws = iter([417, 418])
    monkeypatch.setattr(accounts.random, "randrange", lambda *_: next(draws))

    page = await meanwhile(
        "INSERT INTO people (pseudonym) VALUES ('Ahorn 417')", register(browser, "neu@halle.example")
    )

    assert page.status == 200
    assert set(await rows(database, Person.pseudonym)) == {("Ahorn 417",), ("Ahorn 418",)}


# --- nobody learns who has an account ---------------------------------------------------------------


async def people(make):
    """An address nobody has, one of an account, and one of an unconfirmed account."""
    confirmed, waiting = await make.citizen(), await make.citizen(confirmed_at=None)
    return [UNKNOWN, confirmed.email, waiting.email]


def without(page, email):
    return page.status, page.text.replace(email, "E")


@pytest.mark.parametrize("password", [PASSWORD, "kurz"])
async def test_registering_says_the_same_to_known_and_unknown_addresses(browser, make, password):
    await make.terms()

    said = [without(await register(browser, email, password), email) for email in await people(make)]

    assert said == [said[0]] * 3


async def test_asking_for_a_new_password_says_the_same_to_known_and_unknown_addresses(
    browser, make, post_box
):
    emails = await people(make)

    pages = [await browser.post("/konto/passwort-vergessen", email=email) for email in emails]

    assert len({without(page, email) for page, email in zip(pages, emails, strict=True)}) == 1
    assert [len(await post_box(email)) for email in emails] == [0, 1, 1]


async def test_a_wrong_password_says_the_same_to_known_and_unknown_addresses(browser, make):
    emails = await people(make)

    said = [without(await sign_in(browser, email, "falsch"), email) for email in emails]

    assert said == [said[0]] * 3
    assert said[0][0] == 422


async def test_only_the_right_password_tells_that_an_account_is_not_confirmed(browser, make):
    waiting = await make.citizen(confirmed_at=None)

    wrong, right = await sign_in(browser, waiting.email, "falsch"), await sign_in(browser, waiting.email)

    assert [page.words(".errors li") for page in (wrong, right)] == [
        "E-Mail-Adresse und Passwort passen nicht zusammen. Bitte prüfen Sie beides.",
        "Dieses Konto ist noch nicht bestätigt. Bitte öffnen Sie den Link in unserer E-Mail.",
    ]


async def test_whoever_has_an_account_learns_it_by_mail_only(browser, make, post_box):
    await make.terms()
    known = await make.citizen()

    await register(browser, known.email, NEW)

    (letter,) = await post_box(known.email)
    assert letter["Subject"] == "Sie haben schon ein Konto"
    assert [(await sign_in(browser, known.email, word)).status for word in (NEW, PASSWORD)] == [422, 303]


# --- links ------------------------------------------------------------------------------------------


async def link(database, person, purpose):
    async with database.writing() as db:
        return f"{PAGES[purpose]}?schluessel={await accounts.new_link(db, person.id, purpose)}"


PAGES = {"confirm": "/konto/bestaetigen", "reset": "/konto/passwort", "invite": "/konto/passwort"}


@pytest.mark.parametrize(("purpose", "hours"), [("confirm", 48), ("reset", 2), ("invite", 24)])
async def test_a_link_works_once_and_not_too_late(browser, make, database, owner, purpose, hours):
    person = await make.citizen()
    links = [await link(database, person, purpose) for _ in range(2)]

    first = await follow(browser, links[0])
    again = await follow(browser, links[0])
    await owner.execute(
        f"UPDATE links SET used_at = NULL, expires_at = expires_at - interval '{hours} hours'"
    )
    late = await follow(browser, links[1])

    assert (first.status, first.words("h1")) == (200, "Mein Konto")
    assert [(page.status, page.words(".errors li")) for page in (again, late)] == [
        (404, "Dieser Link ist abgelaufen oder wurde schon benutzt. Bitte fordern Sie einen neuen an.")
    ] * 2


@pytest.mark.parametrize(
    ("purpose", "page"), [("confirm", "reset"), ("reset", "confirm"), ("invite", "confirm")]
)
async def test_a_link_is_good_for_its_purpose_only(browser, make, database, purpose, page):
    person = await make.citizen()
    address = (await link(database, person, purpose)).replace(PAGES[purpose], PAGES[page])

    assert (await follow(browser, address, NEW)).status == 404
    assert [(await sign_in(browser, person.email, word)).status for word in (NEW, PASSWORD)] == [422, 303]


async def test_a_new_password_ends_the_old_one_all_sessions_and_all_other_links(
    browser, new_browser, make, database
):
    person = await make.citizen()
    elsewhere, thief = new_browser(), new_browser()
    await elsewhere.sign_in(person)
    links = [await link(database, person, "reset") for _ in range(2)]

    page = await follow(browser, links[0], NEW)

    assert page.words("h1") == "Mein Konto"
    assert [await is_signed_in(who) for who in (browser, elsewhere)] == [True, False]
    assert (await follow(thief, links[1], "Anderes Passwort vom Dieb")).status == 404
    assert [(await sign_in(thief, person.email, word)).status for word in (PASSWORD, NEW)] == [422, 303]


@pytest.mark.parametrize("password", WEAK[:6])
async def test_a_weak_new_password_leaves_the_link_usable(browser, make, database, password):
    person = await make.citizen()
    address = await link(database, person, "reset")

    weak = await follow(browser, address, password)
    good = await browser.post("/konto/passwort", **fields(weak.one("main form")) | {"password": NEW})

    assert (weak.status, good.words("h1")) == (422, "Mein Konto")


async def test_of_several_uses_of_one_link_at_once_one_counts(new_browser, make, database):
    person = await make.citizen()
    key = (await link(database, person, "reset")).partition("=")[2]
    words = [f"{NEW} {n}" for n in range(5)]

    sent = (new_browser().post("/konto/passwort", schluessel=key, password=word) for word in words)
    statuses = sorted(page.status for page in await asyncio.gather(*sent))

    assert (statuses[0], set(statuses[1:]) - {404, 409}) == (200, set())
    assert [(await sign_in(new_browser(), person.email, word)).status for word in words].count(303) == 1


# --- sessions ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["/konto/abmelden", "/konto/ueberall-abmelden"])
async def test_a_stolen_session_is_dead_after_signing_out(browser, new_browser, make, action):
    person, elsewhere, thief = await make.citizen(), new_browser(), new_browser()
    await browser.sign_in(person)
    await elsewhere.sign_in(person)
    stolen = browser.client.cookies["session"]
    before = await is_signed_in(thief, stolen)

    await browser.post(action)

    assert (before, await is_signed_in(thief, stolen)) == (True, False)
    assert await is_signed_in(elsewhere) == (action == "/konto/abmelden")


async def test_one_of_the_own_sessions_is_ended_and_stays_so(browser, new_browser, make):
    person, elsewhere = await make.citizen(), new_browser()
    await elsewhere.sign_in(person)
    await browser.sign_in(person)
    page = await browser.get("/konto")
    (end,) = page.select("[aria-labelledby=anmeldungen] li form")

    pages = [await browser.post(end["action"]) for _ in range(2)]

    assert [(page.status, len(page.select("[aria-labelledby=anmeldungen] li"))) for page in pages] == [
        (200, 1)
    ] * 2
    assert [await is_signed_in(who) for who in (browser, elsewhere)] == [True, False]


async def test_nobody_ends_the_session_of_somebody_else(browser, new_browser, make, owner):
    other, others = await make.citizen(), new_browser()
    await others.sign_in(other)
    await browser.sign_in(await make.citizen())
    theirs = await owner.fetchval("SELECT id FROM sign_ins WHERE person_id = $1", other.id)

    page = await browser.post(f"/konto/anmeldungen/{theirs}/beenden")

    assert (page.status, page.words("h1")) == (200, "Mein Konto")
    assert await is_signed_in(others)


async def test_each_sign_in_has_a_new_session_and_ends_the_one_before(browser, new_browser, make, database):
    person, seen = await make.citizen(), []
    for _ in range(3):
        await browser.sign_in(person)
        seen.append(browser.client.cookies["session"])

    assert len(set(seen)) == 3
    assert [await is_signed_in(new_browser(), token) for token in seen] == [False, False, True]
    assert len(await rows(database, SignIn.id)) == 1


async def test_a_session_chosen_by_somebody_else_is_not_taken_over(browser, new_browser, make):
    chosen = tokens.new()
    browser.client.cookies.set("session", chosen, domain="127.0.0.1")
    await sign_in(browser, (await make.citizen()).email)

    assert not await is_signed_in(new_browser(), chosen)


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "x" * 5_000, "\x7f", "ä", '"', "null", "0"])
async def test_an_invented_session_is_none(browser, make, token):
    await browser.sign_in(await make.citizen())
    answer = await browser.client.get("/konto", headers={"cookie": f"session={token}".encode("latin-1")})

    assert answer.status_code == 401


async def test_a_lost_role_is_gone_at_the_next_request(browser, make, owner):
    await browser.sign_in(await make.moderator())
    before = (await browser.get("/moderation")).status
    await owner.execute("DELETE FROM grants")

    assert (before, (await browser.get("/moderation")).status) == (200, 403)
    assert await is_signed_in(browser)


async def test_a_new_role_asks_to_sign_in_again(browser, make, database):
    person = await make.citizen()
    await browser.sign_in(person)
    async with database.writing() as db:
        await accounts.create(db, person.email, ["moderator"])

    assert not await is_signed_in(browser)
    await browser.sign_in(person)
    assert (await browser.get("/moderation")).status == 200


AGES = [
    ("citizen", "29 days", "29 days", True),
    ("citizen", "1 minute", "31 days", False),
    ("moderator", "29 minutes", "11 hours", True),
    ("moderator", "31 minutes", "31 minutes", False),
    ("moderator", "1 minute", "12 hours 1 minute", False),
    ("admin", "31 minutes", "31 minutes", False),
    ("panelist", "1 minute", "12 hours 1 minute", False),
]


@pytest.mark.parametrize(("role", "idle", "age", "lives"), AGES)
async def test_sessions_end_staff_after_half_an_hour_or_twelve_hours(
    browser, make, owner, role, idle, age, lives
):
    await browser.sign_in(await make.person(*([] if role == "citizen" else [role])))
    await owner.execute(
        f"UPDATE sign_ins SET seen_at = now() - interval '{idle}', created_at = now() - interval '{age}', "
        f"expires_at = expires_at - interval '{age}'"
    )

    assert await is_signed_in(browser) == lives


async def test_being_there_is_noted_every_five_minutes_and_lengthens_nothing(browser, make, owner):
    await browser.sign_in(await make.moderator())
    expires = await owner.fetchval("SELECT expires_at FROM sign_ins")
    seen = []
    for minutes in (4, 6):
        await owner.execute(f"UPDATE sign_ins SET seen_at = now() - interval '{minutes} minutes'")
        await browser.get("/moderation")
        seen.append(await owner.fetchval("SELECT seen_at < now() - interval '1 minute' FROM sign_ins"))

    assert seen == [True, False]
    assert await owner.fetchval("SELECT expires_at FROM sign_ins") == expires


async def test_what_is_stored_stays_answered_for_when_being_there_cannot_be_noted(
    browser, make, database, owner
):
    comment = await make.comment()
    await browser.sign_in(await make.citizen())
    await owner.execute("UPDATE sign_ins SET seen_at = now() - interval '6 minutes'")
    with capture_logs() as logged:
        async with owner.transaction():
            await owner.execute("SELECT FROM sign_ins FOR UPDATE")
            voted = await browser.post(f"/beitraege/{comment.number}/stimme", follow=False, vote="agree")

    assert (voted.status, await rows(database, Vote.value)) == (303, [(1,)])
    assert logged == [{"event": "presence_not_noted", "kind": "TimeoutError", "log_level": "warning"}]


async def test_a_person_sees_the_own_sessions_only(browser, new_browser, make):
    person, other = await make.citizen(), new_browser()
    await other.sign_in(await make.citizen())
    headers = {"origin": ORIGIN, "user-agent": "Mozilla/5.0 (X11; Linux) Firefox/150.0 <b>geheim</b>"}
    await browser.client.post(
        "/konto/anmelden", data={"email": person.email, "password": PASSWORD}, headers=headers
    )

    page = await browser.get("/konto")

    (entry,) = page.select("[aria-labelledby=anmeldungen] li")
    assert " ".join(entry.get_text(" ").split()).startswith("Firefox auf Linux – dieses Gerät angemeldet am")
    assert "geheim" not in page.text


async def test_no_secret_of_an_account_is_stored_as_it_is(browser, make, database, owner, post_box):
    await make.terms()
    await register(browser, "still@halle.example", NEW)
    address = link_in((await post_box("still@halle.example"))[0])
    await follow(browser, address, NEW)
    await browser.post("/konto/passwort-vergessen", email="still@halle.example")

    stored = await everything(owner)

    assert "still@halle.example" in stored
    for secret in (NEW, address.partition("=")[2], browser.client.cookies["session"]):
        assert secret not in stored
        assert secret.encode().hex() not in stored


async def everything(owner):
    """All rows of all tables as one text; bytes in hexadecimal."""
    tables = await owner.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    dumps = [await owner.fetch(f'SELECT t::text FROM "{table[0]}" t') for table in tables]
    return "\n".join(row[0] for dump in dumps for row in dump)


async def test_the_worker_forgets_sessions_that_ended_and_links_that_open_nothing(
    browser, new_browser, make, database, owner, work
):
    citizen, moderator = await make.citizen(), await make.moderator()
    for person in (citizen, citizen, citizen, moderator, moderator):
        await new_browser().sign_in(person)
    for purpose in ("confirm", "reset", "invite"):
        await link(database, citizen, purpose)
    late = "UPDATE sign_ins SET {} WHERE id = (SELECT {} FROM sign_ins WHERE person_id = $1)"
    await owner.execute(late.format("expires_at = now()", "min(id)"), citizen.id)
    await owner.execute(late.format("seen_at = now() - interval '30 days'", "max(id)"), citizen.id)
    await owner.execute(late.format("seen_at = now() - interval '30 minutes'", "max(id)"), moderator.id)
    await owner.execute("UPDATE links SET used_at = now() WHERE purpose = 'confirm'")
    await owner.execute("UPDATE links SET expires_at = now() WHERE purpose = 'reset'")
    left = "SELECT id FROM sign_ins ORDER BY id"
    before = [row["id"] for row in await owner.fetch(left)]
    async with database.writing() as db:
        await jobs.enqueue(db, "sweep")

    await work()

    assert [row["id"] for row in await owner.fetch(left)] == [before[1], before[3]]
    assert await rows(database, Link.purpose) == [("invite",)]


async def test_a_session_that_has_ended_is_no_longer_listed(browser, new_browser, make, owner):
    moderator = await make.moderator()
    await new_browser().sign_in(moderator)
    await owner.execute("UPDATE sign_ins SET seen_at = now() - interval '31 minutes'")
    await browser.sign_in(moderator)

    page = await browser.get("/konto")

    assert len(page.select("[aria-labelledby=anmeldungen] li")) == 1


# --- slow work --------------------------------------------------------------------------------------


@pytest.fixture
def patient(monkeypatch):
    """Passwords are slow on purpose, and slower where other work is done: no request is given up."""
    monkeypatch.setattr(web, "SECONDS", 120)


@pytest.fixture
async def nobody_checks(patient):
    """Nobody checks or hashes passwords until `resume` is called: as if very many were in front."""
    await password_hash()  # of the test's people: not behind the very many
    for holder in (1, 2):
        await accounts._few.acquire_on_behalf_of(holder)

    def resume():
        for holder in (1, 2):
            with suppress(RuntimeError):
                accounts._few.release_on_behalf_of(holder)

    yield resume
    resume()


async def queued(count):
    """Wait until so many wait for a password to be checked, or hashed."""
    for _ in range(6_000):
        if accounts._few.statistics().tasks_waiting == count:
            break
        await asyncio.sleep(0.01)


async def crowd(address, make, database):
    """Fifteen forms for one address: three times the pool of these tests."""
    terms = await make.terms()
    people = [await make.citizen(confirmed_at=None) for _ in range(15)]
    purpose = {"/konto/bestaetigen": "confirm", "/konto/passwort": "reset"}.get(address)
    forms = []
    for person in people:
        form = {"email": person.email, "password": PASSWORD, "consent": "y", "terms": str(terms.id)}
        if purpose:
            form["schluessel"] = (await link(database, person, purpose)).partition("=")[2]
        forms.append(form)
    return forms


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/konto/anmelden", 422),
        ("/konto/anlegen", 200),
        ("/konto/bestaetigen", 303),
        ("/konto/passwort", 303),
    ],
)
async def test_while_passwords_are_slow_no_connection_waits_and_a_vote_gets_through(
    browser, new_browser, make, database, nobody_checks, address, status
):
    comment, resume = await make.comment(), nobody_checks
    forms = await crowd(address, make, database)
    async with database.writing() as db:
        token, _ = await accounts.sign_in(db, (await make.citizen()).id, "Firefox")
    browser.client.cookies.set("session", token)

    sent = [asyncio.create_task(new_browser().post(address, follow=False, **form)) for form in forms]
    await queued(len(sent))
    held = [engine.pool.checkedout() for engine in (database.writer, database.reader)]
    voted = await browser.post(f"/beitraege/{comment.number}/stimme", follow=False, vote="agree")
    answered = [task.done() for task in sent]
    resume()

    assert (held, voted.status, answered) == ([0, 0], 303, [False] * 15)
    assert [page.status for page in await asyncio.gather(*sent)] == [status] * 15


async def test_who_waits_too_long_reads_that_many_are_there_and_not_that_the_database_is_away(
    browser, make, nobody_checks, monkeypatch
):
    person = await make.citizen()
    monkeypatch.setattr(web, "SECONDS", 1)

    page = await sign_in(browser, person.email)

    assert (page.status, page.words("h1"), page.headers["retry-after"]) == (503, "Gerade ist viel los", "10")


@pytest.mark.parametrize("size", [72, 200])
async def test_guessing_a_password_takes_a_moment_however_it_is_built(size):
    typed = ("4@8({[<369&#!1/|0$5+7%2" * 9)[:size]
    started = time.process_time()

    assert await accounts.protected(typed)

    assert time.process_time() - started < 2


async def test_a_password_that_changes_while_it_is_checked_opens_nothing(
    browser, new_browser, make, database, nobody_checks
):
    person = await make.citizen()
    signing_in = asyncio.create_task(sign_in(browser, person.email))
    await queued(1)
    async with database.writing() as db:
        await accounts.set_password(db, await accounts.new_link(db, person.id, "reset"), "another hash")
    nobody_checks()

    page = await signing_in

    assert (page.status, await is_signed_in(browser)) == (422, False)


@pytest.mark.parametrize("password", [PASSWORD, "", "None"])
async def test_an_account_without_a_password_opens_to_nobody(browser, make, database, password):
    invited = await make.citizen(password=None)
    address = await link(database, invited, "confirm")

    pages = [await sign_in(browser, invited.email, password), await follow(browser, address, password)]

    assert [page.status for page in pages] == [422, 422]
    assert not await is_signed_in(browser)


# --- blocked ----------------------------------------------------------------------------------------


async def test_who_is_blocked_reads_why_and_until_when_where_the_refusal_says(browser, make):
    why = "Drei Beiträge mit <b>Beleidigungen</b> an einem Tag."
    until = datetime(2099, 5, 1, 12, tzinfo=clock.BERLIN)
    person = await make.citizen(blocked_until=until, blocked_why=why)
    await browser.sign_in(person)

    refused = await browser.post(f"/faden/{(await make.thread()).id}/schreiben", text="Trotzdem.")
    account = await browser.get("/konto")

    assert refused.words(".errors li") == (
        "Ihr Konto ist zurzeit für Beiträge gesperrt. Die Begründung steht unter „Mein Konto“."
    )
    assert account.words(".kern-alert") == (
        f"Bis zum 01.05.2099, 12:00 Uhr können Sie keine Beiträge schreiben {why}"
    )


@pytest.mark.parametrize("ended", [None, timedelta(minutes=1)])
async def test_who_is_not_blocked_reads_nothing_about_it(browser, make, ended):
    until = clock.now() - ended if ended else None
    await browser.sign_in(await make.citizen(blocked_until=until, blocked_why="Vorbei."))

    page = await browser.get("/konto")

    assert (page.words("h1"), page.select(".kern-alert")) == ("Mein Konto", [])


# --- limits -----------------------------------------------------------------------------------------


async def test_ten_attempts_per_account_then_a_quarter_of_an_hour(browser, new_browser, make, owner):
    person, other = await make.citizen(), await make.citizen()
    tried = [(await sign_in(browser, person.email, "falsch")).status for _ in range(10)]

    refused = await sign_in(new_browser(), person.email.upper())

    assert tried == [422] * 10
    assert (refused.status, refused.headers["retry-after"]) == (429, "900")
    assert (await sign_in(browser, other.email)).status == 303
    await owner.execute("UPDATE attempts SET at = at - interval '15 minutes'")
    assert (await sign_in(browser, person.email)).status == 303


async def test_fifty_attempts_per_address_then_a_quarter_of_an_hour(browser, make, owner):
    person = await make.citizen()
    await sign_in(browser, UNKNOWN)
    copy = 'INSERT INTO attempts ("limit", key, at) SELECT "limit", key, at FROM attempts, generate_series(1, 48)'
    await owner.execute(f"{copy} WHERE \"limit\" = 'sign_in_address'")

    answers = [await sign_in(browser, person.email) for _ in range(2)]

    assert [answer.status for answer in answers] == [303, 429]
    assert answers[1].headers["retry-after"] == "900"
    assert answers[1].words("main .lead").startswith("Von diesem Anschluss gab es zu viele Versuche.")


@pytest.mark.parametrize("known", [True, False])
async def test_five_mails_an_hour_per_address_however_it_is_written(browser, make, owner, post_box, known):
    await make.terms()
    email = (await make.citizen()).email if known else "unbekannt@halle.example"
    before = len(await post_box(email))
    for n in range(5):
        ask = browser.post("/konto/passwort-vergessen", email=email.upper() if n % 2 else email)
        assert (await ask).status == 200

    pages = [await browser.post("/konto/passwort-vergessen", email=email), await register(browser, email)]

    assert [(page.status, page.headers["retry-after"]) for page in pages] == [(429, "3600")] * 2
    assert len(await post_box(email)) - before == (5 if known else 0)
    await owner.execute("UPDATE attempts SET at = at - interval '1 hour'")
    assert (await browser.post("/konto/passwort-vergessen", email=email)).status == 200


@pytest.mark.parametrize(
    ("age", "ago", "status", "seconds"),
    [
        (30, 9, 429, "600"),
        (30, 11, 200, None),
        (0, 60, 429, "3600"),
        (0, 9, 429, "600"),
        (0, 60 * 24, 200, None),
    ],
)
async def test_ten_contributions_in_ten_minutes_and_on_the_first_day(
    browser, make, database, age, ago, status, seconds
):
    thread, now = await make.thread(), clock.now()
    person = await make.citizen(created_at=now - timedelta(days=age, minutes=1))
    for _ in range(10):
        await make.comment(thread, person, created_at=now - timedelta(minutes=ago))
    await browser.sign_in(person)

    page = await browser.post(f"/faden/{thread.id}/schreiben", text="Der elfte.")

    assert (page.status, page.headers.get("retry-after")) == (status, seconds)
    assert len(await rows(database, Comment.id)) == (11 if status == 200 else 10)


async def burst(count, send):
    """Statuses of equal requests sent at once, counted."""
    answers = await asyncio.gather(*(send(n) for n in range(count)))
    return sorted(answer.status for answer in answers)


async def test_a_burst_of_sign_ins_is_counted_exactly(new_browser, make, database, patient):
    person, visitors = await make.citizen(), [new_browser() for _ in range(14)]

    statuses = await burst(14, lambda n: sign_in(visitors[n], person.email, "falsch"))

    assert statuses == [422] * 10 + [429] * 4
    assert await rows(database, func.count(Attempt.id)) == [(20,)]


async def test_a_burst_of_mails_is_counted_exactly(new_browser, make, post_box):
    person, visitors = await make.citizen(), [new_browser() for _ in range(14)]

    statuses = await burst(14, lambda n: visitors[n].post("/konto/passwort-vergessen", email=person.email))

    assert statuses == [200] * 5 + [429] * 9
    assert len(await post_box(person.email)) == 5


async def test_a_burst_of_contributions_is_counted_exactly(browser, make, database):
    thread = await make.thread()
    await browser.sign_in(await make.citizen())
    address = f"/faden/{thread.id}/schreiben"

    statuses = await burst(14, lambda n: browser.post(address, text=f"Beitrag {n}", once=str(uuid4())))

    assert statuses == [200] * 10 + [429] * 4
    assert len(await rows(database, Comment.id)) == 10


async def test_twenty_accounts_an_hour_per_address(browser, make, owner):
    await make.terms()
    await register(browser, "erste@halle.example")
    copy = 'INSERT INTO attempts ("limit", key, at) SELECT "limit", key, at FROM attempts, generate_series(1, 18)'
    await owner.execute(f"{copy} WHERE \"limit\" = 'register_address'")

    answers = [await register(browser, f"{name}@halle.example") for name in ("zweite", "dritte")]

    assert [answer.status for answer in answers] == [200, 429]
    assert answers[1].headers["retry-after"] == "3600"
    assert "dritte@halle.example" in answers[1].text


async def test_twenty_mails_an_hour_are_asked_for_from_one_address(browser, make, owner):
    await browser.post("/konto/passwort-vergessen", email="erste@halle.example")
    copy = 'INSERT INTO attempts ("limit", key, at) SELECT "limit", key, at FROM attempts, generate_series(1, 18)'
    await owner.execute(f"{copy} WHERE \"limit\" = 'mail_address'")

    emails = [f"{name}@halle.example" for name in ("zweite", "dritte")]
    answers = [await browser.post("/konto/passwort-vergessen", email=email) for email in emails]

    assert [answer.status for answer in answers] == [200, 429]
    assert answers[1].headers["retry-after"] == "3600"
    assert "dritte@halle.example" in answers[1].text


@pytest.mark.parametrize("address", ["/konto/bestaetigen", "/konto/passwort"])
async def test_trying_links_is_limited_by_the_address(browser, owner, address):
    form = {"schluessel": tokens.new(), "password": NEW}
    await browser.post(address, **form)
    copy = 'INSERT INTO attempts ("limit", key, at) SELECT "limit", key, at FROM attempts, generate_series(1, 48)'
    await owner.execute(copy)

    answers = [await browser.post(address, **form) for _ in range(2)]

    assert [answer.status for answer in answers] == [404, 429]


async def test_a_household_has_one_address_also_with_ipv6(running, database):
    for host in (
        "2001:db8:1:2::1",
        "2001:db8:1:2:ffff::9",
        "2001:db8:1:3::1",
        "::ffff:203.0.113.7",
        "203.0.113.7",
    ):
        transport = httpx2.ASGITransport(running.app, client=(host, 50000))
        async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN) as visitor:
            form = {"email": UNKNOWN, "password": "falsch"}
            await visitor.post("/konto/anmelden", data=form, headers={"origin": ORIGIN})

    found = [
        key for limit, key in await rows(database, Attempt.limit, Attempt.key) if limit.endswith("address")
    ]
    assert (len(found), len(set(found))) == (5, 3)


async def test_limits_are_counted_in_the_database_without_addresses(browser, make, database, owner):
    person = await make.citizen()
    await sign_in(browser, person.email, "falsch")
    await browser.post("/konto/passwort-vergessen", email=person.email)

    counted = await rows(database, Attempt.limit, func.length(Attempt.key))

    assert sorted(counted) == [
        ("mail", 32),
        ("mail_address", 32),
        ("sign_in_account", 32),
        ("sign_in_address", 32),
    ]
    assert person.email not in "".join(str(row) for row in await owner.fetch("SELECT * FROM attempts"))


async def test_old_attempts_are_forgotten_after_a_day(database, owner):
    async with database.writing() as db:
        await limits.take(db, limits.MAIL, b"heute")
        await limits.take(db, limits.MAIL, b"gestern")
    await owner.execute("UPDATE attempts SET at = now() - interval '25 hours' WHERE key = 'gestern'")
    async with database.writing() as db:
        await limits.sweep(db)

    assert await rows(database, Attempt.key) == [(b"heute",)]
