"""Notices: anybody reports, once; the receipt; the outcome; nobody learns who it was."""

import asyncio
import re
from uuid import uuid4

import pytest

from dialogue import accounts
from dialogue.tables import Attempt, Comment, JournalEntry
from moderation import flags
from moderation.tables import Decision, Flag
from tests.browser import fields

TEXT = "Darin steht der volle Name meiner Nachbarin."
NOTICE = {"category": "personal", "text": TEXT}
REASONS = "Der volle Name einer Nachbarin steht in Ihrem Beitrag."


async def report(browser, comment, **form):
    return await browser.post(f"/melden/{comment.number}", **(NOTICE | form))


def receipt(page):
    return page.words(".receipt__number"), page.words(".receipt__secret")


async def opened(browser, page):
    number, secret = receipt(page)
    return await browser.post("/meldung", number=number, secret=secret)


async def test_anybody_reports_without_an_account_and_gets_a_receipt(browser, make, table):
    comment = await make.comment()

    form = await browser.get(f"/melden/{comment.number}")
    page = await report(browser, comment, once=fields(form.one("main form"))["once"])

    [flag] = await table(Flag)
    number, secret = receipt(page)
    assert page.words("h1") == "Danke, Ihre Meldung ist angekommen"
    assert re.fullmatch(r"M-[0-9A-HJKMNP-TV-Z]{3}-[0-9A-HJKMNP-TV-Z]{3}", number)
    assert re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){6}[0-9A-HJKMNP-TV-Z]{2}", secret)
    assert (flag.comment_id, flag.number, flag.category, flag.text) == (comment.id, number, "personal", TEXT)
    assert (flag.contact, flag.reporter_id, flag.decision_id, flag.settled_at) == (None, None, None, None)
    assert secret.replace("-", "").encode() not in bytes(flag.secret_hash)


async def test_each_public_contribution_leads_to_its_report(browser, make):
    point = await make.point()
    comment = await make.comment(point.thread)

    for address in (f"/punkte/{point.code}", f"/beitraege/{comment.number}"):
        links = [link["href"] for link in (await browser.get(address)).select("a") if link.text == "Melden"]
        assert links == [f"/melden/{comment.number}"]


@pytest.mark.parametrize("who", ["guest", "citizen"])
@pytest.mark.parametrize("status", ["pending", "rejected", "hidden", "withdrawn"])
async def test_what_one_may_not_read_cannot_be_reported_and_looks_like_what_does_not_exist(
    browser, make, table, who, status
):
    comment = await make.comment(status=status)
    if who == "citizen":
        await browser.sign_in(await make.citizen())

    seen = [await browser.get(f"/melden/{number}") for number in (comment.number, "ZZZ-ZZZ")]
    sent = [await browser.post(f"/melden/{number}", **NOTICE) for number in (comment.number, "ZZZ-ZZZ")]

    for hidden, unknown in (seen, sent):
        assert (hidden.status, hidden.words().replace(comment.number, "ZZZ-ZZZ")) == (404, unknown.words())
    assert await table(Flag) == []


async def test_in_a_circle_its_members_report_and_nobody_else_knows_of_it(browser, new_browser, make, table):
    member = await make.citizen()
    circle = await make.circle(member)
    point = await make.point(await make.consultation(circle_id=circle.id))
    comment = await make.comment(point.thread)
    inside = new_browser()
    await inside.sign_in(member)

    assert [(await report(browser, comment)).status, (await report(inside, comment)).status] == [404, 200]
    assert [flag.reporter_id for flag in await table(Flag)] == [member.id]


async def test_ones_own_contribution_is_not_reported(browser, make, table):
    author = await make.citizen()
    comment = await make.comment(author=author)
    await browser.sign_in(author)

    page = await report(browser, comment)

    assert (page.status, page.words("h1")) == (409, "Das ist Ihr eigener Beitrag")
    assert await table(Flag) == []


