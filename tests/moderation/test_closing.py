"""Closing a thread before its time: with rule and reasons that all read, and open again."""

import asyncio

import pytest

from consultations import calendar
from dialogue import journal
from dialogue.kit import clock
from moderation import decisions
from tests.moderation.matter import records

REASONS = "Seit gestern werden hier nur noch Menschen beschimpft."


@pytest.fixture
async def moderator(browser, make):
    browser.person = await make.moderator()
    await browser.sign_in(browser.person)
    return browser


@pytest.fixture
async def point(make):
    return await make.point()


async def close(browser, point, **form):
    return await browser.post(f"/moderation/faden/{point.thread.id}/schliessen", **form)


async def reopen(browser, point, **form):
    return await browser.post(f"/moderation/faden/{point.thread.id}/oeffnen", **form)


async def test_in_a_closed_discussion_all_read_why_and_nobody_writes_or_votes(
    moderator, make, point, new_browser
):
    comment, rule = await make.comment(point.thread), await make.rule(number=2, title="Respekt")
    citizen, guest = new_browser(), new_browser()
    await citizen.sign_in(await make.citizen())

    page = await close(moderator, point, rule=rule.id, reasons=REASONS)

    assert (page.status, page.words("h1")) == (200, "Diskussion wieder öffnen")
    shown = await guest.get(f"/punkte/{point.code}")
    told = shown.words(".point__talk .aside-note")
    assert told.startswith(
        f"Die Moderation hat diese Diskussion geschlossen Regel 2: Respekt {REASONS} Geschlossen am"
    )
    assert comment.number in shown.text
    assert [link["href"] for link in shown.select("a[href*=schreiben]")] == []
    tries = [
        await citizen.get(f"/faden/{point.thread.id}/schreiben"),
        await citizen.post(f"/faden/{point.thread.id}/schreiben", text="Doch noch etwas."),
        await citizen.get(f"/beitraege/{comment.number}/antworten"),
        await citizen.post(f"/beitraege/{comment.number}/antworten", text="Doch noch etwas."),
        await citizen.post(f"/beitraege/{comment.number}/stimme", vote="agree"),
        await citizen.post(f"/faden/{point.thread.id}/haltung", stance="agree"),
    ]
    assert [(each.status, each.words("h1")) for each in tries] == [
        (409, "Diese Diskussion ist geschlossen")
    ] * 6
    assert "Doch noch etwas." in tries[1].words("textarea")


async def test_what_waits_is_still_decided_and_its_author_changes_it_no_more(
    moderator, make, point, new_browser, database
):
    author, rule = await make.citizen(), await make.rule()
    comment = await make.comment(point.thread, author, status="pending")
    writer = new_browser()
    await writer.sign_in(author)
    await close(moderator, point, rule=rule.id, reasons=REASONS)

    edited = await writer.post(f"/beitraege/{comment.number}/bearbeiten", text="Anders.")
    decided = await moderator.post(
        f"/moderation/{comment.number}/entscheiden", decision="publish", revision=1
    )

    assert (edited.status, decided.status) == (409, 200)
    assert [record.decision for record in await records(database)] == ["close_thread", "publish"]


async def test_a_closed_discussion_gives_no_cards(moderator, make, new_browser):
    first = await make.point()
    second = await make.point(first.consultation)
    for each in (first, second):
        await make.comment(each.thread, text=each.code)
    citizen = new_browser()
    await citizen.sign_in(await make.citizen())
    address = f"/beteiligung/{first.consultation.slug}/karten"
    before = await citizen.get(address)

    await close(moderator, first, rule=(await make.rule()).id, reasons=REASONS)

    page, empty = await citizen.get(address), await citizen.get(f"{address}?punkt={first.code}")
    assert [each.words(".deck__progress b") for each in (before, page)] == ["0 von 2", "0 von 1"]
    assert page.words(".deck__text") == second.code
    assert empty.words(".deck h2") == "Noch gibt es nichts zu bewerten"


async def test_opened_again_all_goes_on(moderator, make, point, new_browser):
    comment, rule = await make.comment(point.thread), await make.rule()
    citizen = new_browser()
    await citizen.sign_in(await make.citizen())
    await close(moderator, point, rule=rule.id, reasons=REASONS)

    page = await reopen(moderator, point, reasons="Es hat sich beruhigt.")

    assert page.words("h1") == "Diskussion schließen"
    history = [" ".join(item.get_text(" ").split()).split()[0] for item in page.select(".log > li")]
    assert history == ["Geöffnet", "Geschlossen"]
    assert (await citizen.post(f"/beitraege/{comment.number}/stimme", vote="agree")).status == 200
    assert "geschlossen" not in (await citizen.get(f"/punkte/{point.code}")).words(".point__talk")


