"""A case: what stands around it, the words of its decisions, and what happens when somebody was faster."""

import asyncio
from datetime import timedelta

import pytest

from dialogue import journal
from dialogue.kit import clock
from moderation import claims, decisions
from moderation.tables import Claim
from tests.house.test_budgets import counted, kinds
from tests.moderation import matter
from tests.moderation.matter import REASONS, decide, now, records

HTMX = {"hx-request": "true"}


@pytest.fixture
async def moderator(browser, make):
    """A browser signed in as a moderator of everything."""
    browser.person = await make.moderator()
    await browser.sign_in(browser.person)
    return browser


def offered(page):
    return [" ".join(button.get_text(" ").split()[:-1]) for button in page.select(".decide [name=decision]")]


# --- around it ---------------------------------------------------------------------------------------


async def test_a_reply_is_read_with_what_it_answers_and_its_neighbours(moderator, make):
    thread, moment = await make.thread(), clock.now() - timedelta(hours=5)
    entry = await make.comment(thread, text="Der Beitrag.", published_at=moment)
    for n in range(4):
        at = moment + timedelta(hours=n)
        await make.comment(thread, parent_id=entry.id, text=f"Antwort {n}", published_at=at)
    await make.comment(thread, parent_id=entry.id, text="Verborgen", status="hidden")
    await make.comment(thread, text="Ein anderer Beitrag.")
    at = moment + timedelta(hours=2, minutes=30)
    reply = await make.comment(thread, parent_id=entry.id, status="pending", text="Neu.", created_at=at)

    page = await moderator.get(f"/moderation/{reply.number}")

    assert page.words(".case__around").endswith(": Der Beitrag.")
    near = [item.select("span")[-1].text for item in page.select("details .log li")][1:]
    assert near == ["Antwort 1", "Antwort 2", "Antwort 3"]
    assert f"/beitraege/{entry.number}" in [link["href"] for link in page.select("details .log a")]


async def test_beside_an_entry_stand_the_entries_before_and_after_it(moderator, make):
    thread, moment = await make.thread(), clock.now() - timedelta(hours=9)
    made = [
        await make.comment(thread, text=f"Beitrag {n}", published_at=moment + timedelta(hours=n))
        for n in range(7)
    ]

    page = await moderator.get(f"/moderation/{made[3].number}")

    near = [item.select("span")[-1].text for item in page.select("details .log li")]
    assert near == ["Beitrag 1", "Beitrag 2", "Beitrag 4", "Beitrag 5"]


async def test_the_authors_earlier_decisions_are_counted_where_one_moderates_and_name_nobody(browser, make):
    room, person, rule = await make.room(), await make.citizen(), await make.rule(number=2, title="Respekt")
    await make.grant(person, "moderator", room)
    here, there = await make.thread(room_id=room.id), await make.thread()
    author = await make.citizen(pseudonym="Ahorn 7", email="ahorn@geheim.example")
    judge = await make.moderator()
    for thread, kind in [(here, "reject")] * 4 + [
        (here, "publish"),
        (here, "publish_masked"),
        (there, "hide"),
    ]:
        earlier = await make.comment(thread, author, text="Anderer Text", status="hidden")
        await matter.decided_by(make, earlier, judge, kind, rule)
    await matter.decided_by(make, await make.comment(here), judge, "reject", rule)
    case = await make.comment(here, author, status="pending", text="Neu")
    await browser.sign_in(person)

    page = await browser.get(f"/moderation/{case.number}")

    shown = page.select(".case > details")[0]
    words = " ".join(shown.get_text(" ").split())
    assert words.startswith(
        "6 frühere Entscheidungen zu derselben Person 1 veröffentlicht · 1 geschwärzt · 4 abgelehnt"
    )
    assert len(shown.select("li")) == 5
    assert "Regel 2: Respekt" in words
    told = [word in page.text for word in ("ahorn@geheim.example", "Anderer Text", judge.pseudonym)]
    assert told == [False] * 3


async def test_of_who_left_nothing_is_counted(moderator, make, owner):
    comment = await make.comment(status="pending")
    await make.comment(status="published")
    await owner.execute("UPDATE comments SET author_id = NULL")

    page = await moderator.get(f"/moderation/{comment.number}")

    assert (page.status, page.words(".case > details > summary")) == (200, "")


