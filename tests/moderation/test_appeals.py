"""Appeals: the author objects, free and once; another moderator answers; what was wrong is put right in public."""

import asyncio
import re
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import insert

from dialogue.kit import clock, tokens
from dialogue.kit.messages import long_date
from dialogue.tables import Actor, Comment, JournalEntry
from moderation import decisions
from moderation.tables import Appeal, Decision, Original
from tests.browser import fields

SECRET = "0123-4567-89AB"
TEXT = "Das ist keine Beleidigung, sondern ein Zitat aus dem Stadtrat."
ANSWER = "Wir haben das Zitat nachgelesen; es steht so im Protokoll."
STAYS = "Auch als Zitat setzt der Satz jemanden herab, der sich hier nicht wehren kann."
ORIGINAL = "Frau Meyer aus dem Amt ist schuld."


@pytest.fixture
async def case(make, decide, new_browser):
    """A decision against somebody's contribution: who decided, the author's browser, and the contribution."""

    async def made(kind="hide", **values):
        author, rule = await make.citizen(), await make.rule(title="Ohne Beleidigung")
        status = "pending" if kind == "reject" else "published"
        secret = tokens.digest(tokens.typed(SECRET))
        comment = await make.comment(
            author=author, status=status, secret_hash=secret, text=ORIGINAL, **values
        )
        comment.by = await decide(comment, kind, rule_id=rule.id, places="Frau Meyer")
        comment.author, comment.browser = author, new_browser()
        await comment.browser.sign_in(author)
        return comment

    return made


async def appeal(comment, text=TEXT, **form):
    return await comment.browser.post(f"/beitraege/{comment.number}/beschwerde", text=text, **form)


async def by_receipt(browser, comment, **form):
    values = {"number": comment.number, "secret": SECRET, "text": TEXT} | form
    return await browser.post("/beitrag/beschwerde", **values)


@pytest.mark.parametrize("kind", ["reject", "hide", "publish_masked"])
async def test_the_author_objects_and_reads_what_happens_next(case, table, kind):
    comment = await case(kind)

    before = await comment.browser.get(f"/beitraege/{comment.number}")
    form = await comment.browser.get(f"/beitraege/{comment.number}/beschwerde")
    after = await appeal(comment, **fields(form.one("main form")) | {"text": TEXT})

    assert before.words("main a.kern-btn--secondary") == "Beschwerde einlegen"
    assert (after.status, after.path) == (200, f"/beitraege/{comment.number}")
    told = after.words("[aria-label='Ihre Beschwerde']")
    assert told.startswith("Ihre Beschwerde ist angekommen Eine andere Person")
    assert ("in der Regel innerhalb von zwei Wochen" in told, TEXT in told) == (True, True)
    assert "Beschwerde einlegen" not in after.text
    [row], [decision] = await table(Appeal), await table(Decision)
    assert (row.decision_id, row.comment_id, row.text, row.settled_at) == (
        decision.id,
        comment.id,
        TEXT,
        None,
    )


async def test_without_an_account_number_and_secret_lead_to_the_appeal(case, new_browser, table):
    comment, guest = await case(), new_browser()

    opened = await guest.post("/beitrag", number=comment.number, secret=SECRET)
    form = await guest.post("/beitrag/beschwerde", **fields(opened.one("form[action='/beitrag/beschwerde']")))
    filed = await guest.post("/beitrag/beschwerde", **fields(form.one("main form")) | {"text": TEXT})
    again = await guest.post("/beitrag", number=comment.number, secret=SECRET)

    assert (form.status, form.words("h1")) == (200, f"Beschwerde zu Beitrag {comment.number}")
    assert (filed.status, filed.words("h1")) == (200, "Ihre Beschwerde ist angekommen")
    assert "in der Regel innerhalb von zwei Wochen" in filed.words()
    assert "Ihre Beschwerde ist angekommen" in again.words()
    assert again.select("form[action='/beitrag/beschwerde']") == []
    assert [row.text for row in await table(Appeal)] == [TEXT]


