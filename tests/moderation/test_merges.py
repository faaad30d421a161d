"""Merging: a near-duplicate stands under another entry with all that belongs to it, and comes out again exactly."""

import asyncio
import zipfile
from uuid import uuid4

import pytest
from sqlalchemy import select

from consultations.outcome import exports
from dialogue import comments, journal
from dialogue.kit.errors import Conflict
from dialogue.tables import Comment, Vote
from moderation import merges
from moderation.tables import Merge


@pytest.fixture
async def moderator(browser, make):
    browser.person = await make.moderator()
    await browser.sign_in(browser.person)
    return browser


@pytest.fixture
async def point(make):
    return await make.point()


@pytest.fixture
def places(database):
    """Number → the text of the entry it stands under, "" for an entry."""

    async def found():
        async with database.reading() as db:
            rows = {
                row.id: row for row in await db.execute(select(Comment.id, Comment.text, Comment.parent_id))
            }
        return {row.text: rows[row.parent_id].text if row.parent_id else "" for row in rows.values()}

    return found


async def merge(browser, comment, entry):
    return await browser.post(f"/moderation/{comment.number}/zusammenfuehren", entry=entry.number)


async def undo(browser, comment):
    return await browser.post(f"/moderation/{comment.number}/trennen")


async def two(make, thread):
    """An entry with a reply, and another one with two."""
    first, second = await make.comment(thread, text="eins"), await make.comment(thread, text="zwei")
    await make.comment(thread, text="zu eins", parent_id=first.id)
    await make.comment(thread, text="zu zwei", parent_id=second.id)
    await make.comment(thread, text="zu zwei, wartet", parent_id=second.id, status="pending")
    return first, second


async def test_a_merged_entry_stands_under_the_other_with_its_replies_and_votes(
    moderator, make, point, places, database, new_browser
):
    first, second = await two(make, point.thread)
    await make.vote(second)

    case = await merge(moderator, second, first)

    assert await places() == {
        "eins": "",
        "zwei": "eins",
        "zu eins": "eins",
        "zu zwei": "eins",
        "zu zwei, wartet": "eins",
    }
    page = await new_browser().get(f"/punkte/{point.code}")
    assert [each.text.strip() for each in page.select(".thread > li > article .comment__text")] == ["eins"]
    badges = {
        each.select_one(".comment__text").get_text(" ", strip=True): each.select_one(".kern-badge")
        is not None
        for each in page.select(".replies article")
    }
    assert badges == {"zu eins": False, "zu zwei": False, "zwei": True}
    assert page.words(".replies .kern-badge") == "Ähnlicher Beitrag"
    assert f"Steht als ähnlicher Beitrag unter {first.number}" in case.words(".more")
    async with database.reading() as db:
        assert list(await db.scalars(select(Vote.comment_id))) == [second.id]


async def test_it_is_no_card_any_more_and_takes_no_answers(make, point, moderator, new_browser):
    first, second = await two(make, point.thread)
    citizen = new_browser()
    await citizen.sign_in(await make.citizen())
    await merge(moderator, second, first)

    cards = await citizen.get(f"/beteiligung/{point.consultation.slug}/karten")
    form = await citizen.get(f"/beitraege/{second.number}/antworten")
    sent = await citizen.post(f"/beitraege/{second.number}/antworten", text="Dazu noch dies.")
    shown = await citizen.get(f"/beitraege/{second.number}")

    assert cards.words(".deck__progress b") == "0 von 1"
    assert (form.status, sent.status) == (409, 409)
    assert "Dazu noch dies." in sent.words("textarea")
    assert shown.select(f"a[href='/beitraege/{second.number}/antworten']") == []
    assert shown.words(".kern-badge") == "Ähnlicher Beitrag"


