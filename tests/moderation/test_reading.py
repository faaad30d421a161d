"""Triage's job: what it adds to a contribution that waits, what it lets pass, and what it never touches."""

import asyncio
from uuid import uuid4

import numpy as np
import pytest
from sqlalchemy import func, select

from dialogue import journal
from dialogue.kit import clock
from dialogue.tables import Comment, JournalEntry
from moderation import guard, models, reading
from moderation.tables import Decision, Model
from moderation.triage import features
from moderation.triage.learned import Order

TEXT = "Bitte sagen Sie vorher, woran Sie den Erfolg messen, und veröffentlichen Sie die Zahlen jedes Jahr."
NEARLY = TEXT.replace("Erfolg", "Erflog")
ELSE = "Am Zoo fehlt seit dem Frühjahr eine Bank im Schatten; die alte wurde nach dem Sturm nicht ersetzt."


def saying(level):
    """An order that gives every text the same level, trained on nothing."""
    thresholds = {"": (2, 1), "mittel": (1, -1), "hoch": (-1, -2)}[level]
    rare = (np.ones(features.PLACES, dtype=np.float32),) * 2
    weights = np.zeros(2 * features.PLACES, dtype=np.float32)
    return Order(rare, weights, 0.0, dict(zip(("hoch", "mittel"), map(float, thresholds), strict=True)))


async def hold(database, level):
    async with database.writing() as db:
        await models.store(db, saying(level), "0" * 64, {})


async def write(browser, thread, text=TEXT):
    sent = {"text": text, "warned": guard.digest(text), "action": "send", "once": str(uuid4())}
    page = await browser.post(f"/faden/{thread.id}/schreiben", **sent)
    return page.words(".receipt__number")


async def comments_of(database):
    query = select(Comment.number, Comment.status, Comment.urgency, Comment.signs, Comment.revision)
    async with database.reading() as db:
        return list(await db.execute(query.order_by(Comment.id)))


async def noticed(database):
    return [[(sign["kind"], *sign["words"]) for sign in row.signs] for row in await comments_of(database)]


async def recorded(database):
    async with database.reading() as db:
        kinds = (await db.execute(select(Decision.decision, Decision.automated).order_by(Decision.id))).all()
        entries = [entry["action"] for entry in reversed(await journal.page(db, None))]
    return [tuple(kind) for kind in kinds], entries


# --- near-duplicates --------------------------------------------------------------------------------


async def test_of_two_that_are_nearly_the_same_the_later_one_is_held(browser, make, database, work):
    thread = await make.thread(checks_first=False)
    await browser.sign_in(await make.citizen())

    first = await write(browser, thread)
    await write(browser, thread, NEARLY)
    await write(browser, thread, ELSE)
    await work()

    assert [row.status for row in await comments_of(database)] == ["published", "pending", "published"]
    assert await noticed(database) == [[], [("duplicate", first)], []]


async def test_who_edits_a_text_into_a_copy_is_the_later_one(browser, make, database, work):
    thread = await make.thread()
    author, other = await make.citizen(), await make.citizen()
    edited = await make.comment(thread, author, status="pending", text=ELSE)
    copied = await make.comment(thread, other, status="pending", text=TEXT, created_at=clock.now())
    await browser.sign_in(author)

    await browser.post(f"/beitraege/{edited.number}/bearbeiten", text=NEARLY)
    await work()
    await reading.read(database, copied.id, 1)

    assert await noticed(database) == [[("duplicate", copied.number)], []]


@pytest.mark.parametrize(
    ("status", "erased", "elsewhere", "named"),
    [
        ("published", False, False, True),
        ("pending", False, False, True),
        ("rejected", False, False, True),
        ("hidden", False, False, True),
        ("withdrawn", False, False, False),
        ("published", True, False, False),
        ("published", False, True, False),
    ],
)
async def test_it_is_compared_with_what_was_said_in_the_same_thread(
    make, database, status, erased, elsewhere, named
):
    thread = await make.thread()
    gone = {"text": "gelöscht", "erased_at": clock.now()} if erased else {"text": TEXT}
    earlier = await make.comment(await make.thread() if elsewhere else thread, status=status, **gone)
    comment = await make.comment(thread, status="pending", text=NEARLY, created_at=clock.now())

    await reading.read(database, comment.id, 1)

    assert (await noticed(database))[1] == ([("duplicate", earlier.number)] if named else [])