async def test_the_appeal_is_confirmed_by_mail_and_noted_in_the_journal(case, table, post_box):
    comment = await case()

    await appeal(comment)

    mail = (await post_box(comment.author.email))[-1]
    assert mail["Subject"] == f"Ihre Beschwerde zu Beitrag {comment.number} ist angekommen"
    assert (
        f"/beitraege/{comment.number}/beschwerde" in mail.get_content()
    )  # asks who is not signed in to do so
    entry = (await table(JournalEntry))[-1].body
    assert ('"action":"comment.appealed"' in entry, TEXT in entry) == (True, False)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Bitte schreiben Sie etwas."),
        ("\0" * 40, "Bitte schreiben Sie etwas."),
        ("\u202e\u2066 \u200b" * 10, "Bitte schreiben Sie etwas."),
        ("Das ist falsch.", "Bitte erklären Sie es in Worten, mit mindestens 20 Zeichen."),
        ("Nein" + "\u200b" * 30, "Bitte erklären Sie es in Worten, mit mindestens 20 Zeichen."),
        ("🙏" * 30, "Bitte erklären Sie es in Worten, mit mindestens 20 Zeichen."),
        ("x" * 5_001, "Ihr Text ist zu lang: 5 001 von höchstens 5 000 Zeichen."),
        ("Genug erklärt habe ich es: a" + "\u0301" * 60, "sehr viele Zusatzzeichen"),
    ],
)
@pytest.mark.parametrize("way", ["account", "receipt"])
async def test_a_bad_appeal_is_told_in_german_and_nothing_typed_is_lost(
    case, table, new_browser, way, text, sentence
):
    comment = await case()

    page = await (
        appeal(comment, text) if way == "account" else by_receipt(new_browser(), comment, text=text)
    )

    kept = fields(page.one("main form"))
    assert (page.status, await table(Appeal)) == (422, [])
    assert (sentence in page.words(".errors"), sentence in page.words("#text-error")) == (True, True)
    assert kept["text"].strip() == text.replace("\0", "").strip()
    assert (kept.get("secret"), kept.get("number")) == (
        (None, None) if way == "account" else (SECRET, comment.number)
    )


async def test_right_to_left_and_a_wall_of_5_000_characters_are_accepted(case, table):
    texts = ["לא מדובר בעלבון אלא בציטוט מהמועצה \u2067<b>&amp;\u2069", "Wort " * 999 + "Worte"]

    for text in texts:
        assert (await appeal(await case(), text)).status == 200

    assert [row.text for row in await table(Appeal)] == texts


async def test_the_same_appeal_twice_and_at_once_is_one(case, table):
    comment = await case()

    pages = await asyncio.gather(*(appeal(comment) for _ in range(5)))
    later = await appeal(comment, "Noch etwas, das mir erst später eingefallen ist.")
    form = await comment.browser.get(f"/beitraege/{comment.number}/beschwerde")

    assert {(page.status, page.path) for page in [*pages, later, form]} == {
        (200, f"/beitraege/{comment.number}")
    }
    assert [row.text for row in await table(Appeal)] == [TEXT]


@pytest.mark.parametrize(
    ("passed", "status"), [(timedelta(), 200), (timedelta(days=1), 409), (timedelta(days=400), 409)]
)
async def test_six_months_and_not_a_day_longer(case, owner, table, passed, status):
    comment = await case()
    long_ago = (
        "now() - interval '6 months'" if not passed else f"now() - interval '6 months {passed.days} days'"
    )
    await owner.execute(f"UPDATE decisions SET decided_at = {long_ago}")

    page = await appeal(comment)

    assert (page.status, len(await table(Appeal))) == (status, int(status == 200))
    if status == 409:
        assert page.words("h1") == "Eine Beschwerde ist hier nicht möglich"
        assert "Die Frist für eine Beschwerde endete am" in page.words()
        assert TEXT in page.text
        own = await comment.browser.get(f"/beitraege/{comment.number}")
        assert ("Beschwerde einlegen</span>" in own.text, "konnten Sie hier Beschwerde" in own.text) == (
            False,
            True,
        )


async def test_it_goes_on_when_the_consultation_has_ended(case, owner, table):
    comment = await case()
    await owner.execute("UPDATE threads SET closes_at = now() - interval '1 day'")

    assert ((await appeal(comment)).status, len(await table(Appeal))) == (200, 1)


