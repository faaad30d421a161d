"""Circles and rooms: what a circle keeps is there for its members and its hosts, and for nobody else."""

from datetime import timedelta

import pytest

from dialogue import comments, stances, threads, votes
from dialogue.comments import NOBODY, Viewer
from dialogue.kit import clock
from dialogue.kit.errors import NotFound
from dialogue.tables import Absence

WORDS = "Wir probieren das Werkzeug seit Mai im Bauamt aus."


@pytest.fixture
async def inside(make):
    """A comment in a circle's thread, and people around it by what they are."""
    room, elsewhere = await make.room(), await make.room()
    people = {name: await make.citizen() for name in ("member", "citizen", "host", "editor", "stranger")}
    circle = await make.circle(people["member"])
    await make.grant(people["host"], "moderator", room)
    await make.grant(people["editor"], "editor", room)
    await make.grant(people["stranger"], "moderator", elsewhere)
    people["moderator"] = await make.moderator()
    thread = await make.thread(room_id=room.id, circle_id=circle.id)
    comment = await make.comment(thread, people["member"], text=WORDS)
    return comment, people


def viewer(person, **values):
    return Viewer(person.id, **values)


async def sees(database, number, who):
    try:
        async with database.reading() as db:
            return (await comments.by_number(db, number, who)).text == WORDS
    except NotFound:
        return False


async def test_a_comment_of_a_circle_is_read_by_its_members_and_hosts(inside, database):
    comment, people = inside

    seen = {
        name: await sees(database, comment.number, viewer(person, moderates=name == "moderator"))
        for name, person in people.items()
    }

    assert seen == {
        "member": True,
        "citizen": False,
        "host": True,
        "editor": True,
        "stranger": False,
        "moderator": True,
    }
    assert not await sees(database, comment.number, NOBODY)


@pytest.mark.parametrize("name", ["citizen", "stranger"])
async def test_who_may_not_enter_can_neither_write_nor_vote_nor_answer(inside, database, name):
    comment, people = inside
    person = people[name].id

    async with database.writing() as db:
        with pytest.raises(NotFound):
            await threads.open_for_writing(db, comment.thread_id, person)
        with pytest.raises(NotFound):
            await comments.reply_parent(db, comment.number, person)
        with pytest.raises(NotFound):
            await votes.cast(db, person, comment.number, 1)
        with pytest.raises(NotFound):
            await stances.take(db, person, comment.thread_id, 1)


async def test_members_vote_answer_and_reply(inside, database):
    comment, people = inside
    person = people["member"].id

    async with database.writing() as db:
        ballot = await votes.cast(db, person, comment.number, 1)
        await stances.take(db, person, comment.thread_id, -1)
        standing = await stances.standing(db, person, comment.thread_id)
        parent = await comments.reply_parent(db, comment.number, person)

    assert (ballot.mine, ballot.tally.n, standing.mine, parent.id) == (1, 1, -1, comment.id)


async def test_a_comment_cannot_be_public_where_its_thread_is_not(make, owner):
    circle = await make.circle()
    thread = await make.thread(circle_id=circle.id)
    comment = await make.comment(thread)

    with pytest.raises(Exception, match="fk_comments_thread_id_internal_threads"):
        await owner.execute("UPDATE comments SET internal = false WHERE id = $1", comment.id)
    with pytest.raises(Exception, match="fk_comments_thread_id_internal_threads"):
        await owner.execute("UPDATE threads SET circle_id = NULL WHERE id = $1", thread.id)


async def test_a_room_moderator_decides_there_and_nowhere_else(inside, make, database, new_browser):
    comment, people = inside
    public = await make.comment()

    browser = new_browser()
    await browser.sign_in(people["host"])
    opened = [(await browser.get(f"/moderation/{one.number}")).status for one in (comment, public)]
    decided = await browser.post(f"/moderation/{public.number}/entscheiden", decision="hide", revision="1")

    assert opened == [200, 404]
    assert decided.status == 404


async def test_a_queue_shows_a_room_moderator_what_waits_in_the_room(make, new_browser):
    room = await make.room()
    mine = await make.comment(
        await make.thread(room_id=room.id), status="pending", text="Bei uns wartet das."
    )
    await make.comment(await make.thread(), status="pending", text="Anderswo wartet das.")
    person = await make.citizen()
    await make.grant(person, "moderator", room)

    browser = new_browser()
    await browser.sign_in(person)
    page = await browser.get("/moderation")

    assert [link["href"] for link in page.select(".queue__item a")] == [f"/moderation/{mine.number}"]
    assert "Bei uns wartet das." in page.text
    assert "Anderswo wartet das." not in page.text


@pytest.mark.parametrize(("first", "last", "holds"), [(0, 0, True), (-2, -1, False), (1, 2, False)])
async def test_a_deputy_moderates_from_the_first_day_to_the_last(make, new_browser, first, last, holds):
    room, other = await make.room(), await make.room()
    away, deputy = await make.citizen(), await make.citizen()
    await make.grant(away, "moderator", room)
    await make.grant(away, "editor", room)
    await make.grant(deputy, "moderator", other)
    days = {"starts_on": clock.today() + timedelta(first), "ends_on": clock.today() + timedelta(last)}
    await make.row(Absence, person_id=away.id, deputy_id=deputy.id, **days)
    comment = await make.comment(await make.thread(room_id=room.id), status="pending")

    browser = new_browser()
    await browser.sign_in(deputy)

    assert (await browser.get(f"/moderation/{comment.number}")).status == (200 if holds else 404)
    assert (await browser.get("/redaktion")).status in {403, 404}


async def test_a_deputy_who_loses_the_role_stands_in_for_nobody(make, new_browser, owner):
    room, other = await make.room(), await make.room()
    away, deputy = await make.citizen(), await make.citizen()
    await make.grant(away, "moderator", room)
    await make.grant(deputy, "moderator", other)
    days = {"starts_on": clock.today(), "ends_on": clock.today()}
    await make.row(Absence, person_id=away.id, deputy_id=deputy.id, **days)
    comment = await make.comment(await make.thread(room_id=room.id), status="pending")
    browser = new_browser()
    await browser.sign_in(deputy)
    before = (await browser.get(f"/moderation/{comment.number}")).status

    await owner.execute("DELETE FROM grants WHERE person_id = $1", deputy.id)

    assert (before, (await browser.get(f"/moderation/{comment.number}")).status) == (200, 403)


async def test_a_room_moderator_reads_the_journal_of_the_room(make, new_browser, database):
    room = await make.room()
    here = await make.comment(await make.thread(room_id=room.id), status="pending")
    elsewhere = await make.comment(status="pending")
    person = await make.citizen()
    await make.grant(person, "moderator", room)
    both = new_browser()
    await both.sign_in(await make.moderator())
    for one in (here, elsewhere):
        await both.post(f"/moderation/{one.number}/entscheiden", decision="publish", revision="1")

    browser = new_browser()
    await browser.sign_in(person)
    shown = [(await each.get("/moderation/protokoll")).words("main") for each in (browser, both)]

    assert [here.number in words for words in shown] == [True, True]
    assert [elsewhere.number in words for words in shown] == [False, True]