@pytest.mark.parametrize(
    ("form", "field", "sentence"),
    [
        ({"category": ""}, "category", "Bitte wählen Sie, worum es geht."),
        ({"text": ""}, "text", "Bitte schreiben Sie etwas."),
        ({"text": "\0\0\0"}, "text", "Bitte schreiben Sie etwas."),
        ({"text": "\u202e\u200b \u2066"}, "text", "Bitte schreiben Sie etwas."),
        ({"text": "doof"}, "text", "Bitte erklären Sie es in Worten, mit mindestens 10 Zeichen."),
        ({"text": "😡" * 20}, "text", "Bitte erklären Sie es in Worten, mit mindestens 10 Zeichen."),
        ({"text": "x" * 5_000}, "text", "Ihr Text ist zu lang: 5 000 von höchstens 2 000 Zeichen."),
        ({"contact": "anna"}, "contact", "Diese E-Mail-Adresse ist unvollständig."),
        (
            {"contact": "a@x.example\r\nBcc: b@x.example"},
            "contact",
            "Diese E-Mail-Adresse ist unvollständig.",
        ),
    ],
)
async def test_a_bad_notice_is_told_in_german_and_nothing_typed_is_lost(
    browser, make, table, form, field, sentence
):
    comment = await make.comment()
    typed = NOTICE | {"contact": "anna@x.example", "once": str(uuid4())} | form

    page = await report(browser, comment, **typed)

    assert (page.status, await table(Flag)) == (422, [])
    assert sentence in page.words(".errors")
    assert sentence in page.words(f"#{field}-error")
    kept = fields(page.one("main form"))
    assert kept["once"] == typed["once"]
    if field != "text":
        assert kept["text"] == TEXT
    if field != "contact":
        assert kept["contact"] == "anna@x.example"
    if field != "category":
        assert kept["category"] == "personal"


async def test_words_of_every_writing_are_accepted_and_stay_as_they_are(browser, make, table):
    typed = "هذا التعليق يهين جارتي \u2067<b>&amp;\u2069 👩‍👩‍👧"

    await report(browser, await make.comment(), text=typed)

    assert [flag.text for flag in await table(Flag)] == [typed]


async def test_the_same_again_shows_the_same_receipt(browser, make, table):
    comment, once = await make.comment(), str(uuid4())

    pages = await asyncio.gather(*(report(browser, comment, once=once) for _ in range(6)))
    later = await report(browser, comment, once=once)

    assert {receipt(page) for page in [*pages, later]} == {receipt(later)}
    assert len(await table(Flag)) == 1


@pytest.mark.parametrize("change", [{"text": "Und noch etwas, das mir auffiel."}, {"once": str(uuid4())}])
async def test_a_second_notice_of_the_same_person_is_told_that_there_is_one(browser, make, table, change):
    comment, form = await make.comment(), {"once": str(uuid4())}
    await report(browser, comment, **form)

    page = await report(browser, comment, **(form | change))

    assert (page.status, page.words("h1")) == (409, "Zu diesem Beitrag gibt es schon eine Meldung")
    assert (form | NOTICE | change)["text"] in page.text
    assert [flag.text for flag in await table(Flag)] == [TEXT]


async def test_people_behind_one_connection_report_from_their_accounts(new_browser, make, table):
    comment, browsers = await make.comment(), [new_browser() for _ in range(3)]
    for browser in browsers[1:]:
        await browser.sign_in(await make.citizen())
    once = str(uuid4())  # somebody else's key opens nothing

    pages = [await report(browser, comment, once=once) for browser in browsers]

    assert [page.status for page in pages] == [200] * 3
    assert len({receipt(page) for page in pages}) == len(await table(Flag)) == 3