@pytest.mark.parametrize("status", ["pending", "published", "withdrawn"])
async def test_where_nothing_was_decided_against_the_author_there_is_nothing_to_object_to(
    make, new_browser, table, status
):
    author, comment = await make.citizen(), None
    comment = await make.comment(author=author, status=status)
    comment.browser = new_browser()
    await comment.browser.sign_in(author)

    page = await appeal(comment)

    assert (page.status, page.words("h1")) == (409, "Eine Beschwerde ist hier nicht möglich")
    assert TEXT in page.text
    assert await table(Appeal) == []


async def test_a_contribution_taken_back_is_not_appealed_and_an_open_appeal_ends(case, table, new_browser):
    first, second = await case("publish_masked"), await case("publish_masked")
    await appeal(second)
    for comment in (first, second):
        await comment.browser.post(f"/beitraege/{comment.number}/zurueckziehen")

    pages = [await appeal(first), await by_receipt(new_browser(), first)]

    for page in pages:
        assert (page.status, TEXT in page.text) == (409, True)
        assert "Sie haben diesen Beitrag zurückgenommen." in page.words()
    [row] = await table(Appeal)
    assert (row.comment_id, row.answer_id, row.settled_at is None) == (second.id, None, False)


async def test_what_was_erased_is_not_appealed(case, owner, table):
    comment = await case()
    await owner.execute("UPDATE comments SET text = 'gelöscht', erased_at = now()")

    assert ((await appeal(comment)).status, await table(Appeal)) == (409, [])


async def test_somebody_elses_contribution_looks_like_one_that_does_not_exist(case, browser, make, table):
    comment = await case()
    await browser.sign_in(await make.citizen())

    pages = [await browser.get(f"/beitraege/{number}/beschwerde") for number in (comment.number, "ZZZ-ZZZ")]
    sent = [
        await browser.post(f"/beitraege/{number}/beschwerde", text=TEXT)
        for number in (comment.number, "ZZZ-ZZZ")
    ]
    tried = [await by_receipt(browser, comment, secret=secret) for secret in ("FALSCH", "", "\0")]

    assert [page.status for page in [*pages, *sent, *tried]] == [404] * 7
    assert sent[0].words() == sent[1].words()
    assert await table(Appeal) == []


async def test_a_moderator_does_not_object_for_the_author(case, new_browser, make):
    comment, moderator = await case(), new_browser()
    await moderator.sign_in(await make.moderator())

    assert (await moderator.post(f"/beitraege/{comment.number}/beschwerde", text=TEXT)).status == 404


async def test_once_keys_and_other_fields_from_elsewhere_change_nothing(case, table):
    comment, other = await case(), await case()

    await appeal(comment, once=str(uuid4()), number=other.number, secret=SECRET, decision_id="1")

    assert [row.comment_id for row in await table(Appeal)] == [comment.id]


async def test_guessing_secrets_ends_after_fifty_tries(case, browser):
    comment = await case()

    tries = [await by_receipt(browser, comment, secret=f"{n}") for n in range(51)]

    assert [page.status for page in tries] == [404] * 50 + [429]
    assert TEXT in tries[-1].text


# --- the answer -------------------------------------------------------------------------------------


async def answer(browser, comment, kind, reasons, revision=3):
    values = {"decision": kind, "revision": revision, "reasons": reasons}
    return await browser.post(f"/moderation/{comment.number}/entscheiden", **values)


async def test_the_case_shows_the_appeal_and_whoever_decided_is_told_why_not(
    case, browser, new_browser, make
):
    comment, own = await case(), new_browser()
    await appeal(comment)
    await browser.sign_in(await make.moderator())
    await own.sign_in(comment.by)

    other, first = [await each.get(f"/moderation/{comment.number}") for each in (browser, own)]

    for page in (other, first):
        assert page.words(".matter h3") == f"Beschwerde vom {long_date(clock.now())}"
        assert page.words(".matter .flow") == TEXT
        assert page.words(".matter .muted").startswith("gegen das Ausblenden vom ")
    assert [button["value"] for button in other.select("button[name=decision]")] == ["restore", "keep"]
    assert (first.words(".case > .aside-note"), first.select("button[name=decision]")) == (
        decisions.OWN_APPEALED,
        [],
    )


