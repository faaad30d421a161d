"""Hints of coordinated voting: found in the night's look at the votes, shown to those who moderate there alone."""

from datetime import timedelta

import pytest
from sqlalchemy import insert

from dialogue.kit import clock, jobs
from dialogue.tables import Vote
from moderation import hints, watch
from moderation.tables import Hint
from tests.house.test_budgets import counted

YESTERDAY = clock.today() - timedelta(days=1)
NOON = clock.start_of(YESTERDAY) + timedelta(hours=12)


@pytest.fixture
def rush(make, database):
    """Many new people who vote for one contribution within twenty minutes of yesterday."""

    async def made(thread=None, count=20, source="account", age=timedelta(hours=1), at=NOON):
        comment = await make.comment(thread or await make.thread())
        people = [await make.person(source=source, password=None, created_at=at - age) for _ in range(count)]
        rows = [
            {
                "comment_id": comment.id,
                "person_id": person.id,
                "value": 1,
                "source": source,
                "cast_at": at + timedelta(minutes=n),
            }
            for n, person in enumerate(people)
        ]
        async with database.writing() as db:
            await db.execute(insert(Vote), rows)
        return comment

    return made


async def find(database, day=YESTERDAY):
    async with database.snapshot() as db:
        return await watch.find(db, day)


async def test_a_rush_of_new_people_is_found_with_counts_alone(database, rush):
    comment = await rush()

    (found,) = await find(database)

    assert (found.kind, found.thread_id, found.comment_id, found.day) == (
        "burst",
        comment.thread_id,
        comment.id,
        YESTERDAY,
    )
    assert found.detail == {
        "votes": 20,
        "of": 20,
        "begins": NOON.isoformat(),
        "ends": (NOON + timedelta(minutes=19)).isoformat(),
    }


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({}, 1),
        ({"source": "guest", "age": timedelta(days=9)}, 1),
        ({"age": timedelta(days=9)}, 0),
        ({"source": "import"}, 0),
        ({"source": "paper"}, 0),
        ({"at": NOON - timedelta(days=1)}, 0),
        ({"at": NOON + timedelta(days=1)}, 0),
        ({"at": clock.start_of(YESTERDAY) - timedelta(minutes=10)}, 1),
    ],
)
async def test_who_counts_as_new_and_when(database, rush, values, found):
    await rush(**values)

    assert len(await find(database)) == found


async def test_a_group_that_votes_alike_is_found(database, make):
    thread = await make.thread()
    comments = [await make.comment(thread) for _ in range(12)]
    people = [await make.person() for _ in range(6)]
    rows = [
        {
            "comment_id": comment.id,
            "person_id": person.id,
            "value": n % 2 * 2 - 1,
            "cast_at": NOON + timedelta(minutes=n),
        }
        for person in people
        for n, comment in enumerate(comments)
    ]
    async with database.writing() as db:
        await db.execute(insert(Vote), rows)

    (found,) = await find(database)

    assert (found.kind, found.comment_id) == ("alike", None)
    assert (found.detail["people"], found.detail["comments"]) == (6, 12)


async def test_the_night_keeps_what_it_finds_and_a_second_look_adds_nothing(database, rush, work, owner):
    await rush()
    await rush()
    for _ in range(2):
        async with database.writing() as db:
            await jobs.enqueue(db, "hints")
        await work()

    rows = await owner.fetch("SELECT kind, day FROM vote_hints")

    assert [tuple(row) for row in rows] == [("burst", YESTERDAY)] * 2


async def test_looking_takes_one_statement_however_many_threads_there_are(database, rush):
    for _ in range(3):
        await rush(count=15)

    with counted(database) as statements:
        await find(database)

    assert len(statements) == 1


async def test_a_hint_changes_nothing(database, rush, work, owner):
    comment = await rush()
    before = await owner.fetch("SELECT * FROM comments ORDER BY id"), await owner.fetch("SELECT * FROM votes")
    async with database.writing() as db:
        await hints.note(db, await find(database))
    after = await owner.fetch("SELECT * FROM comments ORDER BY id"), await owner.fetch("SELECT * FROM votes")

    assert after == before
    assert comment.status == "published"


@pytest.fixture
def noted(database):
    async def made():
        async with database.writing() as db:
            await hints.note(db, await find(database))

    return made


async def test_moderators_read_what_was_seen_and_that_it_may_be_chance(browser, make, rush, noted):
    comment = await rush()
    await noted()
    await browser.sign_in(await make.moderator())

    page = await browser.get("/moderation/hinweise")

    assert "Das kann auch Zufall sein" in page.words(".lead")
    assert "20 Stimmen in dieselbe Richtung" in page.words(".log")
    assert [link["href"] for link in page.select(".log a")] == [
        f"/moderation/{comment.number}",
        "/punkte/E2",
    ]
    assert [word for word in ("Person", "Zustimmung", "Ablehnung") if word in page.words(".log")] == []


async def test_only_those_who_moderate_there_see_a_hint(new_browser, make, rush, noted):
    here, there = await make.room(), await make.room()
    circle = await make.circle()
    await rush(await make.thread(room_id=here.id, circle_id=circle.id, title="Im Kreis"))
    await noted()
    host, other = await make.citizen(), await make.citizen()
    await make.grant(host, "moderator", here)
    await make.grant(other, "moderator", there)

    seen = []
    for person in (host, other, await make.moderator()):
        visitor = new_browser()
        await visitor.sign_in(person)
        seen.append("Im Kreis" in (await visitor.get("/moderation/hinweise")).text)

    assert seen == [True, False, True]


async def test_before_the_seal_is_broken_there_is_no_hint_to_read(browser, make, rush, noted, owner):
    await rush(await make.thread(sealed_until=clock.now() + timedelta(days=1)))
    await noted()
    await browser.sign_in(await make.moderator())

    sealed = await browser.get("/moderation/hinweise")
    await owner.execute("UPDATE threads SET sealed_until = now()")
    opened = await browser.get("/moderation/hinweise")

    assert (sealed.words(".empty h2"), len(opened.select(".log li"))) == ("Nichts Auffälliges", 1)


async def test_hints_are_forgotten_after_three_months(database, rush, noted, owner):
    await rush()
    await noted()
    for days, left in ((89, 1), (91, 0)):
        await owner.execute(f"UPDATE vote_hints SET found_at = now() - interval '{days} days'")
        async with database.writing() as db:
            await hints.sweep(db)
        assert await owner.fetchval(f"SELECT count(*) FROM {Hint.__tablename__}") == left