# --- the decisions that are offered ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "open", "buttons"),
    [
        (
            "pending",
            "",
            ["Veröffentlichen und weiter", "Ablehnen und weiter", "Geschwärzt veröffentlichen und weiter"],
        ),
        ("published", "", ["Ausblenden und weiter", "Schwärzen und weiter"]),
        ("published", "flag", ["Bleibt stehen, weiter", "Ausblenden und weiter", "Schwärzen und weiter"]),
        ("published", "audit", ["Bleibt stehen, weiter", "Ausblenden und weiter", "Schwärzen und weiter"]),
        ("rejected", "", ["Wiederherstellen und weiter"]),
        ("hidden", "", ["Wiederherstellen und weiter"]),
        ("withdrawn", "", []),
        (
            "rejected",
            "reject",
            ["Der Beschwerde stattgeben und weiter", "Entscheidung bleibt bestehen, weiter"],
        ),
        (
            "hidden",
            "hide",
            ["Der Beschwerde stattgeben und weiter", "Entscheidung bleibt bestehen, weiter"],
        ),
        (
            "published",
            "publish_masked",
            [
                "Der Beschwerde stattgeben und weiter",
                "Entscheidung bleibt bestehen, weiter",
            ],
        ),
    ],
)
async def test_a_case_offers_exactly_what_can_be_decided(moderator, make, status, open, buttons):
    comment, rule = await make.comment(status=status, revision=2), await make.rule()
    if open == "flag":
        await matter.flag(make, comment)
    elif open == "audit":
        await matter.audit(make, comment)
    elif open:
        decision = await matter.decided_by(make, comment, await make.moderator(), open, rule)
        await matter.appeal(make, comment, decision)

    page = await moderator.get(f"/moderation/{comment.number}")

    assert offered(page) == buttons
    answering = open in {"reject", "hide", "publish_masked"}
    assert page.words("label[for=reasons]") == (
        "Antwort auf die Beschwerde"
        if answering
        else "Begründung an die Autorin oder den Autor"
        if status in {"pending", "published"}
        else ""
    )


@pytest.mark.parametrize("kind", ["keep", "restore"])
async def test_an_appeal_is_answered_in_writing_by_somebody_else(new_browser, make, database, kind):
    rule, judge, other = await make.rule(), await make.moderator(), await make.moderator()
    comment = await make.comment(status="rejected", revision=2)
    await matter.appeal(make, comment, await matter.decided_by(make, comment, judge, "reject", rule))
    own, another = new_browser(), new_browser()
    await own.sign_in(judge)
    await another.sign_in(other)

    barred = await decide(own, comment, kind, reasons=REASONS)
    wordless = await decide(another, comment, kind, reasons="Nein.")
    answered = await decide(another, comment, kind, reasons=REASONS)

    assert (barred.status, barred.words("#refusal")) == (409, decisions.OWN_APPEALED)
    assert (wordless.status, wordless.form(f"/moderation/{comment.number}/entscheiden")["reasons"]) == (
        422,
        "Nein.",
    )
    after = {"keep": "rejected", "restore": "published"}[kind]
    assert (answered.status, (await now(database, comment)).status) == (200, after)
    assert [(record.decision, record.origin) for record in await records(database)] == [
        ("reject", "own"),
        (kind, "appeal"),
    ]
    history = await another.get(f"/moderation/{comment.number}")
    assert "Antwort auf eine Beschwerde" in history.words(".log")


@pytest.mark.parametrize("open", ["flag", "audit"])
async def test_what_stays_needs_no_words_and_is_off_the_list(moderator, make, database, open):
    comment = await make.comment()
    await (matter.flag if open == "flag" else matter.audit)(make, comment)
    kind = {"flag": "gemeldet", "audit": "stichprobe"}[open]

    page = await decide(moderator, comment, "keep", address=f"?zeige={kind}")

    assert page.words("[role=status]") == f"Beitrag {comment.number} bleibt, wie er ist. Ansehen"
    assert (page.path, page.select(".queue__item")) == ("/moderation", [])
    (record,) = await records(database)
    assert (record.decision, record.origin) == ("keep", {"flag": "notice", "audit": "audit"}[open])
    assert (await now(database, comment)).status == "published"


STATUSES = ("pending", "published", "rejected", "hidden", "withdrawn")
LEADS = {
    ("publish", "pending"): "published",
    ("publish_masked", "pending"): "published",
    ("publish_masked", "published"): "published",
    ("reject", "pending"): "rejected",
    ("hide", "published"): "hidden",
    ("restore", "rejected"): "published",
    ("restore", "hidden"): "published",
}


@pytest.mark.parametrize("reported", [False, True], ids=["nothing open", "reported"])
@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("kind", decisions.KINDS)
async def test_every_decision_in_every_status_works_or_is_refused_with_a_way_on(
    moderator, make, database, kind, status, reported
):
    comment, rule = await make.comment(status=status), await make.rule()
    if reported:
        await matter.flag(make, comment)
    following = await make.comment(status="pending")

    page = await decide(moderator, comment, kind, rule=rule.id, reasons=REASONS, places="kennzeichnen")

    right = (kind, status) in LEADS or (kind == "keep" and reported and status != "pending")
    assert page.status == (200 if right else 409)
    assert (await now(database, comment)).status == LEADS.get((kind, status), status)
    assert len(await records(database)) == right
    if not right:
        assert page.words("#refusal")
        assert f"/moderation/{following.number}" in [link["href"] for link in page.select("main a")]
        assert REASONS in page.words("textarea")


