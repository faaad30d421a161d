"""The gate: what is written waits or appears, is held when triage notices something, and never lost."""

import asyncio
from datetime import timedelta
from hashlib import sha256
from uuid import uuid4

import pytest
from sqlalchemy import select

from dialogue import journal
from dialogue.kit import clock
from dialogue.tables import Comment, Stance
from moderation import guard
from moderation.tables import Decision
from moderation.triage.signs import VERSION

TEXT = "Bitte sagen Sie vorher, woran Sie den Erfolg messen."


async def write(browser, thread, text=TEXT, **form):
    return await browser.post(
        f"/faden/{thread.id}/schreiben",
        **{"text": text, "action": "send", "once": str(uuid4()), "warned": guard.digest(text)} | form,
    )


async def stored(database):
    async with database.reading() as db:
        query = select(Comment.text, Comment.status, Comment.parent_id).order_by(Comment.id)
        return [tuple(row) for row in await db.execute(query)]


async def test_checked_first_everything_waits_for_a_person(browser, make, database):
    point = await make.point(await make.consultation(checks_first=True))
    await browser.sign_in(await make.citizen())

    receipt = await write(browser, point.thread)

    assert receipt.words("h1") == "Danke, Ihr Beitrag ist angekommen"
    assert await stored(database) == [(TEXT, "pending", None)]
    assert (await browser.get(f"/punkte/{point.code}")).select("article.comment") == []


async def test_checked_later_it_appears_when_triage_has_read_it(browser, make, work):
    point = await make.point(await make.consultation(checks_first=False))
    await browser.sign_in(await make.citizen())

    await write(browser, point.thread)
    before = (await browser.get(f"/punkte/{point.code}")).select("article.comment .comment__text")
    await work()

    assert before == []
    page = await browser.get(f"/punkte/{point.code}")
    assert page.words("article.comment .comment__text") == TEXT


async def test_checked_later_its_publication_is_a_decision_without_a_person(browser, make, database, work):
    point = await make.point(await make.consultation(checks_first=False))
    await browser.sign_in(await make.citizen())

    await write(browser, point.thread)
    await work()

    async with database.reading() as db:
        comment = (await db.execute(select(Comment.__table__))).one()
        record = (await db.execute(select(Decision.__table__))).one()
        (entry,) = await journal.page(db, None)
    assert (comment.status, comment.revision, comment.published_at) == ("published", 2, record.decided_at)
    assert (record.comment_id, record.revision, record.decision) == (comment.id, 1, "publish")
    assert (record.automated, record.origin, record.actor_id) == (True, "triage", None)
    assert record.reasons == f"Der Vorprüfung (Fassung {VERSION}) ist in diesem Beitrag nichts aufgefallen."
    assert bytes(record.snapshot) == sha256(TEXT.encode()).digest()
    assert (entry["action"], entry["subject"], entry["actor"]) == (
        "comment.published",
        f"comment:{comment.number}",
        None,
    )
    assert entry["detail"] == {
        "before": "pending",
        "by": "triage",
        "decision": "publish",
        "record": record.id,
    }


async def test_checked_later_the_author_reads_that_no_person_decided_yet(browser, make, work):
    point = await make.point(await make.consultation(checks_first=False))
    await browser.sign_in(await make.citizen())

    before = await browser.get(f"/faden/{point.thread.id}/schreiben")
    once = str(uuid4())
    receipt = await write(browser, point.thread, once=once)
    address = f"/beitraege/{receipt.words('.receipt__number')}"
    waiting = await browser.get(address)
    await work()
    page, again = await browser.get(address), await write(browser, point.thread, once=once)

    soon = "in der Regel nach wenigen Sekunden"
    assert f"erscheint {soon}, automatisch, wenn der Vorprüfung nichts auffällt." in before.words()
    assert receipt.words(".nexts li:first-child") == (
        f"Ihr Beitrag erscheint {soon}, wenn der Vorprüfung nichts auffällt. Sonst liest ihn zuerst ein Mensch – "
        "in der Regel innerhalb eines Werktags."
    )
    assert f"Er erscheint {soon}, wenn der Vorprüfung nichts auffällt." in waiting.words("[role=status]")
    assert again.words(".nexts li:first-child") == (
        "Ihr Beitrag ist schon zu lesen. Hier wird nach dem Veröffentlichen geprüft."
    )
    said = page.words("[aria-label='Entscheidung der Moderation']")
    assert ("Automatisch veröffentlicht am" in said, "Der Vorprüfung ist nichts aufgefallen" in said) == (
        True,
        True,
    )
    assert "von einem Menschen" not in said


