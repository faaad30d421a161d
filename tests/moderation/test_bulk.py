"""One decision about many: each has its own record, is decided once, and what could not be is named."""

import asyncio
from datetime import timedelta

import pytest

from dialogue import journal
from dialogue.kit import clock
from moderation import bulk, claims
from moderation.tables import Claim, Rule, Rulebook, ThreadRulebook
from tests.house.test_budgets import counted, kinds
from tests.moderation import matter
from tests.moderation.matter import REASONS, now, records


@pytest.fixture
async def moderator(browser, make):
    browser.person = await make.moderator()
    await browser.sign_in(browser.person)
    return browser


@pytest.fixture
def wait(make):
    async def made(count, **values):
        author, thread = await make.person(), values.pop("thread", None) or await make.thread()
        return [await make.comment(thread, author, **({"status": "pending"} | values)) for _ in range(count)]

    return made


def seen(comments):
    return [f"{comment.number}.{comment.revision}" for comment in comments]


async def decide(browser, comments, decision, **form):
    values = {"beitrag": seen(comments), "decision": decision, **form}
    return await browser.post("/moderation/auswahl/entscheiden", **values)


async def statuses(database, comments):
    return [(await now(database, comment)).status for comment in comments]


async def test_from_the_list_over_what_will_happen_to_what_came_of_it(moderator, wait, database, make):
    rule, waiting = await make.rule(), await wait(3, text="Werbung für Server")
    await make.comment(status="pending", text="Etwas anderes")

    listed = await moderator.get("/moderation")
    boxes = [box["value"] for box in listed.select("[name=beitrag]")]
    chosen = await moderator.post("/moderation/auswahl", beitrag=boxes[:3])
    before = await records(database)
    buttons = [button["value"] for button in chosen.select("[name=decision]")]
    done = await moderator.post(
        "/moderation/auswahl/entscheiden",
        beitrag=[box["value"] for box in chosen.select("[name=beitrag][checked]")],
        decision="reject",
        rule=rule.id,
        reasons=REASONS,
    )

    assert set(boxes[:3]) == set(seen(waiting))
    assert (chosen.words("h1"), before) == ("3 Beiträge gemeinsam entscheiden", [])
    assert buttons == ["publish", "reject"]
    assert (done.status, done.words("h1")) == (200, "3 Beiträge abgelehnt")
    assert await statuses(database, waiting) == ["rejected"] * 3
    made = await records(database)
    assert [(each.comment_id, each.decision, each.rule_id, each.reasons) for each in made] == [
        (comment.id, "reject", rule.id, REASONS) for comment in waiting
    ]


async def test_each_has_its_own_entry_in_the_journal_and_its_author_a_mail(moderator, wait, database, owner):
    waiting = await wait(3)

    await decide(moderator, waiting, "publish")

    async with database.snapshot() as db:
        entries, verdict = await journal.page(db, None), await journal.verify(db)
    told = [(entry["action"], entry["subject"]) for entry in reversed(entries)]
    assert told == [("comment.published", f"comment:{comment.number}") for comment in waiting]
    assert (verdict.entries, verdict.broken) == (3, None)
    mails = await owner.fetch("SELECT payload FROM pgqueuer WHERE entrypoint = 'mail'")
    assert len(mails) == 3