# --- bad input ---------------------------------------------------------------------------------------

WALL, FAMILY, HEBREW = "Wort " * 1_000, "👩‍👩‍👧‍👦" * 30, "הסיבה היא שהטקסט מעליב אדם אחר בשמו"


@pytest.mark.parametrize(
    ("reasons", "stored"),
    [
        (HEBREW, HEBREW),
        (FAMILY, FAMILY),
        (f"\u202e{REASONS}", f"\u202e{REASONS}"),
        ("Bitte ohne\x00 die Beleidigung noch einmal.", "Bitte ohne die Beleidigung noch einmal."),
        ("<b>Bitte</b> ohne die Beleidigung noch einmal.", "<b>Bitte</b> ohne die Beleidigung noch einmal."),
    ],
)
async def test_reasons_in_any_writing_are_kept_as_they_are(moderator, make, database, reasons, stored):
    comment, rule = await make.comment(status="pending"), await make.rule()

    page = await decide(moderator, comment, "reject", rule=rule.id, reasons=reasons)

    (record,) = await records(database)
    assert (page.status, record.reasons) == (200, stored)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("reasons", WALL, "Bitte fassen Sie die Begründung kürzer: höchstens 2 000 Zeichen."),
        ("reasons", "😀😀😀", "Bitte begründen Sie die Entscheidung mit mindestens 20 Zeichen."),
        ("reasons", "\x00" * 30, "Bitte begründen Sie die Entscheidung mit mindestens 20 Zeichen."),
        ("reasons", "", "Bitte begründen Sie die Entscheidung mit mindestens 20 Zeichen."),
        ("rule", "9" * 30, "Bitte wählen Sie die Regel, um die es geht."),
        ("rule", "eins", "Bitte wählen Sie die Regel, um die es geht."),
        ("rule", "1\x00", "Bitte wählen Sie die Regel, um die es geht."),
    ],
)
async def test_odd_input_is_a_sentence_at_its_field_and_stays_typed(
    moderator, make, database, field, value, sentence
):
    comment, rule = await make.comment(status="pending"), await make.rule()
    form = {"rule": rule.id, "reasons": REASONS, "places": "kennzeichnen"} | {field: value}

    page = await decide(moderator, comment, "reject", **form)

    assert (page.status, page.words(f"#{field}-error")) == (422, sentence)
    sent = page.form(f"/moderation/{comment.number}/entscheiden")
    assert (sent["places"], sent["revision"]) == ("kennzeichnen", "1")
    assert sent["reasons"] == form["reasons"].replace("\x00", "").strip()
    assert await records(database) == []


@pytest.mark.parametrize("revision", ["", "x", "0", "-1", "9" * 30, "1.0", "\x00"])
async def test_a_form_of_another_text_decides_nothing(moderator, make, database, revision):
    comment, rule = await make.comment(status="pending", revision=3), await make.rule()

    values = {"decision": "reject", "revision": revision, "rule": rule.id, "reasons": REASONS}
    page = await moderator.post(f"/moderation/{comment.number}/entscheiden", **values)

    assert (page.status, await records(database)) == (409, [])
    assert REASONS in page.words("textarea")


async def test_what_its_author_changed_meanwhile_is_not_decided_unread(new_browser, make, database):
    author = await make.citizen()
    comment = await make.comment(author=author, status="pending")
    moderator, writer = new_browser(), new_browser()
    await moderator.sign_in(await make.moderator())
    await writer.sign_in(author)
    await writer.post(f"/beitraege/{comment.number}/bearbeiten", text="Anders gesagt.")

    page = await decide(moderator, comment, "publish")

    assert (page.status, (await now(database, comment)).status) == (409, "pending")
    assert page.words("h1") == "Inzwischen hat sich etwas geändert"
    assert f"/moderation/{comment.number}" in [link["href"] for link in page.select("main a")]


async def test_who_holds_it_is_named_and_the_form_is_not_offered(new_browser, make):
    comment, holder = await make.comment(status="pending"), await make.moderator(pseudonym="Linde 3")
    await make.row(Claim, comment_id=comment.id, person_id=holder.id, until=clock.now() + claims.HOLD)
    browser = new_browser()
    await browser.sign_in(await make.moderator())

    page = await browser.get(f"/moderation/{comment.number}")
    late = await decide(browser, comment, "publish")

    assert ("Linde 3" in page.words(".case > .aside-note"), page.select("form.decide")) == (True, [])
    assert (late.status, late.words("#refusal")) == (
        409,
        "Diesen Beitrag bearbeitet gerade jemand anderes. Bitte nehmen Sie den nächsten.",
    )


