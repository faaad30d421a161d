"""Decisions: a person publishes, rejects, hides or restores, with rule and reasons."""

import asyncio
import email
from datetime import datetime
from hashlib import sha256

import pytest
from sqlalchemy import select

from dialogue import accounts, journal
from dialogue.comments import TRANSITIONS
from dialogue.kit import messages
from dialogue.tables import Actor, Comment
from moderation import decisions
from moderation.tables import Claim, Decision

REASONS = "Bitte lassen Sie die Beleidigung weg, dann gern noch einmal."


async def decide(browser, comment, decision, **form):
    values = {"decision": decision, "revision": comment.revision, **form}
    return await browser.post(f"/moderation/{comment.number}/entscheiden", **values)


async def status(database, comment):
    async with database.reading() as db:
        query = select(Comment.status).where(Comment.id == comment.id)
        return (await db.execute(query)).scalar_one()


async def kinds(database):
    async with database.reading() as db:
        return [row.decision for row in await db.execute(select(Decision.decision).order_by(Decision.id))]


async def claims(database):
    async with database.reading() as db:
        return list((await db.execute(select(Claim.comment_id))).scalars())


async def test_a_published_contribution_appears_and_the_next_case_opens(browser, make, database):
    point = await make.point()
    first = await make.comment(point.thread, status="pending", text="Zuerst geschrieben")
    second = await make.comment(point.thread, status="pending")
    await browser.sign_in(await make.moderator())

    page = await decide(browser, first, "publish")

    assert page.path == f"/moderation/{second.number}"
    assert page.words("[role=status]") == f"Beitrag {first.number} veröffentlicht. Ansehen"
    assert "Zuerst geschrieben" in (await browser.get(f"/punkte/{point.code}")).words(".comment__text")
    assert await status(database, first) == "published"


@pytest.mark.parametrize(
    ("before", "kind", "said"),
    [
        ("pending", "publish", "veröffentlicht"),
        ("pending", "reject", "abgelehnt"),
        ("published", "hide", "ausgeblendet"),
        ("hidden", "restore", "wiederhergestellt"),
    ],
)
async def test_after_a_decision_the_next_page_says_what_was_done(browser, make, before, kind, said):
    comment, rule = await make.comment(status=before), await make.rule()
    await browser.sign_in(await make.moderator())

    page = await decide(browser, comment, kind, rule=rule.id, reasons=REASONS)

    assert page.words("[role=status]") == f"Beitrag {comment.number} {said}. Ansehen"
    assert page.one("[role=status] a")["href"] == f"/moderation/{comment.number}"


async def test_the_address_confirms_only_what_one_decided_oneself(new_browser, make):
    comment, rule = await make.comment(status="pending"), await make.rule()
    first, second = new_browser(), new_browser()
    await first.sign_in(await make.moderator())
    await second.sign_in(await make.moderator())
    await decide(first, comment, "reject", rule=rule.id, reasons=REASONS)

    addresses = [f"/moderation?erledigt={value}" for value in (comment.number, "ZZZ-ZZZ", "<b>Geld</b>", "")]
    pages = [await second.get(address) for address in addresses]

    assert [(page.status, page.select("[role=status]")) for page in pages] == [(200, [])] * 4


async def test_a_decision_is_one_whole_record(browser, make, database):
    comment, moderator, rule = await make.comment(status="pending"), await make.moderator(), await make.rule()
    await browser.sign_in(moderator)

    await decide(browser, comment, "reject", rule=rule.id, reasons=REASONS)

    async with database.reading() as db:
        record = (await db.execute(select(Decision.__table__))).one()
        actor = (await db.execute(select(Actor.person_id).where(Actor.id == record.actor_id))).scalar_one()
    assert (record.comment_id, record.revision, record.decision, record.rule_id) == (
        comment.id,
        1,
        "reject",
        rule.id,
    )
    assert (record.reasons, record.automated, record.origin) == (REASONS, False, "own")
    assert bytes(record.snapshot) == sha256(comment.text.encode()).digest()
    assert actor == moderator.id


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"reasons": REASONS}, "Bitte wählen Sie die Regel, um die es geht."),
        (
            {"rule": "own", "reasons": "zu kurz"},
            "Bitte begründen Sie die Entscheidung mit mindestens 20 Zeichen.",
        ),
        (
            {"rule": "own", "reasons": " " * 40},
            "Bitte begründen Sie die Entscheidung mit mindestens 20 Zeichen.",
        ),
        *(
            (
                {"rule": "own", "reasons": unseen},
                "Bitte begründen Sie die Entscheidung mit mindestens 20 Zeichen.",
            )
            for unseen in (
                "\u200b" * 25,
                "Nein" + "\u200b" * 25,
                "N" + "\u2800" * 20 + "n",
                "N" + " " * 30 + "n",
            )
        ),
        ({"rule": 10**9, "reasons": REASONS}, "Bitte wählen Sie die Regel, um die es geht."),
    ],
)
async def test_without_rule_and_reasons_nothing_is_rejected(browser, make, database, form, sentence):
    comment, rule = await make.comment(status="pending"), await make.rule()
    await browser.sign_in(await make.moderator())
    if form.get("rule") == "own":
        form = form | {"rule": rule.id}

    page = await decide(browser, comment, "reject", **form)

    assert page.status == 422
    assert sentence in page.words(".errors")
    assert page.one("textarea[name=reasons]").text.strip() == form["reasons"].strip()
    assert (await status(database, comment), await kinds(database)) == ("pending", [])