async def test_fifty_notices_hide_nothing(make, new_browser, table, settings):
    comment, point = None, await make.point()
    comment = await make.comment(point.thread)
    for _ in range(50):
        browser = new_browser()
        await browser.sign_in(await make.citizen())
        assert (await report(browser, comment)).status == 200

    page = await new_browser().get(f"/punkte/{point.code}")
    assert page.words(".comment__text") == comment.text
    assert [row.status for row in await table(Comment)] == ["published"]
    assert (len(await table(Flag)), await table(Decision), await table(JournalEntry)) == (50, [], [])


@pytest.mark.parametrize("signed_in", [True, False])
async def test_twenty_notices_a_day_and_then_the_text_is_kept(browser, make, database, table, signed_in):
    thread = await make.thread()
    comments = [await make.comment(thread) for _ in range(22)]
    if signed_in:
        await browser.sign_in(await make.citizen())

    statuses = [(await report(browser, comment)).status for comment in comments[:21]]
    last = await report(browser, comments[21], text="Diesen Satz will ich nicht noch einmal tippen.")

    assert statuses == [200] * 20 + [429]
    assert (last.status, last.form(f"/melden/{comments[21].number}")["text"]) == (
        429,
        "Diesen Satz will ich nicht noch einmal tippen.",
    )
    assert int(last.headers["retry-after"]) > 0
    assert len(await table(Flag)) == 20


async def test_the_limit_holds_for_all_that_a_person_reports_not_per_contribution(browser, make, table):
    for _ in range(2):
        await report(browser, await make.comment())

    keys = {(attempt.limit, bytes(attempt.key)) for attempt in await table(Attempt)}
    assert len(keys) == 1
    assert len({bytes(flag.key) for flag in await table(Flag)}) == 1


async def test_one_address_does_not_get_six_mails_an_hour(browser, make):
    thread = await make.thread()

    pages = [await report(browser, await make.comment(thread), contact="anna@x.example") for _ in range(6)]

    assert [page.status for page in pages] == [200] * 5 + [429]


async def test_the_notice_is_acknowledged_by_mail_without_what_was_typed(browser, make, post_box):
    comment, address = await make.comment(), f"anna{uuid4().hex[:6]}@x.example"

    page = await report(
        browser, comment, contact=address, text="Kaufen Sie jetzt bei www.werbung.example ein!"
    )

    [mail] = await post_box(address)
    number, secret = receipt(page)
    assert mail["Subject"] == f"Ihre Meldung {number} ist angekommen"
    assert comment.number in mail.get_content()
    assert [word in mail.get_content() for word in (secret, "werbung.example")] == [False, False]


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("hide", "Die Moderation hat den Beitrag ausgeblendet. Er ist nicht mehr zu lesen."),
        ("publish_masked", "Die Moderation hat Stellen im Beitrag geschwärzt."),
        ("keep", "Er verstößt nicht gegen die Netiquette und bleibt stehen."),
    ],
)
async def test_the_outcome_is_told_on_the_receipt_and_by_mail(
    browser, make, post_box, decide, table, kind, told
):
    comment, rule = (
        await make.comment(text="Frau Meyer ist schuld."),
        await make.rule(number=3, title="Ohne Namen"),
    )
    address = f"anna{uuid4().hex[:6]}@x.example"
    page = await report(browser, comment, contact=address)
    before = await opened(browser, page)

    await decide(comment, kind, rule_id=rule.id, reasons=REASONS, places="Frau Meyer")

    after, mail = await opened(browser, page), (await post_box(address))[-1]
    assert "Bis dahin bleibt er stehen." in before.words(".statement")
    assert mail["Subject"] == f"Was aus Ihrer Meldung {receipt(page)[0]} wurde"
    for text in (after.words(), " ".join(mail.get_content().split())):
        assert told in text
        assert ("Er verstößt gegen Regel 3: Ohne Namen (Netiquette, Fassung 1.0)" in text) == (kind != "keep")
        assert ("nennen Sie die Meldungsnummer" in text, "an ein Gericht" in text) == (True, True)
        assert (REASONS in text, "Frau Meyer" in text) == (False, False)
    assert "geben wir nicht weiter" in after.words()
    [flag], [decision] = await table(Flag), await table(Decision)
    assert (flag.decision_id, decision.origin, decision.notice_id) == (decision.id, "notice", flag.id)