async def test_wildcards_in_a_text_are_letters(make, database):
    thread, text = (
        await make.thread(),
        r"100 % der _Daten_ sollen \\ in Halle bleiben, und zwar auf Rechnern der Stadt.",
    )
    earlier = await make.comment(thread, text=text)
    comment = await make.comment(thread, status="pending", text=text, created_at=clock.now())

    await reading.read(database, comment.id, 1)

    assert (await noticed(database))[1] == [("duplicate", earlier.number)]


# --- the learned order ------------------------------------------------------------------------------


@pytest.mark.parametrize(("level", "urgency"), [("", 0), ("mittel", 1), ("hoch", 2)])
async def test_the_learned_order_holds_back_and_orders(browser, make, database, work, level, urgency):
    thread = await make.thread(checks_first=False)
    await hold(database, level)
    await browser.sign_in(await make.citizen())

    await write(browser, thread)
    await work()

    (row,) = await comments_of(database)
    assert (row.status, row.urgency) == ("published" if not level else "pending", urgency)
    assert [(sign["kind"], sign["level"]) for sign in row.signs] == ([("learned", level)] if level else [])


async def test_the_signs_of_the_rules_stay_and_are_there_at_once(browser, make, database, work):
    thread = await make.thread()
    await hold(database, "mittel")
    await browser.sign_in(await make.citizen())
    text = "Mehr dazu auf https://halle.example und unter 0345 123 45 67."

    await write(browser, thread, text)
    before = [([sign["kind"] for sign in row.signs], row.urgency) for row in await comments_of(database)]
    await work()

    after = [([sign["kind"] for sign in row.signs], row.urgency) for row in await comments_of(database)]
    assert (before, after) == ([(["personal", "link"], 2)], [(["personal", "link", "learned"], 2)])


async def test_a_newer_order_is_followed_and_a_removed_one_forgotten(make, database, owner):
    comment = await make.comment(status="pending")

    async def level():
        await reading.read(database, comment.id, 1)
        return [sign["level"] for sign in (await comments_of(database))[0].signs]

    found = [await level()]
    for each in ("hoch", "mittel"):
        await hold(database, each)
        found.append(await level())
    await owner.execute("DELETE FROM triage_models")

    assert [*found, await level()] == [[], ["hoch"], ["mittel"], []]


async def test_an_order_this_version_cannot_read_is_as_none(make, database):
    comment = await make.comment(await make.thread(checks_first=False), status="pending")
    await make.row(Model, data_digest="0" * 64, figures={}, weights=b"something else")

    await reading.read(database, comment.id, 1)

    assert [(row.status, row.signs) for row in await comments_of(database)] == [("published", [])]


# --- what it lets pass ------------------------------------------------------------------------------


async def test_checked_first_nothing_is_published_by_triage(browser, make, database, work):
    await browser.sign_in(await make.citizen())

    await write(browser, await make.thread(checks_first=True))
    await work()

    assert [(row.status, row.signs, row.revision) for row in await comments_of(database)] == [
        ("pending", [], 1)
    ]
    assert await recorded(database) == ([], [])


async def test_where_a_moderator_closed_the_thread_meanwhile_a_person_looks(
    browser, make, database, owner, work
):
    await browser.sign_in(await make.citizen())

    await write(browser, await make.thread(checks_first=False))
    await owner.execute("UPDATE threads SET closed_at = now()")
    await work()

    assert [row.status for row in await comments_of(database)] == ["pending"]