async def test_nobody_answers_an_appeal_against_their_own_decision(case, browser, make, table):
    comment = await case()
    await appeal(comment)
    await browser.sign_in(comment.by)

    pages = [await answer(browser, comment, kind, ANSWER) for kind in ("restore", "keep")]

    assert [(page.status, page.words("#refusal")) for page in pages] == [(409, decisions.OWN_APPEALED)] * 2
    assert [row.decision for row in await table(Decision)] == ["hide"]


@pytest.mark.parametrize("kind", ["restore", "keep"])
async def test_the_database_refuses_the_same_person_whoever_sends_the_statement(case, database, table, kind):
    comment = await case()
    await appeal(comment)
    [filed], [contested] = await table(Appeal), await table(Decision)
    values = {
        "comment_id": comment.id,
        "revision": 3,
        "snapshot": b"",
        "decision": kind,
        "reasons": ANSWER,
        "origin": "appeal",
        "appeal_id": filed.id,
    }

    with pytest.raises(Exception, match="against one's own decision"):
        async with database.writing() as db:
            await db.execute(insert(Decision).values(actor_id=contested.actor_id, **values))
    [authors] = [actor.id for actor in await table(Actor) if actor.person_id == comment.author.id]
    with pytest.raises(Exception, match="one's own contribution"):
        async with database.writing() as db:
            await db.execute(insert(Decision).values(actor_id=authors, **values))


async def test_an_appeal_is_answered_in_writing(case, browser, make, table):
    comment = await case()
    await appeal(comment)
    await browser.sign_in(await make.moderator())

    pages = [await answer(browser, comment, kind, " Nein. ") for kind in ("restore", "keep")]

    assert [page.status for page in pages] == [422, 422]
    assert "mit mindestens 20 Zeichen" in pages[1].words("#reasons-error")
    assert len(await table(Decision)) == 1


async def test_an_appeal_that_comes_while_a_case_is_open_is_seen_before_it_is_decided(
    case, browser, make, table
):
    comment = await case("publish_masked")
    await browser.sign_in(await make.moderator())
    await appeal(comment)

    stale = await answer(browser, comment, "keep", ANSWER, revision=2)

    assert (stale.status, len(await table(Decision))) == (409, 1)


@pytest.mark.parametrize("kind", ["reject", "hide", "publish_masked"])
async def test_an_appeal_that_succeeds_restores_and_says_so_to_everybody(
    case, browser, new_browser, make, table, post_box, kind
):
    comment, guest = await case(kind), new_browser()
    await appeal(comment)
    await browser.sign_in(await make.moderator())

    await answer(browser, comment, "restore", ANSWER)

    [filed], [_, decision] = await table(Appeal), await table(Decision)
    assert (filed.answer_id, decision.origin, decision.appeal_id) == (decision.id, "appeal", filed.id)
    note = f"Nach einer Beschwerde wiederhergestellt am {long_date(clock.now())}."
    seen = await guest.get(f"/beitraege/{comment.number}")
    assert (seen.words("p.aside-note"), seen.words(".comment__text")) == (note, ORIGINAL)
    assert (ANSWER in seen.text, TEXT in seen.text) == (False, False)
    own = await comment.browser.get(f"/beitraege/{comment.number}")
    assert own.words(".kern-title") == "Ihr Beitrag ist jetzt zu lesen"
    assert f"Ihre Beschwerde hatte Erfolg. Die Antwort: {ANSWER}" in own.words()
    opened = await guest.post("/beitrag", number=comment.number, secret=SECRET)
    assert ANSWER in opened.words()
    mail = (await post_box(comment.author.email))[-1]
    assert mail["Subject"] == f"Ihr Beitrag {comment.number} ist jetzt zu lesen"
    assert "Ihre Beschwerde hatte Erfolg. Eine andere Person" in mail.get_content()
    assert f"Antwort auf Ihre Beschwerde: {ANSWER}" in " ".join(mail.get_content().split())
    assert await table(Original) == []