async def test_undoing_puts_everything_back_and_leaves_what_was_written_since(
    moderator, make, point, places, database
):
    first, second = await two(make, point.thread)
    before = await places()
    await merge(moderator, second, first)
    await make.comment(point.thread, text="seitdem", parent_id=first.id)

    case = await undo(moderator, second)

    assert await places() == before | {"seitdem": "eins"}
    assert "Steht als ähnlicher Beitrag" not in case.words()
    async with database.reading() as db:
        assert (await db.execute(select(Merge.comment_id))).all() == []


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["inner first", "outer first"])
async def test_what_was_merged_into_what_was_merged_comes_out_in_any_order(
    moderator, make, point, places, order
):
    first, second = await two(make, point.thread)
    third = await make.comment(point.thread, text="drei")
    await make.comment(point.thread, text="zu drei", parent_id=third.id)
    before = await places()
    await merge(moderator, third, second)
    await merge(moderator, second, first)
    assert set((await places()).values()) == {"", "eins"}

    for at in order:
        answer = await undo(moderator, (third, second)[at])
        assert answer.status == 200

    assert await places() == before


async def test_both_acts_are_in_the_journal(moderator, make, point, database):
    first, second = await two(make, point.thread)
    await merge(moderator, second, first)
    await undo(moderator, second)

    async with database.reading() as db:
        entries = await journal.page(db, None)
    told = [(entry["action"], entry["subject"], entry["detail"]) for entry in reversed(entries)]
    about = (f"comment:{second.number}", {"into": first.number})
    assert told == [("comment.merged", *about), ("comment.unmerged", *about)]
    page = await moderator.get("/moderation/protokoll")
    assert f"Beitrag unter einen ähnlichen gestellt {second.number} unter: {first.number}" in page.words(
        ".log"
    )


async def test_a_waiting_near_duplicate_appears_among_the_replies_once_published(
    moderator, make, point, new_browser
):
    first = await make.comment(point.thread, text="eins")
    second = await make.comment(point.thread, text="zwei", status="pending")

    await merge(moderator, second, first)
    hidden = await new_browser().get(f"/punkte/{point.code}")
    values = {"decision": "publish", "revision": 1}
    await moderator.post(f"/moderation/{second.number}/entscheiden", **values)
    shown = await new_browser().get(f"/punkte/{point.code}")

    assert [page.words(".replies .comment__text") for page in (hidden, shown)] == ["", "zwei"]


async def test_what_triage_finds_alike_is_one_button(moderator, make, point):
    first = await make.comment(point.thread, text="eins")
    sign = {"kind": "duplicate", "label": "Ähnlich", "words": [first.number], "spans": [], "version": 1}
    second = await make.comment(point.thread, text="zwei", status="pending", signs=[sign])

    page = await moderator.get(f"/moderation/{second.number}")

    (button,) = page.select(".merge button[name=entry]")
    assert button["value"] == first.number


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"status": "pending"}, merges.NOT_THERE),
        ({"status": "hidden"}, merges.NOT_THERE),
        ({"reply": True}, merges.NOT_THERE),
        ({"elsewhere": True}, merges.NOT_THERE),
        ({"itself": True}, merges.NOT_THERE),
        ({"number": "ZZZ-ZZZ"}, merges.NOT_THERE),
        ({"number": ""}, merges.NOT_THERE),
        ({"number": "<b>\x00" + "9" * 400}, merges.NOT_THERE),
    ],
)
async def test_a_number_that_is_no_entry_there_is_refused_at_its_field(
    moderator, make, point, places, change, sentence
):
    comment = await make.comment(point.thread, text="eins")
    thread = await make.thread() if change.get("elsewhere") else point.thread
    above = (await make.comment(point.thread, text="oben")).id if change.get("reply") else None
    other = await make.comment(thread, text="zwei", parent_id=above, status=change.get("status", "published"))
    number = change.get("number", comment.number if change.get("itself") else other.number)
    before = await places()

    page = await moderator.post(f"/moderation/{comment.number}/zusammenfuehren", entry=number)

    assert (page.status, page.words("#entry-error")) == (422, sentence)
    assert page.one("#entry")["value"] == number.replace("\x00", "")
    assert await places() == before