async def test_what_triage_published_a_moderator_hides_as_any_other(new_browser, make, database, work):
    point = await make.point(await make.consultation(checks_first=False))
    author, moderator = new_browser(), new_browser()
    await author.sign_in(await make.citizen())
    await moderator.sign_in(await make.moderator())
    number = (await write(author, point.thread)).words(".receipt__number")
    await work()
    rule = await make.rule()

    form = (await moderator.get(f"/moderation/{number}")).form(f"/moderation/{number}/entscheiden")
    told = {"decision": "hide", "rule": rule.id, "reasons": "Nach dem Lesen: ein Name steht darin."}
    await moderator.post(f"/moderation/{number}/entscheiden", **form | told)

    async with database.reading() as db:
        columns = (Decision.decision, Decision.revision, Decision.automated)
        rows = [tuple(row) for row in await db.execute(select(*columns).order_by(Decision.id))]
    assert rows == [("publish", 1, True), ("hide", 2, False)]
    history = (await moderator.get(f"/moderation/{number}")).select(".case .log li")
    assert ["automatisch" in item.text for item in history] == [False, True]


async def test_what_was_taken_back_is_not_called_published(browser, make, work):
    point = await make.point(await make.consultation(checks_first=False))
    await browser.sign_in(await make.citizen())
    number = (await write(browser, point.thread)).words(".receipt__number")
    await work()

    await browser.post(f"/beitraege/{number}/zurueckziehen")

    assert (await browser.get(f"/beitraege/{number}")).select(
        "[aria-label='Entscheidung der Moderation']"
    ) == []


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("Melden Sie sich unter 0345 123 45 67 bei mir.", "personal"),
        ("Schreiben Sie an erna@example.org, ich helfe gern.", "personal"),
        ("Konto: DE89 3704 0044 0532 0130 00", "personal"),
        ("Konto: DE89\n3704 0044 0532 0130 00", "personal"),
        ("Mehr auf https://werbung.example jetzt", "link"),
        ("Ihr Idioten im Ratshof", "insult"),
        ("ICH WILL KEINE KAMERAS HIER!!!", "shouting"),
        ("👍👍👍", "wordless"),
    ],
)
async def test_checked_later_what_triage_notices_is_held_with_its_reason(
    browser, make, database, work, text, sign
):
    point = await make.point(await make.consultation(checks_first=False))
    await browser.sign_in(await make.citizen())

    await write(browser, point.thread, text)
    await work()

    async with database.reading() as db:
        status, signs = (await db.execute(select(Comment.status, Comment.signs))).one()
    assert (status, signs[0]["kind"]) == ("pending", sign)


@pytest.mark.parametrize(
    "text", ["Aktenzeichen 4711-08/15 vom Mai", "Am 21.11.2026 um 18 Uhr im Ratshof", "Punkt 3.2.1"]
)
async def test_numbers_that_mean_nothing_are_not_held(browser, make, database, work, text):
    point = await make.point(await make.consultation(checks_first=False))
    await browser.sign_in(await make.citizen())

    await write(browser, point.thread, text)
    await work()

    assert [row[1] for row in await stored(database)] == ["published"]


async def test_twelve_equal_submits_make_one_contribution(browser, make, database):
    thread, once = await make.thread(), str(uuid4())
    await browser.sign_in(await make.citizen())

    answers = await asyncio.gather(*(write(browser, thread, once=once) for _ in range(12)))

    assert {answer.words("main") for answer in answers} == {answers[0].words("main")}
    assert await stored(database) == [(TEXT, "pending", None)]