async def test_each_act_is_one_record_and_one_entry(moderator, make, point, database):
    rule = await make.rule()
    await close(moderator, point, rule=rule.id, reasons=REASONS)
    await reopen(moderator, point)

    found = await records(database)
    async with database.snapshot() as db:
        entries = list(reversed(await journal.page(db, None)))
    assert [
        (each.thread_id, each.comment_id, each.decision, each.rule_id, each.reasons) for each in found
    ] == [
        (point.thread.id, None, "close_thread", rule.id, REASONS),
        (point.thread.id, None, "open_thread", None, ""),
    ]
    told = [(entry["action"], entry["subject"], entry["detail"]["record"]) for entry in entries]
    assert told == [
        ("thread.closed", f"thread:{point.thread.id}", found[0].id),
        ("thread.opened", f"thread:{point.thread.id}", found[1].id),
    ]
    assert REASONS not in str(entries)
    page = await moderator.get("/moderation/protokoll")
    words = page.words(".log")
    assert ("Diskussion geschlossen" in words, f"Begründung: {REASONS}" in words) == (True, True)


@pytest.mark.parametrize("at_once", [True, False])
async def test_closed_twice_is_closed_once(new_browser, make, point, database, at_once):
    rule, browsers = await make.rule(), [new_browser(), new_browser()]
    for browser in browsers:
        await browser.sign_in(await make.moderator())

    sent = [close(browser, point, rule=rule.id, reasons=REASONS) for browser in browsers]
    answers = await asyncio.gather(*sent) if at_once else [await each for each in sent]
    opened = [await reopen(browsers[0], point) for _ in range(2)]

    assert sorted(answer.status for answer in answers) == [200, 409]
    assert [answer.status for answer in opened] == [200, 200]
    assert [record.decision for record in await records(database)] == ["close_thread", "open_thread"]


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"reasons": REASONS}, "rule"),
        ({"rule": "own", "reasons": "Darum."}, "reasons"),
        ({"rule": "own"}, "reasons"),
    ],
)
async def test_without_rule_and_reasons_nothing_is_closed(moderator, make, point, database, form, field):
    rule = await make.rule()
    form = form | ({"rule": rule.id} if "rule" in form else {})

    page = await close(moderator, point, **form)

    assert (page.status, len(page.select(f"#{field}-error"))) == (422, 1)
    assert page.one("#reasons").text.strip() == form.get("reasons", "")
    assert await records(database) == []


async def test_only_the_rooms_moderators_close_and_read_of_it_in_the_journal(make, new_browser):
    room, rule = await make.room(), await make.rule()
    point = await make.point(await make.consultation(room_id=room.id))
    host, elsewhere = await make.citizen(), await make.citizen()
    await make.grant(host, "moderator", room)
    await make.grant(elsewhere, "moderator", await make.room())
    browsers = [new_browser(), new_browser()]
    for browser, person in zip(browsers, (elsewhere, host), strict=True):
        await browser.sign_in(person)

    answers = [await close(browser, point, rule=rule.id, reasons=REASONS) for browser in browsers]
    opened = await reopen(browsers[0], point)
    seen = [await browser.get(f"/moderation/faden/{point.thread.id}") for browser in browsers]
    journals = [await browser.get("/moderation/protokoll") for browser in browsers]
    links = [(await browser.get(f"/punkte/{point.code}")).select("a[href*=faden]") for browser in browsers]

    assert [page.status for page in (*answers, opened, *seen)] == [404, 200, 404, 404, 200]
    assert [REASONS in page.text for page in journals] == [False, True]
    assert [len(found) for found in links] == [0, 1]


async def test_new_dates_do_not_open_what_was_closed(moderator, make, database, point, new_browser):
    rule = await make.rule()
    await close(moderator, point, rule=rule.id, reasons=REASONS)

    async with database.writing() as db:
        await calendar.apply(db, point.consultation.id)

    assert "geschlossen" in (await new_browser().get(f"/punkte/{point.code}")).words(".point__talk")


async def test_what_is_over_is_not_closed(moderator, make, database):
    day = clock.today()
    point = await make.point(
        await make.consultation(
            starts_on=day.replace(year=day.year - 1), ends_on=day.replace(year=day.year - 1)
        )
    )

    page = await close(moderator, point, rule=(await make.rule()).id, reasons=REASONS)
    shown = await moderator.get(f"/moderation/faden/{point.thread.id}")

    assert (page.status, shown.select("main form")) == (409, [])
    assert await records(database) == []
    assert "close_thread" not in decisions.KINDS