async def test_without_an_address_nobody_is_written_to(browser, make, decide, table, database):
    comment = await make.comment()
    await report(browser, comment)
    await decide(comment, "keep")

    async with database.reading() as db:
        waiting = await db.exec_driver_sql("SELECT convert_from(payload, 'UTF8') FROM pgqueuer")
        assert [row for row in waiting if "notice" in row[0]] == []


async def test_the_mails_of_notices_are_jobs_of_the_same_transaction(browser, make, decide, database, owner):
    comment = await make.comment()
    await report(browser, comment, contact="anna@x.example")
    await decide(comment, "keep")

    async with database.reading() as db:
        waiting = await db.exec_driver_sql("SELECT convert_from(payload, 'UTF8') FROM pgqueuer ORDER BY id")
        templates = [re.search(r'"template": "(\w+)"', row[0]).group(1) for row in waiting]
        assert templates == ["notice_received", "notice_outcome"]


async def test_a_later_restoring_is_told_on_the_receipt(browser, make, decide):
    comment, rule = await make.comment(), await make.rule()
    page = await report(browser, comment)
    await decide(comment, "hide", rule_id=rule.id)
    await decide(comment, "restore")

    assert "Der Beitrag wurde wiederhergestellt." in (await opened(browser, page)).words(".statement")


@pytest.mark.parametrize("status", [None, "withdrawn"])
async def test_who_takes_a_contribution_back_leaves_no_notice_open(
    browser, new_browser, make, post_box, table, status
):
    author, address = await make.citizen(), f"anna{uuid4().hex[:6]}@x.example"
    comment, writer = await make.comment(author=author), new_browser()
    await writer.sign_in(author)
    page = await report(browser, comment, contact=address)

    await writer.post(f"/beitraege/{comment.number}/zurueckziehen")
    if status:
        await writer.post(f"/beitraege/{comment.number}/zurueckziehen")

    neutral = "Der Beitrag ist inzwischen nicht mehr zu lesen. Eine Entscheidung der Moderation war nicht mehr nötig."
    [flag] = await table(Flag)
    _, outcome = await post_box(address)
    assert (flag.decision_id, flag.settled_at is None) == (None, False)
    for text in ((await opened(browser, page)).words(), " ".join(outcome.get_content().split())):
        assert (neutral in text, "zurückgezogen" in text) == (True, False)


@pytest.mark.parametrize(
    ("number", "secret", "status"),
    [
        ("own", "wrong", 404),
        ("M-ZZZ-ZZZ", "own", 404),
        ("", "", 422),
        ("own", "\0", 404),
        ("x" * 5_000, "own", 404),
    ],
)
async def test_only_number_and_secret_together_open_a_notice(browser, make, number, secret, status):
    own = dict(zip(("number", "secret"), receipt(await report(browser, await make.comment())), strict=True))
    typed = {"number": number, "secret": secret}

    page = await browser.post(
        "/meldung", **{key: own[key] if word == "own" else word for key, word in typed.items()}
    )

    assert (page.status, page.select(".statement")) == (status, [])


async def test_number_and_secret_are_read_as_people_type_them(browser, make):
    number, secret = receipt(await report(browser, await make.comment()))

    for typed in (
        number.lower(),
        number.replace("-", ""),
        number.removeprefix("M-"),
        f" {number.replace('-', ' ')} ",
    ):
        page = await browser.post("/meldung", number=typed, secret=secret.lower().replace("-", " "))
        assert (page.status, number in page.words(".statement")) == (200, True)


@pytest.mark.parametrize(
    ("typed", "number"),
    [("m7k492f", "M-7K4-92F"), ("M-7K4-92F", "M-7K4-92F"), ("7k4-92f", "M-7K4-92F"), ("M7K492", "M-M7K-492")],
)
def test_a_notices_number_is_not_taken_for_a_contributions(typed, number):
    assert flags.number(typed) == number