async def test_a_stance_may_come_along_with_the_contribution(browser, make, database):
    thread, citizen = await make.thread(), await make.citizen()
    await browser.sign_in(citizen)

    await write(browser, thread, stance="disagree")

    async with database.reading() as db:
        assert [tuple(row) for row in await db.execute(select(Stance.person_id, Stance.value))] == [
            (citizen.id, -1)
        ]


@pytest.mark.parametrize(("value", "name"), [(1, "agree"), (0, "pass"), (-1, "disagree"), (None, None)])
async def test_ones_stance_is_still_chosen_when_one_writes(browser, make, value, name):
    thread, citizen = await make.thread(), await make.citizen()
    if value is not None:
        await make.stance(thread, citizen, value)
    await browser.sign_in(citizen)

    page = await browser.get(f"/faden/{thread.id}/schreiben")

    assert [choice["value"] for choice in page.select("[name=stance][checked]")] == ([name] if name else [])


async def test_the_form_says_what_one_writes_and_what_follows(browser, make):
    author, parent = await make.citizen(), await make.comment()
    comment = await make.comment(author=author, status="pending")
    reply = await make.comment(
        author=author, thread_id=parent.thread_id, parent_id=parent.id, status="pending"
    )
    await browser.sign_in(author)

    addresses = [f"/faden/{parent.thread_id}/schreiben", f"/beitraege/{parent.number}/antworten"]
    addresses += [f"/beitraege/{own.number}/bearbeiten" for own in (comment, reply)]
    pages = [await browser.get(address) for address in addresses]

    new = "Sie bekommen eine Beitragsnummer. Damit finden Sie Ihren Beitrag wieder."
    kept = "Der neue Text ersetzt den alten. Die Beitragsnummer {} bleibt."
    assert [(page.words("label[for=text]"), page.words(".nexts li:first-child")) for page in pages] == [
        ("Ihr Beitrag", new),
        ("Ihre Antwort", new),
        ("Ihr Beitrag", kept.format(comment.number)),
        ("Ihre Antwort", kept.format(reply.number)),
    ]


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("Rufen Sie mich an: 0345 123 45 67", ["Steht hier etwas Persönliches?"]),
        ("Mehr auf https://halle.example", ["Ihr Text enthält einen Link"]),
        (
            "erna@example.org, https://halle.example",
            ["Steht hier etwas Persönliches?", "Ihr Text enthält einen Link"],
        ),
        ("IHR IDIOTEN IM RATSHOF!!!", []),
        ("Alles gut so.", []),
    ],
)
async def test_the_preview_tells_what_one_may_not_want_to_publish(browser, make, text, titles):
    thread = await make.thread()
    await browser.sign_in(await make.citizen())

    page = await write(browser, thread, text, action="preview")

    assert [title.text for title in page.select("form .kern-alert .kern-title")] == titles


async def test_a_reply_belongs_to_its_contribution_and_cannot_be_replied_to(browser, make, database):
    parent = await make.comment()
    reply = await make.comment(thread_id=parent.thread_id, parent_id=parent.id)
    await browser.sign_in(await make.citizen())

    written = await browser.post(
        f"/beitraege/{parent.number}/antworten", text=TEXT, action="send", once=str(uuid4())
    )
    refused = await browser.post(f"/beitraege/{reply.number}/antworten", text=TEXT, action="send")

    assert (written.status, refused.status) == (200, 409)
    assert (await stored(database))[-1] == (TEXT, "pending", parent.id)


async def test_the_preview_stores_nothing_and_keeps_the_text(browser, make, database):
    thread = await make.thread()
    await browser.sign_in(await make.citizen())

    page = await write(browser, thread, "Erster Absatz\n\nZweiter <b>Absatz</b>", action="preview")

    assert page.one("textarea").text.strip() == "Erster Absatz\n\nZweiter <b>Absatz</b>"
    assert "Zweiter <b>Absatz</b>" in page.words()
    assert await stored(database) == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Bitte schreiben Sie etwas."),
        (" \n\t ", "Bitte schreiben Sie etwas."),
        ("\x00\x07", "Bitte schreiben Sie etwas."),
        ("ä" * 5001, "Ihr Text ist zu lang: 5 001 von höchstens 5 000 Zeichen. Bitte kürzen Sie ihn."),
    ],
)
async def test_bad_input_gets_a_sentence_and_keeps_the_text(browser, make, database, text, sentence):
    thread = await make.thread()
    await browser.sign_in(await make.citizen())

    page = await write(browser, thread, text)

    assert page.status == 422
    assert page.words(".kern-error") == sentence
    assert page.one("textarea").text.strip() == text.strip("\x00\x07 \n\t")
    assert await stored(database) == []


