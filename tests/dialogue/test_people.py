"""Administration: inviting, roles, the last admin, blocks, circles' members, absences."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from dialogue import accounts, circles, people
from dialogue.kit import clock
from dialogue.kit.errors import Conflict, Invalid
from dialogue.tables import Consent, Grant, JournalEntry, Member, Person
from tests.browser import fields
from tests.make import PASSWORD

WHY = "Beleidigt andere trotz zweier Hinweise immer wieder."


@pytest.fixture
async def admin(make):
    return await make.person("admin")


@pytest.fixture
async def desk(browser, admin):
    await browser.sign_in(admin)
    return browser


async def rows(database, *columns):
    async with database.reading() as db:
        return [tuple(row) for row in await db.execute(select(*columns))]


def day(offset):
    return str(clock.today() + timedelta(offset))


# --- inviting and roles -----------------------------------------------------------------------------


async def test_an_invited_person_gets_a_mail_and_the_role_for_one_consultation(
    desk, make, database, post_box
):
    consultation = await make.consultation(title="Leitlinien für KI")

    page = await desk.post(
        "/verwaltung/personen/einladen",
        email="Eingeladen@Halle.example",
        role="moderator",
        where=str(consultation.id),
    )

    assert len(await post_box("eingeladen@halle.example")) == 1
    assert page.words("h1") == "eingeladen@halle.example"
    assert page.words("#rollen ~ ul li > span") == "Moderation – Leitlinien für KI"


async def test_inviting_a_known_address_gives_the_role_and_sends_no_mail(desk, make, post_box):
    known = await make.citizen()

    page = await desk.post("/verwaltung/personen/einladen", email=known.email, role="editor", where="")

    assert page.path == f"/verwaltung/personen/{known.id}"
    assert await post_box(known.email) == []


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"email": "keine-adresse"}, "Diese E-Mail-Adresse ist unvollständig."),
        ({"email": ""}, "Bitte geben Sie Ihre E-Mail-Adresse ein."),
        ({"email": "neu@halle.example", "role": "kaiser"}, "Keine gültige Auswahl."),
        ({"email": "neu@halle.example", "role": "admin", "where": "CONSULTATION"}, "gilt immer überall"),
    ],
)
async def test_a_wrong_invitation_is_refused_at_its_field_and_makes_nobody(desk, make, database, sent, words):
    consultation = await make.consultation()
    sent = {key: str(consultation.id) if value == "CONSULTATION" else value for key, value in sent.items()}
    before = await rows(database, Person.id)

    page = await desk.post("/verwaltung/personen/einladen", **({"role": "", "where": ""} | sent))

    assert page.status == 422
    assert words in page.words(".errors")
    assert page.one("#email").get("value", "") == sent["email"]
    assert await rows(database, Person.id) == before


async def test_a_role_that_is_taken_ends_the_sessions_at_once(desk, make, new_browser, database):
    moderator = await make.moderator()
    theirs = new_browser()
    await theirs.sign_in(moderator)
    grant_id = (await rows(database, Grant.id))[-1][0]

    await desk.post(f"/verwaltung/personen/{moderator.id}/rollen/{grant_id}/entziehen")

    assert (await theirs.get("/moderation")).status == 401
    assert await rows(database, Grant.role) == [("admin",)]


async def test_the_last_admin_keeps_the_role(desk, admin, database):
    grant_id = (await rows(database, Grant.id))[0][0]

    page = await desk.post(f"/verwaltung/personen/{admin.id}/rollen/{grant_id}/entziehen")

    assert page.status == 409
    assert "Das ist der letzte Zugang zur Verwaltung." in page.words("main")
    assert await rows(database, Grant.role) == [("admin",)]


async def test_two_admins_who_take_each_others_role_at_once_leave_one(make, admin, database):
    other = await make.person("admin")
    grants = {row[0]: row[1] for row in await rows(database, Grant.person_id, Grant.id)}

    async def take(whom, by):
        async with database.writing() as db:
            await people.revoke(db, whom.id, grants[whom.id], by.id)

    done = await asyncio.gather(take(other, admin), take(admin, other), return_exceptions=True)

    assert [type(one) for one in done if one is not None] == [Conflict]
    assert await rows(database, Grant.role) == [("admin",)]


async def test_a_role_given_twice_is_held_once(make, admin, database):
    person = await make.citizen()

    async with database.writing() as db:
        for _ in range(2):
            await people.grant(db, person.id, "editor", None, admin.id)

    assert await rows(database, Grant.role) == [("admin",), ("editor",)]


# --- the list ---------------------------------------------------------------------------------------


async def test_people_are_found_by_letters_of_their_address_and_by_kind(desk, make):
    await make.citizen(email="anna.berg@halle.example")
    await make.moderator(email="bert.tal@halle.example")
    await make.citizen(email="carla.berg@halle.example", password=None)

    async def shown(query):
        page = await desk.get(f"/verwaltung/personen?{query}")
        return [link.get_text() for link in page.select("tbody a")]

    assert await shown("zeige=alle&suche=BERG") == ["carla.berg@halle.example", "anna.berg@halle.example"]
    assert (await shown("zeige=team"))[0] == "bert.tal@halle.example"
    assert await shown("zeige=eingeladen") == ["carla.berg@halle.example"]
    assert await shown("zeige=gesperrt") == []
    assert await shown("zeige=alle&suche=%25") == []


async def test_a_long_list_goes_on_behind_its_last_entry(desk, make, database):
    async with database.writing() as db:
        await db.execute(
            Person.__table__.insert(),
            [{"email": f"viele{n:03}@halle.example", "pseudonym": f"Viele {n}"} for n in range(60)],
        )

    first = await desk.get("/verwaltung/personen?zeige=alle&suche=viele")
    second = await desk.get(first.one("a[rel=next]")["href"])

    found = [link.get_text() for page in (first, second) for link in page.select("tbody a")]
    assert found == [f"viele{n:03}@halle.example" for n in reversed(range(60))]


@pytest.mark.parametrize("query", ["zeige=kaiser", "vor=x", "vor=-1"])
async def test_an_odd_list_is_not_found(desk, query):
    assert (await desk.get(f"/verwaltung/personen?{query}")).status == 404


# --- blocks -----------------------------------------------------------------------------------------


async def test_who_is_blocked_reads_why_and_writes_again_when_it_is_lifted(desk, make, new_browser, post_box):
    person, point = await make.citizen(), await make.point()
    theirs = new_browser()
    await theirs.sign_in(person)
    address = f"/faden/{point.thread.id}/schreiben"

    await desk.post(f"/verwaltung/personen/{person.id}/sperren", last_day=day(6), why=WHY)
    told = [letter["Subject"] for letter in await post_box(person.email)]
    refused = await theirs.post(address, text="Ich schreibe trotzdem.")
    account = await theirs.get("/konto")
    await desk.post(f"/verwaltung/personen/{person.id}/entsperren")
    allowed = await theirs.post(address, text="Jetzt darf ich wieder.")

    assert (refused.status, allowed.status) == (422, 200)
    assert WHY in account.words("main")
    assert told == ["Ihr Konto ist für Beiträge gesperrt"]
    assert [letter["Subject"] for letter in await post_box(person.email)][1:] == ["Ihr Konto ist wieder frei"]


async def test_a_guest_is_found_by_pseudonym_and_blocked_without_a_mail(desk, make, database, work):
    guest = await make.guest(pseudonym="Kastanie 417")
    await make.guest(pseudonym="Fähre 200")
    address = f"/verwaltung/personen/{guest.id}"

    found = await desk.get("/verwaltung/personen?zeige=gaeste&suche=kastanie")
    page = await desk.get(address)
    await desk.post(f"{address}/sperren", last_day=day(6), why=WHY)
    blocked = await desk.get("/verwaltung/personen?zeige=gesperrt")
    await work()

    assert [link["href"] for link in found.select("tbody a")] == [address]
    assert page.words("h1") == "Gast „Kastanie 417“"
    assert page.select("form[action$=rollen], form[action$=einladung]") == []
    assert [link["href"] for link in blocked.select("tbody a")] == [address]
    assert sorted(await rows(database, Person.source, Person.blocked_why), key=str) == [
        ("account", None),
        ("guest", WHY),
        ("guest", None),
    ]


async def test_a_guest_gets_no_role_and_no_invitation(desk, make, admin, database):
    guest = await make.guest()
    address = f"/verwaltung/personen/{guest.id}"

    answers = [
        await desk.post(f"{address}/rollen", role="admin", where=""),
        await desk.post(f"{address}/einladung"),
    ]

    assert [answer.status for answer in answers] == [404, 409]
    assert await rows(database, Grant.role) == [("admin",)]


async def test_guests_stand_in_no_list_of_accounts(desk, make):
    await make.guest()

    for kind in ("alle", "team", "eingeladen", "gesperrt"):
        page = await desk.get(f"/verwaltung/personen?zeige={kind}")
        assert "Gast" not in [link.text for link in page.select("tbody a")]


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"last_day": day(-1)}, "Bitte wählen Sie einen Tag zwischen heute und heute in einem Jahr."),
        ({"last_day": day(400)}, "Bitte wählen Sie einen Tag zwischen heute und heute in einem Jahr."),
        ({"last_day": "morgen"}, "Kein gültiges Datum."),
        ({"why": "Darum."}, "Bitte begründen Sie die Sperre mit mindestens 20 Zeichen."),
        ({"why": "x" * 1001}, "Bitte fassen Sie die Begründung kürzer: höchstens 1 000 Zeichen."),
    ],
)
async def test_a_block_without_a_day_or_reasons_is_refused(desk, make, database, sent, words):
    person = await make.citizen()

    page = await desk.post(
        f"/verwaltung/personen/{person.id}/sperren", **({"last_day": day(1), "why": WHY} | sent)
    )

    assert page.status == 422
    assert words in page.words(".errors")
    assert (person.id, None) in await rows(database, Person.id, Person.blocked_until)


async def test_nobody_blocks_themselves(desk, admin):
    page = await desk.post(f"/verwaltung/personen/{admin.id}/sperren", last_day=day(1), why=WHY)

    assert page.status == 409
    assert "Sich selbst können Sie nicht sperren." in page.words("main")


# --- circles ----------------------------------------------------------------------------------------


async def test_a_circle_takes_people_in_by_their_addresses(desk, make, database, post_box):
    known = await make.citizen()

    page = await desk.post("/verwaltung/kreise", name="  Personal   der Stadt ")
    written = f"{known.email}, mitglied@halle.example; mitglied@halle.example"
    await desk.post(f"{page.path}/mitglieder", addresses=written)
    circle = await desk.get(page.path)

    assert circle.words("h1") == "Personal der Stadt"
    assert [link.get_text() for link in circle.select("#mitglieder ~ ul a")] == [
        "mitglied@halle.example",
        known.email,
    ]
    assert len(await post_box("mitglied@halle.example")) == 1
    assert await post_box(known.email) == []


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("anna@halle.example bert", "„bert“ ist keine vollständige E-Mail-Adresse."),
        (" , ;", "Bitte geben Sie mindestens eine E-Mail-Adresse ein."),
        (" ".join(f"p{n}@halle.example" for n in range(201)), "Bitte höchstens 200 Adressen auf einmal."),
    ],
)
async def test_of_addresses_with_a_wrong_one_nobody_is_taken_in(desk, make, database, written, words):
    circle = await make.circle()

    page = await desk.post(f"/verwaltung/kreise/{circle.id}/mitglieder", addresses=written)

    assert page.status == 422
    assert words in page.words(".errors")
    assert page.one("#addresses").get_text().strip() == written.strip()
    assert await rows(database, Member.person_id) == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "Bitte geben Sie einen Namen ein."),
        ("Personal", "Einen Kreis mit diesem Namen gibt es schon."),
        ("x" * 81, "Bitte wählen Sie einen kürzeren Namen: höchstens 80 Zeichen."),
    ],
)
async def test_a_circle_without_a_name_of_its_own_is_refused(desk, make, name, words):
    await make.circle(name="Personal")
    other = await make.circle()

    added = await desk.post("/verwaltung/kreise", name=name)
    renamed = await desk.post(f"/verwaltung/kreise/{other.id}/name", name=name)

    assert (added.status, renamed.status) == (422, 422)
    assert words in added.words(".errors")


async def test_a_circle_with_a_conversation_is_not_dissolved(desk, make):
    kept, free = await make.circle(), await make.circle()
    await make.thread(circle_id=kept.id)

    pages = [await desk.post(f"/verwaltung/kreise/{each.id}/aufloesen") for each in (kept, free)]

    assert [page.status for page in pages] == [409, 200]


async def test_who_leaves_a_circle_reads_nothing_of_it_any_more(desk, make, new_browser):
    person = await make.citizen()
    circle = await make.circle(person)
    comment = await make.comment(await make.thread(circle_id=circle.id))
    theirs = new_browser()
    await theirs.sign_in(person)
    address = f"/beitraege/{comment.number}"

    before = await theirs.get(address)
    await desk.post(f"/verwaltung/kreise/{circle.id}/mitglieder/{person.id}/entfernen")

    assert (before.status, (await theirs.get(address)).status) == (200, 404)


# --- absences ---------------------------------------------------------------------------------------


async def test_a_moderator_notes_an_absence_and_the_deputy_gets_a_mail(browser, make, post_box):
    away, deputy = await make.moderator(), await make.moderator()
    await browser.sign_in(away)

    await browser.post("/moderation/vertretung", first=day(0), last=day(3), deputy=str(deputy.id))
    page = await browser.get("/moderation/vertretung")

    assert deputy.pseudonym in page.words(".plain-list")
    letters = await post_box(deputy.email)
    assert [letter["Subject"] for letter in letters] == ["Sie vertreten jemanden in der Moderation"]
    assert away.pseudonym in letters[0].get_content()


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"last": day(-1), "first": day(-2)}, "Der letzte Tag ist schon vorbei."),
        ({"first": day(2), "last": day(1)}, "Der letzte Tag liegt vor dem ersten."),
        ({"last": day(400)}, "Bitte höchstens ein Jahr auf einmal."),
    ],
)
async def test_an_absence_that_cannot_be_is_refused(browser, make, sent, words):
    away, deputy = await make.moderator(), await make.moderator()
    await browser.sign_in(away)

    sent = {"first": day(0), "last": day(1), "deputy": str(deputy.id)} | sent
    page = await browser.post("/moderation/vertretung", **sent)

    assert page.status == 422
    assert words in page.words(".errors")


async def test_an_absence_taken_back_ends_the_deputys_rights(browser, make, new_browser, database):
    room = await make.room()
    away, deputy = await make.citizen(), await make.citizen()
    await make.grant(away, "moderator", room)
    await make.grant(deputy, "moderator", await make.room())
    comment = await make.comment(await make.thread(room_id=room.id), status="pending")
    theirs = new_browser()
    await browser.sign_in(away)
    await theirs.sign_in(deputy)

    await browser.post("/moderation/vertretung", first=day(0), last=day(3), deputy=str(deputy.id))
    during = (await theirs.get(f"/moderation/{comment.number}")).status
    page = await browser.get("/moderation/vertretung")
    await browser.post(page.one(".plain-list form")["action"])

    assert (during, (await theirs.get(f"/moderation/{comment.number}")).status) == (200, 404)


async def test_who_follows_an_invitation_agrees_to_the_terms(browser, make, database):
    terms, person = await make.terms(), await make.citizen(password=None)
    async with database.writing() as db:
        token = await accounts.new_link(db, person.id, "invite")

    page = await browser.get(f"/konto/passwort?schluessel={token}")
    sent = fields(page.one("main form")) | {"password": PASSWORD}
    account = await browser.post("/konto/passwort", **sent)

    assert "stimmen Sie den Teilnahmebedingungen zu" in page.words("main form")
    assert f"Fassung {terms.version}" in account.words()


async def test_who_forgot_the_password_agrees_to_nothing_new(browser, make, database):
    person = await make.citizen()
    await make.terms()
    async with database.writing() as db:
        token = await accounts.new_link(db, person.id, "reset")

    page = await browser.get(f"/konto/passwort?schluessel={token}")
    sent = fields(page.one("main form")) | {"password": "Noch vier andere Wörter"}
    await browser.post("/konto/passwort", **sent)

    assert "Teilnahmebedingungen" not in page.words("main form")
    assert await rows(database, Consent.person_id) == []


async def test_an_invited_admin_who_has_not_come_yet_does_not_count_as_one(desk, make, admin, database):
    await make.person("admin", password=None)
    grants = dict(await rows(database, Grant.person_id, Grant.id))

    page = await desk.post(f"/verwaltung/personen/{admin.id}/rollen/{grants[admin.id]}/entziehen")

    assert page.status == 409
    assert len(await rows(database, Grant.id)) == 2


async def test_a_block_that_was_lifted_before_the_mail_left_is_not_told(desk, make, post_box):
    person = await make.citizen(email="frei@halle.example")

    await desk.post(f"/verwaltung/personen/{person.id}/sperren", last_day=day(6), why=WHY)
    await desk.post(f"/verwaltung/personen/{person.id}/entsperren")

    assert [letter["Subject"] for letter in await post_box(person.email)] == ["Ihr Konto ist wieder frei"]


async def test_an_absence_noted_twice_is_one_and_sends_one_mail(browser, make, post_box):
    away, deputy = await make.moderator(), await make.moderator(email="vertritt@halle.example")
    await browser.sign_in(away)

    for _ in range(2):
        await browser.post("/moderation/vertretung", first=day(0), last=day(3), deputy=str(deputy.id))
    page = await browser.get("/moderation/vertretung")

    assert len(page.select(".plain-list li")) == 1
    assert len(await post_box(deputy.email)) == 1


async def test_of_two_circles_renamed_alike_at_once_one_keeps_its_name(make, admin, database):
    first, second = await make.circle(), await make.circle()

    async def rename(circle):
        async with database.writing() as db:
            await circles.rename(db, circle.id, "Bauamt", "", admin.id)

    done = await asyncio.gather(rename(first), rename(second), return_exceptions=True)

    assert [type(one) for one in done if one is not None] == [Invalid]


async def test_a_circle_that_is_not_there_leaves_no_trace_in_the_journal(desk, database):
    await desk.post("/verwaltung/kreise/4711/aufloesen")

    assert await rows(database, JournalEntry.id) == []


@pytest.mark.parametrize("place", ["personen", "kreise"])
async def test_numbers_beyond_all_bounds_are_no_defect(desk, place):
    assert (await desk.get(f"/verwaltung/{place}/99999999999999999999")).status in {400, 404}