async def test_what_came_in_before_the_end_is_still_published(browser, make, database, owner, work):
    await browser.sign_in(await make.citizen())

    await write(browser, await make.thread(checks_first=False))
    await owner.execute("UPDATE threads SET closes_at = now()")
    await work()

    assert [row.status for row in await comments_of(database)] == ["published"]


async def test_a_held_text_that_was_mended_appears(browser, make, database, work):
    await browser.sign_in(await make.citizen())

    number = await write(browser, await make.thread(checks_first=False), "Rufen Sie mich an: 0345 123 45 67")
    await work()
    held = [(row.status, row.urgency) for row in await comments_of(database)]
    await browser.post(f"/beitraege/{number}/bearbeiten", text="Rufen Sie mich an.")
    await work()

    assert held == [("pending", 2)]
    assert [(row.status, row.urgency, row.signs) for row in await comments_of(database)] == [
        ("published", 0, [])
    ]
    async with database.reading() as db:
        assert (await db.execute(select(Decision.revision, Decision.automated))).all() == [(2, True)]


# --- twice, too late, at the same moment ------------------------------------------------------------


async def test_read_twice_it_is_published_once(make, database):
    comment = await make.comment(await make.thread(checks_first=False), status="pending")

    await asyncio.gather(*(reading.read(database, comment.id, 1) for _ in range(4)))
    await reading.read(database, comment.id, 1)

    assert [(row.status, row.revision) for row in await comments_of(database)] == [("published", 2)]
    assert await recorded(database) == ([("publish", True)], ["comment.published"])


async def test_reading_twice_leaves_the_same_signs(make, database):
    thread = await make.thread()
    await make.comment(thread, text=TEXT)
    comment = await make.comment(thread, status="pending", text=NEARLY, created_at=clock.now())
    await hold(database, "hoch")

    await reading.read(database, comment.id, 1)
    once = (await comments_of(database))[1]
    await reading.read(database, comment.id, 1)

    assert (await comments_of(database))[1] == once
    assert ([sign["kind"] for sign in once.signs], once.revision) == (["duplicate", "learned"], 1)


@pytest.mark.parametrize("status", ["published", "rejected", "hidden", "withdrawn"])
async def test_what_was_decided_or_taken_back_is_left_alone(make, database, status):
    comment = await make.comment(await make.thread(checks_first=False), status=status)
    await hold(database, "hoch")

    await reading.read(database, comment.id, 1)

    assert [(row.status, row.signs, row.revision) for row in await comments_of(database)] == [(status, [], 1)]


async def test_a_job_for_an_older_text_leaves_the_newer_one_alone(make, database):
    thread = await make.thread(checks_first=False)
    comment = await make.comment(thread, status="pending", revision=2)

    await reading.read(database, comment.id, 1)

    assert [(row.status, row.revision) for row in await comments_of(database)] == [("pending", 2)]


@pytest.mark.parametrize("act", ["zurueckziehen", "bearbeiten"])
async def test_an_author_and_triage_at_the_same_moment(browser, make, database, work, act):
    """Whoever was first, the record says what happened: published once, or never."""
    author, thread = await make.citizen(), await make.thread(checks_first=False)
    await browser.sign_in(author)

    for _ in range(8):
        comment = await make.comment(thread, author, status="pending", text=f"Nur {uuid4()}")
        address = f"/beitraege/{comment.number}/{act}"
        await asyncio.gather(
            browser.post(address, text="Rufen Sie an: 0345 123 45 67"), reading.read(database, comment.id, 1)
        )

    ends = {(row.status, row.revision) for row in await comments_of(database)}
    passed = sum(row.status == "published" for row in await comments_of(database))
    kinds, entries = await recorded(database)
    possible = {
        "zurueckziehen": {("withdrawn", 2), ("withdrawn", 3), ("published", 2)},
        "bearbeiten": {("published", 2), ("pending", 2)},
    }
    assert ends - possible[act] == set()
    published_then_withdrawn = sum(
        (row.status, row.revision) == ("withdrawn", 3) for row in await comments_of(database)
    )
    assert kinds == [("publish", True)] * (passed + published_then_withdrawn)
    assert entries.count("comment.published") == len(kinds)