async def test_length_counts_what_a_person_would_count(browser, make, database):
    thread = await make.thread()
    await browser.sign_in(await make.citizen())

    page = await write(browser, thread, "👩‍👩‍👧‍👦" * 2500)

    assert page.status == 200


@pytest.mark.parametrize(
    ("opens", "closes", "title"),
    [(-9, -1, "Diese Beteiligung ist beendet"), (1, 9, "Diese Beteiligung hat noch nicht begonnen")],
)
async def test_outside_the_dates_the_text_is_kept_on_a_friendly_page(
    browser, make, database, opens, closes, title
):
    now = clock.now()
    thread = await make.thread(opens_at=now + timedelta(days=opens), closes_at=now + timedelta(days=closes))
    await browser.sign_in(await make.citizen())

    page = await write(browser, thread)

    assert (page.status, page.words("h1")) == (409, title)
    assert TEXT in page.text
    assert await stored(database) == []


async def test_the_author_edits_while_it_waits_and_it_passes_the_gate_again(browser, make, database):
    author = await make.citizen()
    comment = await make.comment(author=author, status="pending")
    await browser.sign_in(author)

    told = {"text": "Neu: erna@example.org", "warned": guard.digest("Neu: erna@example.org")}
    await browser.post(f"/beitraege/{comment.number}/bearbeiten", **told)

    async with database.reading() as db:
        text, revision, signs = (
            await db.execute(select(Comment.text, Comment.revision, Comment.signs))
        ).one()
    assert (text, revision, [sign["kind"] for sign in signs]) == ("Neu: erna@example.org", 2, ["personal"])


async def test_after_publication_only_withdrawing_is_left(browser, make, database):
    author = await make.citizen()
    comment = await make.comment(author=author)
    await browser.sign_in(author)

    edited = await browser.post(f"/beitraege/{comment.number}/bearbeiten", text="Anders", action="send")
    await browser.post(f"/beitraege/{comment.number}/zurueckziehen")

    assert (edited.status, edited.words("h1")) == (409, "Dieser Beitrag ist schon geprüft")
    assert [(row[0], row[1]) for row in await stored(database)] == [(comment.text, "withdrawn")]


async def test_after_the_end_what_waits_is_not_replaced_by_something_else(browser, make, database, owner):
    author = await make.citizen()
    comment = await make.comment(author=author, status="pending")
    await browser.sign_in(author)
    await owner.execute("UPDATE threads SET closes_at = now()")
    address = f"/beitraege/{comment.number}/bearbeiten"

    answers = [await browser.get(address), await browser.post(address, text="Ganz anders")]
    answers.append(await browser.post(address, text="Ganz anders", action="preview"))

    assert [(answer.status, answer.words("h1")) for answer in answers] == [
        (409, "Diese Beteiligung ist beendet")
    ] * 3
    assert answers[1].one("textarea").text.strip() == "Ganz anders"
    assert await stored(database) == [(comment.text, "pending", None)]
    page = await browser.get(f"/beitraege/{comment.number}")
    assert [link.text for link in page.select(".form__actions")[0].select("a")] == ["Zurückziehen", "Löschen"]


async def test_a_blocked_person_edits_nothing(browser, make, database, owner):
    author = await make.citizen()
    comment = await make.comment(author=author, status="pending")
    await browser.sign_in(author)
    await owner.execute("UPDATE people SET blocked_until = now() + interval '1 day'")

    page = await browser.post(f"/beitraege/{comment.number}/bearbeiten", text="Ganz anders")

    assert (page.status, page.words(".errors li")) == (
        422,
        "Ihr Konto ist zurzeit für Beiträge gesperrt. Die Begründung steht unter „Mein Konto“.",
    )
    assert await stored(database) == [(comment.text, "pending", None)]