async def test_what_others_were_faster_with_or_is_ones_own_is_named_and_the_rest_done(
    moderator, wait, database, make
):
    rule, holder = await make.rule(), await make.moderator()
    waiting = await wait(2)
    thread = await make.thread()
    own = await make.comment(thread, moderator.person, status="pending")
    gone = await make.comment(thread, status="rejected")
    changed = await make.comment(thread, status="pending", revision=2)
    changed.revision = 1
    held = await make.comment(thread, status="pending")
    await make.row(Claim, comment_id=held.id, person_id=holder.id, until=clock.now() + claims.HOLD)
    refused = await make.comment(thread, status="rejected", revision=2)
    decision = await matter.decided_by(make, refused, holder, "reject", rule)
    await matter.appeal(make, refused, decision)

    page = await moderator.post(
        "/moderation/auswahl/entscheiden",
        beitrag=[*seen([*waiting, own, gone, changed, held, refused]), "ZZZ-ZZZ.1"],
        decision="publish",
    )

    assert page.words("h1") == "2 Beiträge veröffentlicht"
    told = dict(item.get_text().strip().split(": ", 1) for item in page.select(".aside-note li"))
    assert told == {
        own.number: "Das ist Ihr eigener Beitrag. Darüber entscheidet jemand anderes.",
        gone.number: "Dieser Beitrag wurde inzwischen entschieden. Bitte laden Sie ihn neu.",
        changed.number: "Dieser Beitrag wurde inzwischen bearbeitet oder entschieden. Bitte laden Sie ihn neu.",
        held.number: "Diesen Beitrag bearbeitet gerade jemand anderes. Bitte nehmen Sie den nächsten.",
        refused.number: bulk.ALONE,
        "ZZZ-ZZZ": bulk.UNKNOWN,
    }
    assert await statuses(database, waiting) == ["published"] * 2
    async with database.reading() as db:
        left = (await db.execute(Claim.__table__.select())).all()
    assert [(each.comment_id, each.person_id) for each in left] == [(held.id, holder.id)]


async def test_what_cannot_be_decided_is_said_before_and_not_chosen(moderator, wait, make):
    rule, thread = await make.rule(), await make.thread()
    waiting = await wait(1, thread=thread)
    own = await make.comment(thread, moderator.person, status="pending")
    reported = await make.comment(thread)
    await matter.flag(make, reported)
    refused = await make.comment(thread, status="rejected", revision=2)
    decision = await matter.decided_by(make, refused, await make.moderator(), "reject", rule)
    await matter.appeal(make, refused, decision)

    page = await moderator.post("/moderation/auswahl", beitrag=seen([*waiting, own, reported, refused]))

    checked = [box["value"] for box in page.select("[name=beitrag][checked]")]
    assert checked == seen([*waiting, reported])
    assert page.words(".queue__meta b") == "Ihr eigener Beitrag Beschwerde: bitte einzeln entscheiden"
    buttons = {str(each["value"]): " ".join(each.text.split()) for each in page.select("[name=decision]")}
    assert buttons == {
        "publish": "1 veröffentlichen",
        "keep": "1 bleiben, wie sie sind",
        "reject": "1 ablehnen",
        "hide": "1 ausblenden",
    }


async def test_reported_ones_stay_together(moderator, make, database):
    reported = [await make.comment() for _ in range(3)]
    for comment in reported:
        await matter.flag(make, comment)

    page = await decide(moderator, reported, "keep")

    assert page.words("h1") == "3 Beiträge bleiben, wie sie sind"
    assert [(each.decision, each.origin) for each in await records(database)] == [("keep", "notice")] * 3


@pytest.mark.parametrize(
    ("form", "field", "sentence"),
    [
        ({"reasons": REASONS}, "rule", "Bitte wählen Sie die Regel, um die es geht."),
        ({"rule": "own"}, "reasons", "Bitte begründen Sie die Entscheidung mit mindestens 20 Zeichen."),
        (
            {"rule": "own", "reasons": "Wort " * 1000},
            "reasons",
            "Bitte fassen Sie die Begründung kürzer: höchstens 2 000 Zeichen.",
        ),
    ],
)
async def test_without_rule_and_reasons_none_is_rejected_and_the_choice_stays(
    moderator, wait, make, database, form, field, sentence
):
    rule, waiting = await make.rule(), await wait(2)
    form = form | ({"rule": rule.id} if "rule" in form else {})

    page = await decide(moderator, waiting, "reject", **form)

    assert (page.status, page.words(f"#{field}-error")) == (422, sentence)
    assert [box["value"] for box in page.select("[name=beitrag][checked]")] == seen(waiting)
    assert page.one("#reasons").text.strip() == form.get("reasons", "").strip()
    assert await records(database) == []


