"""Deleting a contribution at its author's wish: with the cookie, the account or the receipt; asked first."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from consultations.outcome import exports
from consultations.tables import Export
from dialogue import accounts, comments, journal
from dialogue.kit import clock, tokens
from dialogue.tables import Comment, Job, JournalEntry, Vote
from moderation.tables import Appeal, Decision, Original
from tests.conftest import TABLES

SECRET = "AAAA-BBBB-CCCC"
WORDS = "Kennwort Zwiebelkuchen"
AFTERWARDS = {
    "pending": "withdrawn",
    "published": "withdrawn",
    "rejected": "rejected",
    "hidden": "hidden",
    "withdrawn": "withdrawn",
}
KEYS = {"secret_hash": tokens.digest(tokens.typed(SECRET))}


async def row(database, comment):
    query = select(Comment.__table__).where(Comment.id == comment.id)
    async with database.reading() as db:
        return (await db.execute(query)).one()


async def left(database, owner):
    """The tables in which the words still stand."""
    found = []
    for name in TABLES:
        rows = await owner.fetch(f'SELECT * FROM "{name}"')
        found += [name for each in rows if WORDS in str(each) or "zwiebelkuch" in str(each)]
    return found


@pytest.fixture
async def guest_of(make, browser, database):
    """A guest and their contribution; the browser is theirs."""

    async def made(thread=None, **values):
        guest = await make.guest()
        async with database.writing() as db:
            token, _ = await accounts.sign_in(db, guest.id, "")
        browser.client.cookies.set("session", token)
        return await make.comment(thread, guest, text=WORDS, **(KEYS | values))

    return made


@pytest.mark.parametrize("status", AFTERWARDS)
async def test_the_words_go_whatever_became_of_them(browser, database, owner, guest_of, status):
    comment = await guest_of(status=status, signs=[{"kind": "insult", "words": [WORDS]}])

    asked = await browser.get(f"/beitraege/{comment.number}/loeschen")
    before = await row(database, comment)
    page = await browser.post(f"/beitraege/{comment.number}/loeschen", sure="yes")

    gone = await row(database, comment)
    assert (asked.status, before.text) == (200, WORDS)
    assert page.words("h1") == f"Ihr Beitrag {comment.number} ist gelöscht"
    assert (gone.text, gone.status, gone.signs) == ("gelöscht", AFTERWARDS[status], [])
    assert (gone.author_id, gone.secret_hash, gone.once) == (None, None, None)
    assert (gone.erased_at is not None, gone.revision) == (True, before.revision + 1)
    assert await left(database, owner) == []


async def test_people_with_an_account_delete_theirs(browser, make, database):
    author = await make.citizen()
    comment = await make.comment(author=author, text=WORDS)
    await browser.sign_in(author)

    await browser.post(f"/beitraege/{comment.number}/loeschen", sure="yes")

    assert (await row(database, comment)).text == "gelöscht"
    assert WORDS not in (await browser.get("/konto")).words()


async def test_with_the_receipt_it_is_asked_first_and_then_done(browser, make, database):
    comment = await make.comment(author=await make.guest(), text=WORDS, **KEYS)
    paper = {"number": comment.number, "secret": SECRET}

    asked = await browser.post("/beitrag/loeschen", **paper)
    still = (await row(database, comment)).text
    page = await browser.post("/beitrag/loeschen", **paper, sure="yes")

    assert (asked.words("h1"), still) == (f"Beitrag {comment.number} löschen?", WORDS)
    assert page.words("h1") == f"Ihr Beitrag {comment.number} ist gelöscht"
    assert (await row(database, comment)).text == "gelöscht"


async def test_the_question_carries_number_and_secret_on_in_the_form_alone(browser, make):
    comment = await make.comment(author=await make.guest(), **KEYS)

    page = await browser.post("/beitrag/loeschen", number=comment.number, secret=SECRET)

    hidden = {field["name"]: field["value"] for field in page.select("main input[type=hidden]")}
    assert hidden == {"number": comment.number, "secret": SECRET}
    assert all(SECRET not in str(link.get("href")) for link in page.select("a"))


async def test_afterwards_the_receipt_opens_nothing(browser, make):
    comment = await make.comment(author=await make.guest(), **KEYS)
    paper = {"number": comment.number, "secret": SECRET}
    await browser.post("/beitrag/loeschen", **paper, sure="yes")

    pages = [
        await browser.post("/beitrag", **paper),
        await browser.post("/beitrag/loeschen", **paper, sure="yes"),
        await browser.post("/beitrag/bearbeiten", **paper, text="Neu."),
    ]

    assert [page.status for page in pages] == [404] * 3
    assert "Ein gelöschter Beitrag lässt sich damit nicht mehr öffnen." in pages[0].words(".lead")


async def test_the_same_button_pressed_twice_says_that_it_worked(browser, guest_of):
    comment = await guest_of()
    address = f"/beitraege/{comment.number}/loeschen"
    await browser.post(address, sure="yes")

    page = await browser.post(address, sure="yes")

    assert page.status == 404
    assert "Wenn Sie ihn eben selbst gelöscht haben, hat das geklappt." in page.words()


@pytest.mark.parametrize("secret", ["AAAA-BBBB-CCCD", "", "\x00"])
async def test_a_wrong_secret_deletes_nothing(browser, make, database, secret):
    comment = await make.comment(author=await make.guest(), text=WORDS, **KEYS)

    page = await browser.post("/beitrag/loeschen", number=comment.number, secret=secret, sure="yes")

    assert page.status in {404, 422}
    assert (await row(database, comment)).text == WORDS


async def test_others_delete_nothing(browser, new_browser, make, database, guest_of):
    comment = await guest_of()
    citizen = new_browser()
    await citizen.sign_in(await make.citizen())

    answers = [
        await who.post(f"/beitraege/{comment.number}/loeschen", sure="yes")
        for who in (citizen, new_browser())
    ]

    assert [answer.status for answer in answers] == [404, 401]
    assert (await row(database, comment)).text == WORDS


async def test_replies_and_votes_of_others_stay_and_nothing_of_them_shows(
    browser, new_browser, make, database, guest_of
):
    point = await make.point()
    comment = await guest_of(point.thread)
    await make.comment(point.thread, parent_id=comment.id, text="Eine Antwort.")
    await make.vote(comment)

    await browser.post(f"/beitraege/{comment.number}/loeschen", sure="yes")

    page = await new_browser().get(f"/punkte/{point.code}")
    assert page.words(".replies .comment__text") == "Eine Antwort."
    assert len(page.select(".comment--gone")) == 1
    assert comment.number not in page.text
    assert (await new_browser().get(f"/suche?q={WORDS}")).select(".comment") == []
    async with database.reading() as db:
        assert (await db.execute(select(func.count()).select_from(Vote))).scalar_one() == 1


async def test_the_text_before_a_masking_and_a_complaint_go_along(make, database, owner, browser, guest_of):
    comment, rule = await guest_of(), await make.rule()
    moderator = await make.moderator()
    async with database.writing() as db:
        actor = await journal.actor(db, moderator.id)
    reasons = "Eine Telefonnummer gehört nicht hierher."
    decision = await make.row(
        Decision,
        comment_id=comment.id,
        revision=1,
        snapshot=b"",
        decision="publish_masked",
        rule_id=rule.id,
        reasons=reasons,
        actor_id=actor,
        origin="own",
    )
    await make.row(Original, decision_id=decision.id, comment_id=comment.id, text=WORDS)
    await make.row(Appeal, decision_id=decision.id, comment_id=comment.id, text=WORDS)

    await browser.post(f"/beitraege/{comment.number}/loeschen", sure="yes")

    assert await left(database, owner) == []
    async with database.reading() as db:
        appeal = (await db.execute(select(Appeal.text, Appeal.settled_at))).one()
        assert (await db.execute(select(Original.comment_id))).all() == []
    assert (appeal.text, appeal.settled_at is not None) == ("gelöscht", True)


async def test_the_journal_says_that_and_not_who(browser, new_browser, make, database, guest_of):
    comment = await guest_of()
    await browser.post(f"/beitraege/{comment.number}/loeschen", sure="yes")

    async with database.reading() as db:
        body = json.loads((await db.execute(select(JournalEntry.body))).scalar_one())
    moderator = new_browser()
    await moderator.sign_in(await make.moderator())
    page = await moderator.get("/moderation/protokoll")

    assert (body["action"], body["subject"]) == ("comment.erased", f"comment:{comment.number}")
    assert (body["actor"], body["detail"]) == (None, {"before": "published", "by": "author"})
    assert "Beitrag gelöscht" in page.words(".log")
    assert "durch: wer ihn schrieb" in page.words(".log")


async def test_a_decision_made_at_the_same_moment_finds_it_changed(make, database):
    comment = await make.comment(status="pending", text=WORDS)
    async with database.writing() as db:
        await comments.erase(db, comment.id)

    async with database.writing() as db:
        with pytest.raises(comments.Conflict):
            await comments.move(db, comment.id, comment.revision, "published")

    assert (await row(database, comment)).status == "withdrawn"


async def test_a_stored_export_that_holds_it_is_withdrawn(browser, new_browser, make, database, guest_of):
    point = await make.point()
    comment, panelist = await guest_of(point.thread), await make.person("panelist")
    job = await make.row(
        Job,
        name="export",
        title="Daten",
        args={},
        person_id=panelist.id,
        status="done",
        created_at=clock.now() - timedelta(minutes=1),
    )
    file = {"role": "panelist", "format": "csv", "file": "x.zip"}
    await make.row(Export, job_id=job.id, consultation_id=point.consultation.id, **file)

    async def withdrawn():
        async with database.reading() as db:
            return [each.withdrawn for each in await exports.of_person(db, panelist.id)]

    before = await withdrawn()
    await browser.post(f"/beitraege/{comment.number}/loeschen", sure="yes")

    assert (before, await withdrawn()) == ([False], [True])


# --- the other things a receipt is good for ---------------------------------------------------------


async def test_with_the_receipt_one_changes_what_waits(browser, make, database):
    comment = await make.comment(
        await make.thread(), await make.guest(), status="pending", text=WORDS, **KEYS
    )
    paper = {"number": comment.number, "secret": SECRET}

    form = await browser.post("/beitrag/bearbeiten", **paper)
    seen = await browser.post("/beitrag/bearbeiten", **paper, text="Besser gesagt.", action="preview")
    page = await browser.post("/beitrag/bearbeiten", **paper, text="Besser gesagt.")

    assert form.one("textarea").text.strip() == WORDS
    assert "Besser gesagt." in seen.words("section[aria-labelledby=vorschau]")
    assert page.words("blockquote") == "Besser gesagt."
    assert (await row(database, comment)).text == "Besser gesagt."


@pytest.mark.parametrize(("text", "status"), [("", 422), ("a" * 5_001, 422)])
async def test_new_words_pass_the_gate_like_the_first_ones(browser, make, database, text, status):
    comment = await make.comment(
        await make.thread(), await make.guest(), status="pending", text=WORDS, **KEYS
    )

    page = await browser.post("/beitrag/bearbeiten", number=comment.number, secret=SECRET, text=text)

    assert (page.status, page.one("textarea").text.strip()) == (status, text)
    assert (await row(database, comment)).text == WORDS


async def test_what_is_decided_is_not_changed_any_more(browser, make, database):
    comment = await make.comment(author=await make.guest(), text=WORDS, **KEYS)

    page = await browser.post("/beitrag/bearbeiten", number=comment.number, secret=SECRET, text="Neu.")

    assert (page.status, page.one("textarea").text.strip()) == (409, "Neu.")
    assert (await row(database, comment)).text == WORDS


async def test_new_words_are_not_lost_when_the_secret_is_missing(browser, make, database):
    comment = await make.comment(
        await make.thread(), await make.guest(), status="pending", text=WORDS, **KEYS
    )

    page = await browser.post("/beitrag/bearbeiten", number=comment.number, text="Besser gesagt.")
    sent = page.form("/beitrag/bearbeiten")
    page = await browser.post("/beitrag/bearbeiten", **(sent | {"secret": SECRET}))

    assert page.words("blockquote") == "Besser gesagt."


@pytest.mark.parametrize("address", ["/beitrag/loeschen", "/beitrag/bearbeiten"])
async def test_their_addresses_opened_as_pages_ask_for_number_and_secret(browser, address):
    page = await browser.get(address)

    assert (page.status, page.words("h1")) == (200, "Meinen Beitrag wiederfinden")
    assert page.one("main form")["action"] == "/beitrag"