async def test_the_page_after_editing_says_that_the_new_text_waits(browser, make):
    author = await make.citizen()
    comment = await make.comment(author=author, status="pending")
    await browser.sign_in(author)

    page = await browser.post(f"/beitraege/{comment.number}/bearbeiten", text="Verbessert")

    assert page.words("[role=status]") == (
        "Ihr Beitrag wird geprüft Ein Mensch liest ihn, in der Regel innerhalb eines Werktags. "
        "Zuletzt geändert: gerade eben."
    )


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        ("pending", "Ihr Text wird danach nicht mehr geprüft und nicht veröffentlicht."),
        (
            "published",
            "Ihr Text ist danach nicht mehr zu lesen, und Stimmen zu ihm zählen nicht mehr. Antworten anderer "
            "bleiben stehen; darüber steht dann, dass der Beitrag nicht mehr öffentlich ist.",
        ),
    ],
)
async def test_taking_back_is_asked_for_before_it_happens(browser, make, database, status, sentence):
    author = await make.citizen()
    comment = await make.comment(author=author, status=status)
    await browser.sign_in(author)
    address = f"/beitraege/{comment.number}/zurueckziehen"

    own = await browser.get(f"/beitraege/{comment.number}")
    asked = await browser.get(address)
    before = await stored(database)
    page = await browser.post(address)

    assert (len(own.select(f"a[href='{address}']")), own.select(f"form[action='{address}']")) == (1, [])
    assert asked.words(".form > p") == f"{sentence} Das lässt sich nicht rückgängig machen."
    assert ([row[1] for row in before], (await stored(database))[0][1]) == ([status], "withdrawn")
    assert page.words("[role=status]") == "Sie haben diesen Beitrag zurückgezogen Er ist nicht mehr zu lesen."


@pytest.mark.parametrize("status", ["rejected", "hidden", "withdrawn"])
async def test_what_nobody_reads_is_not_offered_for_taking_back(browser, make, status):
    author = await make.citizen()
    comment = await make.comment(author=author, status=status)
    await browser.sign_in(author)
    address = f"/beitraege/{comment.number}/zurueckziehen"

    asked = await browser.get(address)
    tried = await browser.post(address)

    assert (asked.status, asked.words("h1")) == (409, "Hier gibt es nichts zurückzuziehen")
    refused = (tried.words("h1"), tried.select("#refusal ~ form"))
    assert refused == (f"Beitrag {comment.number}" if status == "withdrawn" else asked.words("h1"), [])


async def test_who_wrote_a_lot_may_still_mend_it(browser, make, database):
    author = await make.citizen()
    comment = await make.comment(author=author, status="pending")
    for _ in range(10):
        await make.comment(author=author, created_at=clock.now())
    await browser.sign_in(author)

    await browser.post(f"/beitraege/{comment.number}/bearbeiten", text="Verbessert")

    assert (await stored(database))[0] == ("Verbessert", "pending", None)


@pytest.mark.parametrize("at_once", [True, False])
async def test_taken_back_twice_is_taken_back(browser, make, database, at_once):
    author = await make.citizen()
    comment = await make.comment(author=author)
    await browser.sign_in(author)

    pressed = [browser.post(f"/beitraege/{comment.number}/zurueckziehen") for _ in range(2)]
    answers = await asyncio.gather(*pressed) if at_once else [await each for each in pressed]

    assert [answer.status for answer in answers] == [200, 200]
    async with database.reading() as db:
        entries = [entry["action"] for entry in await journal.page(db, None)]
    assert (entries, await stored(database)) == (["comment.withdrawn"], [(comment.text, "withdrawn", None)])


async def test_nobody_else_edits_or_withdraws(browser, make, database):
    comment = await make.comment(status="pending")
    await browser.sign_in(await make.citizen())

    answers = [
        await browser.post(f"/beitraege/{comment.number}/bearbeiten", text="Anders", action="send"),
        await browser.post(f"/beitraege/{comment.number}/zurueckziehen"),
    ]

    assert [answer.status for answer in answers] == [404, 404]
    assert await stored(database) == [(comment.text, "pending", None)]