async def test_where_another_netiquette_holds_one_decides_alone(moderator, wait, make, database):
    rule, waiting = await make.rule(), await wait(1)
    book = await make.row(
        Rulebook, version="0.9", title="Alt", intro="", valid_from=clock.now() - timedelta(9)
    )
    words = dict.fromkeys(("title", "text", "easy", "reason"), "Alt")
    await make.row(Rule, rulebook_id=book.id, number=1, **words)
    thread = await make.thread()
    await make.row(ThreadRulebook, thread_id=thread.id, rulebook_id=book.id)
    other = await wait(1, thread=thread)

    page = await decide(moderator, [*other, *waiting], "reject", rule=rule.id, reasons=REASONS)

    assert await statuses(database, [*waiting, *other]) == ["rejected", "pending"]
    assert page.words(".aside-note li") == f"{other[0].number} : {bulk.OTHER_RULES}"


@pytest.mark.parametrize("address", ["/moderation/auswahl", "/moderation/auswahl/entscheiden"])
@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [([], bulk.NONE), ([f"AAA-{n:03}.1" for n in range(51)], bulk.TOO_MANY)],
    ids=["none", "too many"],
)
async def test_nothing_and_too_much_is_said_above_the_list(moderator, address, chosen, sentence):
    page = await moderator.post(address, beitrag=chosen, decision="publish")

    assert (page.status, page.words("h1"), page.words(".errors")) == (422, "Moderation", sentence)


@pytest.mark.parametrize(
    "value", ["", ".", "x", "7K4-92F", "7K4-92F.x", "7K4-92F." + "9" * 30, "\x00.1", "٣.٣"]
)
async def test_what_no_list_of_ours_sends_decides_nothing(moderator, wait, database, value):
    await wait(1)

    pages = [
        await moderator.post(address, beitrag=value, decision="publish")
        for address in ("/moderation/auswahl", "/moderation/auswahl/entscheiden")
    ]

    assert {page.status for page in pages} <= {200, 400}
    assert await records(database) == []


async def test_a_decision_that_many_cannot_take_is_refused(moderator, wait, database):
    waiting = await wait(2)

    for kind in ("publish_masked", "restore", "close_thread", ""):
        assert (await decide(moderator, waiting, kind)).status == 422
    assert await records(database) == []


async def test_the_same_form_sent_twice_decides_once_and_says_the_same(moderator, wait, database):
    waiting = await wait(3)

    answers = [await decide(moderator, waiting, "publish") for _ in range(2)]

    assert [answer.words("h1") for answer in answers] == ["3 Beiträge veröffentlicht"] * 2
    assert len(await records(database)) == 3


async def test_two_who_decide_about_the_same_fifty_at_once_decide_each_once(
    new_browser, wait, make, database
):
    rule, waiting = await make.rule(), await wait(50)
    browsers = [new_browser(), new_browser()]
    for browser in browsers:
        await browser.sign_in(await make.moderator())

    answers = await asyncio.gather(
        decide(browsers[0], waiting, "publish"),
        decide(browsers[1], waiting[::-1], "reject", rule=rule.id, reasons=REASONS),
    )

    assert [answer.status for answer in answers] == [200, 200]
    assert sorted(each.comment_id for each in await records(database)) == [each.id for each in waiting]
    async with database.snapshot() as db:
        verdict = await journal.verify(db)
    assert (verdict.entries, verdict.broken) == (50, None)


async def test_statements_grow_with_the_number_alone_and_the_journal_comes_last(
    moderator, wait, make, database
):
    rule = await make.rule()
    no = {"rule": rule.id, "reasons": REASONS}
    counts = {}
    for number in (5, 25):
        waiting = await wait(number)
        with counted(database) as statements:
            await decide(moderator, waiting, "reject", **no)
        told = kinds(statements)
        first = told.index("INSERT INTO journal")
        assert set(told[first:]) == {"INSERT INTO journal", "SELECT actors.id FROM"}
        counts[number] = len(told)

    each = (counts[25] - counts[5]) / 20
    assert each <= 14, counts


async def test_who_hosts_another_room_decides_nothing(browser, make, wait, database):
    person = await make.citizen()
    await make.grant(person, "moderator", await make.room())
    await browser.sign_in(person)
    waiting = await wait(2)

    page = await decide(browser, waiting, "publish")

    assert page.words("h1") == "0 Beiträge veröffentlicht"
    assert [item.get_text().strip().split(": ", 1)[1] for item in page.select(".aside-note li")] == [
        bulk.UNKNOWN
    ] * 2
    assert await statuses(database, waiting) == ["pending"] * 2