@pytest.mark.parametrize("kind", ["reject", "hide", "publish_masked"])
async def test_an_appeal_that_fails_is_answered_and_the_statement_stays(
    case, browser, new_browser, make, table, post_box, kind
):
    comment, guest = await case(kind), new_browser()
    await appeal(comment)
    await browser.sign_in(await make.moderator())

    await answer(browser, comment, "keep", STAYS)

    [filed], [_, decision] = await table(Appeal), await table(Decision)
    assert (filed.answer_id, decision.decision) == (decision.id, "keep")
    own = await comment.browser.get(f"/beitraege/{comment.number}")
    opened = await guest.post("/beitrag", number=comment.number, secret=SECRET)
    for page in (own, opened):
        assert page.words("[aria-label='Ihre Beschwerde']").startswith(
            f"Antwort auf Ihre Beschwerde: Die Entscheidung bleibt {STAYS} Entschieden am"
        )
        assert "Sie können sich jetzt noch an ein Gericht wenden." in page.words(".statement")
    mail = (await post_box(comment.author.email))[-1]
    assert mail["Subject"] == f"Antwort auf Ihre Beschwerde zu Beitrag {comment.number}"
    assert (STAYS in mail.get_content(), "an ein Gericht" in mail.get_content()) == (True, True)
    public = await guest.get(f"/beitraege/{comment.number}")
    assert (public.status, "Nach einer Beschwerde" in public.text) == (
        200 if kind == "publish_masked" else 404,
        False,
    )


async def test_restored_without_an_appeal_says_nothing_in_public(case, decide, browser):
    comment = await case()
    await decide(comment, "restore")

    page = await browser.get(f"/beitraege/{comment.number}")

    assert (page.status, "wiederhergestellt" in page.text) == (200, False)


async def test_a_notice_that_changed_nothing_does_not_replace_what_the_author_was_told(case, decide, browser):
    comment = await case("publish_masked")
    await browser.post(f"/melden/{comment.number}", category="other", text="Das gefällt mir trotzdem nicht.")
    await decide(comment, "keep")

    page = await comment.browser.get(f"/beitraege/{comment.number}")

    assert page.words(".kern-title") == "In Ihrem Beitrag sind Stellen geschwärzt"


# --- the statement of reasons -----------------------------------------------------------------------

DONE = {
    "reject": "wurde nicht veröffentlicht.",
    "hide": "wurde ausgeblendet.",
    "publish_masked": "wurde veröffentlicht, aber einzelne Stellen sind geschwärzt.",
}
SCOPE = {
    "publish_masked": "Die geschwärzten Stellen kann auf dieser Plattform niemand mehr lesen",
}
HIDDEN = "Auf dieser Plattform können Ihren Beitrag nur Sie und die Moderation lesen. Das gilt ohne Ende"
OCCASIONS = {
    "own": "Die Moderation hat Ihren Beitrag von sich aus geprüft, nicht wegen einer Meldung.",
    "notice": "Jemand hat Ihren Beitrag gemeldet. Wer das war, sagen wir nicht.",
    "audit": "Ihr Beitrag wurde für eine Stichprobe ausgelost; eine Meldung war nicht der Grund.",
}
MEANS = {
    False: "Kein Programm hat dazu beigetragen. Gelesen und entschieden hat ein Mensch.",
    True: "Ein Programm hatte auf etwas in Ihrem Text hingewiesen. Gelesen und entschieden hat ein Mensch.",
}


def seven(comment, kind, origin, detected, rule, until):
    """The seven items in the order of the statement."""
    return [
        f"Ihr Beitrag {comment.number} zu „E2 Kennzeichnung“ {DONE[kind]}",
        "Bitte lassen Sie die Beleidigung weg, dann gern noch einmal.",
        f"Regel {rule.number}: Ohne „Spaß“ & Häme (Netiquette, Fassung 1.0)",
        SCOPE.get(kind, HIDDEN),
        OCCASIONS[origin],
        MEANS[detected],
        f"Bis zum {long_date(until)} können Sie hier Beschwerde einlegen. Das kostet nichts, und es entscheidet eine "
        "andere Person. Danach oder stattdessen können Sie sich an ein Gericht wenden.",
    ]