@pytest.mark.parametrize(
    ("before", "decision", "after"),
    [
        ("pending", "publish", "published"),
        ("pending", "reject", "rejected"),
        ("pending", "hide", None),
        ("pending", "restore", None),
        ("published", "hide", "hidden"),
        ("published", "publish", None),
        ("published", "reject", None),
        ("published", "restore", None),
        ("rejected", "publish", None),
        ("hidden", "publish", None),
        ("hidden", "hide", None),
        ("withdrawn", "publish", None),
        ("withdrawn", "restore", None),
    ],
)
async def test_only_the_allowed_ways_are_open(browser, make, database, before, decision, after):
    comment, rule = await make.comment(status=before), await make.rule()
    await browser.sign_in(await make.moderator())

    page = await decide(browser, comment, decision, rule=rule.id, reasons=REASONS)

    assert await status(database, comment) == (after or before)
    assert page.status == (200 if after else 409)


async def test_only_another_moderator_restores(new_browser, make, database):
    comment, rule = await make.comment(), await make.rule()
    hider, other = new_browser(), new_browser()
    await hider.sign_in(await make.moderator())
    await other.sign_in(await make.moderator())
    await decide(hider, comment, "hide", rule=rule.id, reasons=REASONS)
    comment.revision = 2

    own = await decide(hider, comment, "restore")
    others = await decide(other, comment, "restore")

    assert (own.status, others.status) == (409, 200)
    assert await status(database, comment) == "published"
    assert await kinds(database) == ["hide", "restore"]


@pytest.mark.parametrize("before", ["hidden", "rejected"])
async def test_what_came_without_a_record_can_be_restored_by_anyone(browser, make, database, before):
    comment = await make.comment(status=before, source="import")
    await browser.sign_in(await make.moderator())

    page = await decide(browser, comment, "restore")

    assert (page.status, await status(database, comment)) == (200, "published")


async def test_nobody_decides_about_the_own_contribution(browser, make, database):
    moderator = await make.moderator()
    comment = await make.comment(author=moderator, status="pending")
    await browser.sign_in(moderator)

    page = await decide(browser, comment, "publish")

    assert (page.status, await status(database, comment)) == (409, "pending")


@pytest.mark.parametrize("before", ["pending", "published", "rejected", "hidden"])
async def test_nobody_keeps_colleagues_from_the_own_contribution(browser, make, database, before):
    moderator = await make.moderator()
    comment = await make.comment(author=moderator, status=before)
    await browser.sign_in(moderator)

    page = await browser.post(f"/moderation/{comment.number}/uebernehmen")

    assert (page.status, page.words("h1")) == (409, "Das entscheiden nicht Sie")
    assert await claims(database) == []


@pytest.mark.parametrize(("before", "claimed"), [("withdrawn", 0), ("rejected", 1), ("hidden", 1)])
async def test_a_case_is_claimed_only_where_something_is_to_decide(browser, make, database, before, claimed):
    comment = await make.comment(status=before)
    await browser.sign_in(await make.moderator())

    await browser.post(f"/moderation/{comment.number}/uebernehmen")

    assert len(await claims(database)) == claimed