# --- in place ----------------------------------------------------------------------------------------


async def test_in_place_the_answer_to_a_decision_is_the_next_case(moderator, make, database):
    first, second = await make.comment(status="pending"), await make.comment(status="pending", text="Danach")

    page = await decide(moderator, first, "publish", address="?ordnung=dauer", headers=HTMX)

    assert (page.status, page.words("h1")) == (200, f"Beitrag {second.number} prüfen")
    assert page.headers["hx-push-url"] == f"/moderation/{second.number}?ordnung=dauer"
    assert page.words("#gesagt") == f"Beitrag {first.number} veröffentlicht. Ansehen"
    assert page.words(".case__text") == "Danach"
    assert page.select(".queue__item a")[0].text == "Danach"


async def test_in_place_after_the_last_comes_the_list(moderator, make):
    comment = await make.comment(status="pending")

    page = await decide(moderator, comment, "publish", headers=HTMX)

    assert (page.words("h1"), page.words("main h2")) == ("Moderation", "Alles geprüft")
    assert page.headers["hx-push-url"] == "/moderation"


async def test_in_place_a_no_is_the_case_or_the_way_to_the_next(moderator, make):
    comment = await make.comment(status="pending")
    comment_gone = await make.comment(status="withdrawn")

    wordless = await decide(moderator, comment, "reject", headers=HTMX)
    gone = await decide(moderator, comment_gone, "publish", headers=HTMX)

    assert (wordless.status, len(wordless.select("main form.decide"))) == (422, 1)
    assert (gone.status, gone.words("main .kern-btn--primary")) == (409, "Weiter zum nächsten Beitrag")


async def test_the_next_case_is_read_before_the_journal_is_held(moderator, make, database):
    first, _ = await make.comment(status="pending"), await make.comment(status="pending")

    with counted(database) as statements:
        await decide(moderator, first, "publish", headers=HTMX)

    told = kinds(statements)
    at = told.index("INSERT INTO journal")
    # After the commit, in a transaction of its own, the next case is taken.
    assert told[at + 1 :] == ["INSERT INTO claims"]
    assert len(told) <= 30, told


# --- many at once ------------------------------------------------------------------------------------


async def test_two_moderators_deciding_fifty_at_once_decide_each_once(new_browser, make, database):
    author, thread, rule = await make.person(), await make.thread(), await make.rule()
    waiting = [await make.comment(thread, author, status="pending") for _ in range(50)]
    browsers = [new_browser(), new_browser()]
    for browser in browsers:
        await browser.sign_in(await make.moderator())

    async def work(browser, comments):
        answers = []
        for comment in comments:
            kind = "publish" if comment.id % 2 else "reject"
            answers.append(await decide(browser, comment, kind, rule=rule.id, reasons=REASONS))
        return [answer.status for answer in answers]

    told = await asyncio.gather(work(browsers[0], waiting), work(browsers[1], waiting))

    assert [sorted(pair) for pair in zip(*told, strict=True)] == [[200, 409]] * 50
    found = await records(database)
    assert sorted(record.comment_id for record in found) == [comment.id for comment in waiting]
    async with database.snapshot() as db:
        verdict = await journal.verify(db)
    assert (verdict.entries, verdict.broken) == (50, None)


async def test_what_came_in_while_somebody_hid_it_still_waits_and_is_answered(moderator, make, database):
    comment = await make.comment(status="hidden")
    await matter.flag(make, comment)

    listed = await moderator.get("/moderation?zeige=gemeldet")
    await decide(moderator, comment, "keep")

    assert [link["href"].partition("?")[0] for link in listed.select(".queue__item a")] == [
        f"/moderation/{comment.number}"
    ]
    assert (await moderator.get("/moderation?zeige=gemeldet")).select(".queue__item a") == []


async def test_signs_of_an_earlier_version_without_reasons_are_shown_by_their_label(moderator, make):
    old = {"kind": "insult", "label": "Beleidigung?", "words": ["Depp"], "spans": [[0, 4]], "version": 1}
    comment = await make.comment(status="pending", text="Depp!", signs=[old])

    case = await moderator.get(f"/moderation/{comment.number}")

    assert case.words(".case .signs .sign") == "Beleidigung?: „Depp“"


async def test_who_reported_ones_own_words_is_not_shown(browser, make):
    author = await make.moderator()
    comment = await make.comment(author=author)
    await matter.flag(make, comment, text="Kennwort Zwiebelkuchen", contact="zwiebel@geheim.example")
    await browser.sign_in(author)

    case = await browser.get(f"/moderation/{comment.number}")

    assert case.status == 200
    assert [word for word in ("Kennwort Zwiebelkuchen", "zwiebel@geheim.example") if word in case.text] == []