async def test_guessing_ends_after_fifty_tries(browser, make):
    tries = [await browser.post("/meldung", number="M-ZZZ-ZZZ", secret=f"{n}") for n in range(51)]

    assert [page.status for page in tries] == [404] * 50 + [429]


async def test_a_moderator_reads_what_is_open_and_not_who_it_was(browser, new_browser, make):
    comment, reporter = await make.comment(), await make.citizen(pseudonym="Elster 417")
    signed_in = new_browser()
    await signed_in.sign_in(reporter)
    await report(browser, comment, contact="anna@x.example", text="<b>Zu scharf</b> für meinen Geschmack.")
    await report(signed_in, comment)
    await browser.sign_in(await make.moderator())

    page = await browser.get(f"/moderation/{comment.number}")

    assert page.words(".matter h3") == "2 Meldungen"
    assert [" ".join(item.get_text(" ").split()) for item in page.select(".matter li")] == [
        "Private Angaben, zum Beispiel ein Name oder eine Telefonnummer gerade eben "
        "<b>Zu scharf</b> für meinen Geschmack. Für Rückfragen, nur für die Moderation: anna@x.example",
        f"Private Angaben, zum Beispiel ein Name oder eine Telefonnummer gerade eben {TEXT}",
    ]
    assert [word in page.text for word in ("Elster 417", reporter.email)] == [False, False]


async def test_six_months_after_the_decision_nobody_knows_who_reported_what(
    browser, make, decide, table, owner, database
):
    thread = await make.thread()
    comments = [await make.comment(thread) for _ in range(3)]
    await browser.sign_in(await make.citizen())
    pages = [await report(browser, comment, contact="anna@x.example") for comment in comments]
    for comment in comments[:2]:
        await decide(comment, "keep")
    for comment, ago in zip(comments, ("6 months 1 hour", "5 months"), strict=False):
        settled = f"UPDATE flags SET settled_at = now() - interval '{ago}' WHERE comment_id = $1"
        await owner.execute(settled, comment.id)
    before = await table(Flag)

    for _ in range(2):
        async with database.writing() as db:
            await flags.sweep(db)

    old, *rest = await table(Flag)
    assert (old.text, old.contact, old.reporter_id) == ("", None, None)
    assert {bytes(old.key), bytes(old.secret_hash)} & {
        bytes(before[0].key),
        bytes(before[0].secret_hash),
    } == set()
    assert (old.category, old.decision_id, old.number) == (
        before[0].category,
        before[0].decision_id,
        before[0].number,
    )
    assert rest == before[1:]
    assert [(await opened(browser, page)).status for page in pages] == [404, 200, 200]


async def test_a_notice_that_comes_while_the_text_is_hidden_finds_nothing(make, database, table, browser):
    """The notice waits for whoever holds the contribution, and looks again."""
    comment = await make.comment()
    async with database.writing() as db:
        await db.exec_driver_sql("UPDATE comments SET status = 'hidden' WHERE id = $1", (comment.id,))
        waiting = asyncio.create_task(report(browser, comment))
        await asyncio.sleep(0.5)
        assert not waiting.done()

    assert ((await waiting).status, await table(Flag)) == (404, [])


async def test_a_guest_reports_as_a_connection_and_not_once_more_with_every_session(
    new_browser, make, database, table
):
    comment, browsers = await make.comment(), [new_browser() for _ in range(2)]
    for browser in browsers:
        guest = await make.guest()
        async with database.writing() as db:
            token, _ = await accounts.sign_in(db, guest.id, "")
        browser.client.cookies.set("session", token)

    pages = [await report(browser, comment) for browser in browsers]

    assert [(flag.reporter_id, flag.comment_id) for flag in await table(Flag)] == [(None, comment.id)]
    assert receipt(pages[0])[0] == (await table(Flag))[0].number