async def test_ones_own_decision_is_neither_claimed_nor_offered_for_restoring(browser, make, database):
    comment, rule = await make.comment(), await make.rule()
    await browser.sign_in(await make.moderator())
    await decide(browser, comment, "hide", rule=rule.id, reasons=REASONS)

    case = await browser.get(f"/moderation/{comment.number}")
    claimed = await browser.post(f"/moderation/{comment.number}/uebernehmen")
    comment.revision = 2
    restored = await decide(browser, comment, "restore")

    assert (case.words(".case > .aside-note"), case.select(".case form")) == (decisions.OWN_DECISION, [])
    refused = ("Das entscheiden nicht Sie", decisions.OWN_DECISION, [])
    for page in (claimed, restored):
        assert (page.words("h1"), page.words("#refusal"), page.select("main form")) == refused
    assert await claims(database) == []


async def test_of_two_moderators_at_once_one_wins_and_the_other_is_told(new_browser, make, database):
    comment, rule = await make.comment(status="pending"), await make.rule()
    browsers = [new_browser() for _ in range(4)]
    for browser in browsers:
        await browser.sign_in(await make.moderator())

    answers = await asyncio.gather(
        *(decide(browser, comment, "reject", rule=rule.id, reasons=REASONS) for browser in browsers)
    )

    assert sorted(answer.status for answer in answers) == [200, 409, 409, 409]
    assert await kinds(database) == ["reject"]
    lost = next(answer for answer in answers if answer.status == 409)
    assert REASONS in lost.text


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize(
    ("before", "kind"), [("pending", "publish"), ("pending", "reject"), ("published", "hide")]
)
async def test_a_button_pressed_twice_is_one_decision(browser, make, database, before, kind, at_once):
    comment, rule = await make.comment(status=before), await make.rule()
    await browser.sign_in(await make.moderator())

    pressed = [decide(browser, comment, kind, rule=rule.id, reasons=REASONS) for _ in range(2)]
    answers = await asyncio.gather(*pressed) if at_once else [await each for each in pressed]

    assert [(answer.status, answer.path) for answer in answers] == [(200, "/moderation")] * 2
    assert (await kinds(database), await claims(database)) == ([kind], [])


async def test_the_same_decision_on_a_later_text_or_by_another_person_is_no_repetition(
    new_browser, make, database
):
    comment, rule = await make.comment(), await make.rule()
    first, second = new_browser(), new_browser()
    await first.sign_in(await make.moderator())
    await second.sign_in(await make.moderator())
    no = {"rule": rule.id, "reasons": REASONS}
    await decide(first, comment, "hide", **no)

    others = await decide(second, comment, "hide", **no)
    comment.revision = 2
    later = await decide(first, comment, "hide", **no)

    assert ([others.status, later.status], await kinds(database)) == ([409, 409], ["hide"])


async def test_a_claimed_case_cannot_be_decided_by_somebody_else(new_browser, make, database):
    comment = await make.comment(status="pending")
    first, second = new_browser(), new_browser()
    await first.sign_in(await make.moderator())
    await second.sign_in(await make.moderator())

    await first.post(f"/moderation/{comment.number}/uebernehmen")
    page = await decide(second, comment, "publish")

    assert page.status == 409
    assert await claims(database) == [comment.id]


async def test_the_author_reads_rule_and_reasons_at_the_contribution_and_by_mail(
    new_browser, make, work, settings
):
    author = await make.citizen()
    comment, rule = (
        await make.comment(author=author, status="pending"),
        await make.rule(title="Ohne Beleidigung"),
    )
    moderator, reader = new_browser(), new_browser()
    await moderator.sign_in(await make.moderator())
    await reader.sign_in(author)
    for old in (settings.data / "mail").glob("*.eml"):
        old.unlink()

    await decide(moderator, comment, "reject", rule=rule.id, reasons=REASONS)
    await work()

    page = await reader.get(f"/beitraege/{comment.number}")
    assert (REASONS in page.words(), "Ohne Beleidigung" in page.words()) == (True, True)
    (mail,) = (settings.data / "mail").glob("*.eml")
    text = mail.read_bytes().decode()
    assert f"To: {author.email}" in text
    assert comment.number in text