@pytest.mark.parametrize("which", ["merged", "entry", "undo"])
async def test_nobody_merges_or_parts_the_own_contribution(moderator, make, point, places, which):
    mine = await make.comment(point.thread, moderator.person, text="eins")
    other = await make.comment(point.thread, text="zwei")
    if which == "undo":
        await make.row(Merge, comment_id=mine.id, into_id=other.id)
        async with make.database.writing() as db:
            await db.execute(merges._MOVE, {"comment": mine.id, "place": other.id})
    before = await places()

    page = await (
        undo(moderator, mine)
        if which == "undo"
        else merge(moderator, *((mine, other) if which == "merged" else (other, mine)))
    )

    assert (page.status, page.words("#refusal"), await places()) == (409, merges.OWN, before)


@pytest.mark.parametrize("status", ["rejected", "hidden", "withdrawn"])
async def test_what_is_not_to_be_read_is_not_merged(moderator, make, point, status):
    first, second = await two(make, point.thread)
    gone = await make.comment(point.thread, status=status)

    page = await merge(moderator, gone, first)
    reply = await merge(moderator, await make.comment(point.thread, parent_id=second.id), first)

    assert [(each.status, each.words("#refusal")) for each in (page, reply)] == [(409, merges.NO_ENTRY)] * 2


async def test_taking_out_what_stands_on_its_own_changes_nothing(moderator, make, point, places):
    first, _ = await two(make, point.thread)
    before = await places()

    page = await undo(moderator, first)

    assert (page.status, await places()) == (200, before)


async def test_who_hosts_another_room_merges_nothing(browser, make, point):
    person = await make.citizen()
    await make.grant(person, "moderator", await make.room())
    await browser.sign_in(person)
    first, second = await two(make, point.thread)

    assert [(await each).status for each in (merge(browser, second, first), undo(browser, second))] == [
        404,
        404,
    ]


async def test_an_answer_written_at_the_same_moment_finds_a_place_or_is_refused(
    make, point, database, places
):
    """Whoever merges holds the entry: an answer to it waits, and then there is none to answer."""
    first, second = await two(make, point.thread)
    writer, merging, answering = await make.citizen(), asyncio.Event(), asyncio.Event()

    async def merged():
        async with database.writing() as db:
            await db.execute(merges._BOTH, {"comment": second.id, "entry": first.number})
            merging.set()
            await answering.wait()
            await asyncio.sleep(0.2)
            ids = {"comment": second.id, "place": first.id}
            await db.scalars(merges._MOVE_REPLIES, ids)
            await db.execute(merges._MOVE, ids)

    async def answered():
        await merging.wait()
        async with database.writing() as db:
            answering.set()
            new = comments.New(point.thread.id, False, "Genau.", uuid4(), "AAAA", second.id)
            await comments.add(db, writer.id, "account", new)

    told = await asyncio.gather(merged(), answered(), return_exceptions=True)

    assert [type(each) for each in told] == [type(None), Conflict]
    assert set((await places()).values()) == {"", "eins"}


async def test_two_who_merge_two_entries_into_each_other_make_one(make, point, new_browser, places):
    first, second = await two(make, point.thread)
    browsers = [new_browser(), new_browser()]
    for browser in browsers:
        await browser.sign_in(await make.moderator())

    answers = await asyncio.gather(merge(browsers[0], second, first), merge(browsers[1], first, second))

    assert sorted(answer.status for answer in answers) in ([200, 409], [200, 422])
    found = await places()
    assert sorted([found["eins"], found["zwei"]]) in (["", "eins"], ["", "zwei"])


async def test_an_export_says_what_is_merged(make, point, moderator, database, tmp_path):
    first, second = await two(make, point.thread)
    await merge(moderator, second, first)

    await exports.to_file(database, point.consultation.slug, "panelist", tmp_path / "export.zip", print)

    with zipfile.ZipFile(tmp_path / "export.zip") as archive:
        lines = archive.read("beitraege.csv").decode("utf-8-sig").splitlines()
    rows = [dict(zip(lines[0].split(";"), line.split(";"), strict=True)) for line in lines[1:]]
    told = {row['"text"']: (row['"antwort_auf"'], row['"zusammengefuehrt"']) for row in rows}
    assert told == {
        '"eins"': ('""', '"nein"'),
        '"zwei"': (f'"{first.number}"', '"ja"'),
        '"zu eins"': (f'"{first.number}"', '"nein"'),
        '"zu zwei"': (f'"{first.number}"', '"nein"'),
    }
