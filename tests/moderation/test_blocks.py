"""Blocking the author of a contribution from writing, without learning who it is."""

from datetime import timedelta

import pytest

from dialogue import journal
from dialogue.kit import clock
from dialogue.tables import Person

WHY = "Schreibt seit Tagen unter jeden Beitrag Beleidigungen."
EMAIL = "zwiebel@geheim.example"


@pytest.fixture
async def moderator(browser, make):
    browser.person = await make.moderator()
    await browser.sign_in(browser.person)
    return browser


async def block(browser, comment, days=3, why=WHY, **form):
    values = {"last_day": str(clock.today() + timedelta(days=days)), "why": why} | form
    return await browser.post(f"/moderation/{comment.number}/sperren", **values)


async def person_of(database, person_id):
    async with database.reading() as db:
        return (await db.execute(Person.__table__.select().where(Person.id == person_id))).one()


async def test_an_author_is_blocked_reads_why_and_stays_unknown(
    moderator, make, new_browser, post_box, database
):
    author = await make.citizen(email=EMAIL)
    thread = await make.thread()
    comment = await make.comment(thread, author, status="pending")
    writer = new_browser()
    await writer.sign_in(author)

    form = await moderator.get(f"/moderation/{comment.number}/sperren")
    page = await block(moderator, comment)

    end = (await person_of(database, author.id)).blocked_until
    assert end == clock.span(clock.today(), clock.today() + timedelta(days=3))[1]
    assert "Autorin oder Autor ist gesperrt bis" in page.words(".more")
    assert [EMAIL in each.text for each in (form, page)] == [False, False]
    refused = await writer.post(f"/faden/{thread.id}/schreiben", text="Noch etwas.")
    assert (refused.status, "gesperrt" in refused.words(".errors")) == (422, True)
    (mail,) = await post_box(EMAIL)
    assert (mail["Subject"], WHY in mail.get_content()) == ("Ihr Konto ist für Beiträge gesperrt", True)
    async with database.reading() as db:
        (entry,) = await journal.page(db, None)
        subject = f"person:{await journal.actor(db, author.id)}"
    assert (entry["action"], entry["subject"], entry["detail"]) == (
        "person.blocked",
        subject,
        {"until": end.isoformat()},
    )
    assert WHY not in str(entry)


async def test_a_guest_is_blocked_as_well_and_gets_no_mail(moderator, make, database, owner):
    guest = await make.person(email=None, password=None, source="guest")
    comment = await make.comment(author=guest, status="pending", source="guest")

    page = await block(moderator, comment)

    assert page.status == 200
    assert (await person_of(database, guest.id)).blocked_why == WHY
    assert await owner.fetch("SELECT 1 FROM pgqueuer WHERE entrypoint = 'mail'") == []


async def test_a_block_becomes_longer_and_never_shorter(moderator, make, database):
    author = await make.citizen()
    comment = await make.comment(author=author)

    await block(moderator, comment, days=5)
    shorter = await block(moderator, comment, days=4, why="Das reicht wohl auch so, denke ich.")
    longer = await block(moderator, comment, days=9)

    assert (shorter.status, shorter.words("#last_day-error")) == (
        422,
        "Die Sperre gilt schon länger. Verkürzen kann sie nur die Verwaltung.",
    )
    assert longer.status == 200
    person = await person_of(database, author.id)
    assert person.blocked_until == clock.span(clock.today(), clock.today() + timedelta(days=9))[1]


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"days": -1}, "last_day"),
        ({"days": 400}, "last_day"),
        ({"last_day": "morgen"}, "last_day"),
        ({"last_day": ""}, "last_day"),
        ({"why": "Darum."}, "why"),
        ({"why": ""}, "why"),
        ({"why": "Wort " * 500}, "why"),
    ],
)
async def test_a_no_stands_at_its_field_and_nothing_is_lost(moderator, make, database, form, field):
    author = await make.citizen()
    comment = await make.comment(author=author)

    page = await block(moderator, comment, **form)

    assert (page.status, len(page.select(f"#{field}-error"))) == (422, 1)
    assert page.one("#why").text.strip() == form.get("why", WHY).strip()
    assert (await person_of(database, author.id)).blocked_until is None


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("whose", ["own", "imported", "nobody's"])
async def test_there_is_nobody_to_block(moderator, make, owner, database, whose, method):
    author = {
        "own": moderator.person,
        "imported": await make.person(source="import", email=None, password=None),
        "nobody's": await make.citizen(),
    }[whose]
    comment = await make.comment(author=author)
    if whose == "nobody's":
        await owner.execute("UPDATE comments SET author_id = NULL")

    address = f"/moderation/{comment.number}/sperren"
    page = await (moderator.get(address) if method == "get" else block(moderator, comment))
    case = await moderator.get(f"/moderation/{comment.number}")

    assert (page.status, case.select(".more a[href*=sperren]")) == (409, [])
    assert (await person_of(database, author.id)).blocked_until is None


async def test_who_hosts_another_room_blocks_nobody(browser, make, database):
    person, author = await make.citizen(), await make.citizen()
    await make.grant(person, "moderator", await make.room())
    await browser.sign_in(person)
    comment = await make.comment(author=author)

    assert (await block(browser, comment)).status == 404
    assert (await person_of(database, author.id)).blocked_until is None