async def test_a_late_mail_carries_the_reasons_of_its_own_decision(new_browser, make, work, settings):
    comment, rule = await make.comment(), await make.rule(title="Ohne Beleidigung")
    first, second = new_browser(), new_browser()
    await first.sign_in(await make.moderator())
    await second.sign_in(await make.moderator())
    for old in (settings.data / "mail").glob("*.eml"):
        old.unlink()

    await decide(first, comment, "hide", rule=rule.id, reasons=REASONS)
    comment.revision = 2
    await decide(second, comment, "restore", reasons="Noch einmal gelesen: Das war keine.")
    await work()

    sent = [email.message_from_bytes(file.read_bytes()) for file in (settings.data / "mail").glob("*.eml")]
    texts = {mail["Subject"].rpartition(" ")[2]: mail.get_payload(decode=True).decode() for mail in sent}
    told = {
        word: [part in text for part in ("Ohne Beleidigung", REASONS, "Das war keine")]
        for word, text in texts.items()
    }
    assert told == {"ausgeblendet": [True, True, False], "lesen": [False, False, True]}


async def test_what_was_never_public_is_not_called_readable_again(new_browser, make, work, settings):
    author = await make.citizen()
    comment, rule = await make.comment(author=author, status="pending"), await make.rule()
    first, second, reader = [new_browser() for _ in range(3)]
    await first.sign_in(await make.moderator())
    await second.sign_in(await make.moderator())
    await reader.sign_in(author)

    await decide(first, comment, "reject", rule=rule.id, reasons=REASONS)
    await work()
    for old in (settings.data / "mail").glob("*.eml"):
        old.unlink()
    comment.revision = 2
    await decide(second, comment, "restore")
    await work()

    (file,) = (settings.data / "mail").glob("*.eml")
    mail = email.message_from_bytes(file.read_bytes())
    page = await reader.get(f"/beitraege/{comment.number}")
    assert mail["Subject"] == f"Ihr Beitrag {comment.number} ist jetzt zu lesen"
    assert "wieder zu lesen" not in mail.get_payload(decode=True).decode()
    assert page.words(".kern-title") == "Ihr Beitrag ist jetzt zu lesen"


async def test_the_journal_points_to_the_reasons_and_does_not_repeat_them(browser, make, database):
    comment, rule = await make.comment(status="pending"), await make.rule()
    await browser.sign_in(await make.moderator())

    await decide(browser, comment, "reject", rule=rule.id, reasons=REASONS)

    async with database.reading() as db:
        (entry,) = await journal.page(db, None)
        record = (await db.execute(select(Decision.id))).scalar_one()
    assert entry["detail"] == {
        "before": "pending",
        "decision": "reject",
        "origin": "own",
        "record": record,
        "rule": rule.number,
        "rulebook": "1.0",
        "reasons_sha256": sha256(REASONS.encode()).hexdigest(),
    }
    assert REASONS in (await browser.get("/moderation/protokoll")).words(".log")


async def test_the_journal_is_written_for_people(browser, make, database):
    comment, rule = await make.comment(status="pending"), await make.rule(title="Ohne Beleidigung")
    await browser.sign_in(await make.moderator())
    await decide(browser, comment, "reject", rule=rule.id, reasons=REASONS)
    async with database.writing() as db:
        await accounts.create(db, "neu@halle.example", ["editor", "moderator"])
        await accounts.create(db, "ohne@halle.example", [])

    page = await browser.get("/moderation/protokoll")

    async with database.reading() as db:
        entries = {entry["id"]: entry for entry in await journal.page(db, None)}
    when = {id: messages.moment(datetime.fromisoformat(entry["at"])) for id, entry in entries.items()}
    proofs = [proof.extract() for proof in page.select(".log details")]
    assert [" ".join(item.get_text(" ").split()) for item in page.select(".log > li")] == [
        f"3 {when[3]} Rollen vergeben ein Konto Rollen: keine",
        f"2 {when[2]} Rollen vergeben ein Konto Rollen: Redaktion, Moderation",
        f"1 {when[1]} Beitrag abgelehnt {comment.number} Regel {rule.number}: Ohne Beleidigung "
        f"Begründung: {REASONS} vorher: wartend · Anlass: eigene Prüfung",
    ]
    told = [entries[3 - at]["hash"] in proof.get_text() for at, proof in enumerate(proofs)]
    assert told == [True] * 3


def test_every_decision_leads_to_a_status_that_its_transitions_allow():
    leads = decisions.LEADS_TO.items()
    wrong = [kind for kind, to in leads if not decisions.FROM[kind] - {to} <= TRANSITIONS[to]]
    assert wrong == []