@pytest.mark.parametrize("detected", [False, True])
@pytest.mark.parametrize(
    ("kind", "origin"),
    [
        ("reject", "own"),
        ("hide", "own"),
        ("hide", "notice"),
        ("hide", "audit"),
        ("publish_masked", "own"),
        ("publish_masked", "notice"),
    ],
)
async def test_the_author_is_told_all_seven_items_on_the_page_the_receipt_and_by_mail(
    make, browser, new_browser, decide, owner, post_box, kind, origin, detected
):
    author, rule = await make.citizen(), await make.rule(title="Ohne „Spaß“ & Häme")
    sign = [{"kind": "personal", "label": "Name", "words": ["Frau Meyer"]}] if detected else []
    comment = await make.comment(
        author=author,
        text=ORIGINAL,
        signs=sign,
        status="pending" if kind == "reject" else "published",
        secret_hash=tokens.digest(tokens.typed(SECRET)),
    )
    reporter = new_browser()
    if origin == "notice":
        address = f"anna{uuid4().hex[:6]}@x.example"
        text = "Das ist der Name meiner Nachbarin."
        await reporter.post(f"/melden/{comment.number}", category="personal", text=text, contact=address)
    if origin == "audit":
        await owner.execute("INSERT INTO audits (comment_id, drawn_on) VALUES ($1, current_date)", comment.id)

    await decide(comment, kind, rule_id=rule.id, places="Frau Meyer")

    await browser.sign_in(author)
    page = await browser.get(f"/beitraege/{comment.number}")
    receipt = await new_browser().post("/beitrag", number=comment.number, secret=SECRET)
    mail = (await post_box(author.email))[-1].get_content()
    until = await owner.fetchval("SELECT ($1::date + interval '6 months')::date", clock.today())
    items = seven(comment, kind, origin, detected, rule, until)
    for seen in (page, receipt):
        told = [" ".join(item.get_text(" ").split()) for item in seen.select(".statement dd")]
        assert [item in text for item, text in zip(items, told, strict=True)] == [True] * 7
        assert seen.one(".statement dd a")["href"] == f"/netiquette?fassung=1.0#regel-{rule.number}"
    folded = " ".join(mail.split())
    assert [item in folded for item in items] == [True] * 7
    assert f"/netiquette?fassung=1.0#regel-{rule.number}" in folded
    assert re.search(rf"/beitraege/{comment.number}/beschwerde\b", folded)
    for text in (page.text, receipt.text, mail):
        assert ("@x.example" in text, "meiner Nachbarin" in text) == (False, False)


async def test_the_statement_is_kept_and_nobody_changes_it(case, database, table):
    await case()
    before = await table(Decision)

    for statement in ("UPDATE decisions SET reasons = 'anders'", "DELETE FROM decisions"):
        with pytest.raises(Exception, match="permission denied"):
            async with database.writing() as db:
                await db.exec_driver_sql(statement)

    assert await table(Decision) == before


async def test_one_appeal_per_decision_is_the_databases_rule(case, owner, table):
    comment = await case()
    await appeal(comment)
    [decision] = await table(Decision)

    with pytest.raises(asyncpg.UniqueViolationError, match="uq_appeals_decision_id"):
        await owner.execute(
            "INSERT INTO appeals (decision_id, comment_id, text) VALUES ($1, $2, $3)",
            decision.id,
            comment.id,
            TEXT,
        )


async def test_a_guests_mail_leads_to_the_receipt_because_there_is_no_account(make, decide, post_box, owner):
    guest = await make.person(source="guest", password=None, email=f"gast{uuid4().hex[:6]}@x.example")
    comment, rule = await make.comment(author=guest, source="guest"), await make.rule()

    await decide(comment, "hide", rule_id=rule.id)

    mail = (await post_box(guest.email))[-1].get_content()
    assert f"/beitrag?nummer={comment.number}" in mail
    assert "/beschwerde" not in mail


async def test_statuses_follow_the_answer(case, make, decide, table):
    kept, restored = await case(), await case()
    for comment, kind in ((kept, "keep"), (restored, "restore")):
        await appeal(comment)
        await decide(comment, kind, reasons=ANSWER)

    statuses = {row.number: row.status for row in await table(Comment)}
    assert (statuses[kept.number], statuses[restored.number]) == ("hidden", "published")