async def test_a_moderator_and_triage_at_the_same_moment(browser, make, database):
    thread, rule = await make.thread(checks_first=False), await make.rule()
    await browser.sign_in(await make.moderator())

    for _ in range(8):
        comment = await make.comment(thread, status="pending", text=f"Nur {uuid4()}")
        no = {
            "decision": "reject",
            "revision": 1,
            "rule": rule.id,
            "reasons": "Ein Name steht darin, bitte ohne.",
        }
        await asyncio.gather(
            browser.post(f"/moderation/{comment.number}/entscheiden", **no),
            reading.read(database, comment.id, 1),
        )

    rows = await comments_of(database)
    kinds, entries = await recorded(database)
    assert {row.status for row in rows} - {"published", "rejected"} == set()
    assert sorted(kinds) == sorted(
        [("publish", True) if row.status == "published" else ("reject", False) for row in rows]
    )
    assert len(entries) == len(rows)
    async with database.snapshot() as db:
        assert (await journal.verify(db)).broken is None


async def test_the_job_and_the_contribution_are_stored_together_or_not_at_all(browser, make, database, owner):
    await browser.sign_in(await make.citizen())

    number = await write(browser, await make.thread())

    payloads = await owner.fetch("SELECT payload FROM pgqueuer WHERE entrypoint = 'triage'")
    async with database.reading() as db:
        comment_id = (await db.execute(select(Comment.id).where(Comment.number == number))).scalar_one()
        assert (await db.execute(select(func.count(JournalEntry.id)))).scalar_one() == 0
    assert [bytes(row["payload"]).decode() for row in payloads] == [
        f'{{"comment": {comment_id}, "revision": 1}}'
    ]


# --- who is told ------------------------------------------------------------------------------------


async def test_the_author_reads_nothing_of_copies_levels_and_the_sentence(
    browser, make, database, work, shown_to_author
):
    thread, author = await make.thread(checks_first=False), await make.citizen()
    earlier = await make.comment(thread, text=TEXT)
    await hold(database, "hoch")
    await browser.sign_in(author)

    await shown_to_author(browser, thread, NEARLY, earlier.number)

    (sign, learned) = (await comments_of(database))[1].signs
    assert (sign["words"], learned["level"], learned["words"]) == ([earlier.number], "hoch", [NEARLY])


@pytest.fixture
def shown_to_author(work):
    """Every page an author sees of their own contribution, before and after triage has read it."""

    async def look(browser, thread, text, number):
        form = {"text": text, "once": str(uuid4())}
        pages = [await browser.post(f"/faden/{thread.id}/schreiben", **form, action="preview")]
        pages.append(await browser.post(f"/faden/{thread.id}/schreiben", **form, action="send"))
        own, secret = (pages[-1].words(f".receipt__{part}") for part in ("number", "secret"))
        await work()
        pages.append(await browser.post(f"/faden/{thread.id}/schreiben", **form, action="send"))
        pages += [
            await browser.get(address)
            for address in (f"/beitraege/{own}", f"/beitraege/{own}/bearbeiten", "/konto")
        ]
        pages.append(await browser.post("/beitrag", number=own, secret=secret))
        assert [page.status for page in pages] == [200] * len(pages)
        words = ("Bitte genau lesen", "Doppelt?", "hoch", number, "level", "urgency")
        assert [word for word in words for page in pages if word in page.text] == []

    return look


async def test_the_moderator_sees_why_and_where(browser, make, database):
    thread = await make.thread()
    earlier = await make.comment(thread, text=TEXT)
    comment = await make.comment(
        thread, status="pending", text=f"{NEARLY} Sie sind gemeint.", created_at=clock.now()
    )
    await hold(database, "hoch")
    await reading.read(database, comment.id, 1)
    await browser.sign_in(await make.moderator())

    page = await browser.get(f"/moderation/{comment.number}")

    assert earlier.number in page.words(".case .signs")
    assert [mark.text for mark in page.select("mark")] == [NEARLY]
