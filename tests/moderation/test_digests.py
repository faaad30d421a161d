"""Mails to moderators: what waits for whom, as often as they wish, and to all when it waits too long."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from dialogue import grants, journal
from dialogue.kit import clock, jobs
from dialogue.tables import Absence
from moderation import digests
from moderation.tables import Appeal, Audit, Decision, Digest, Flag
from tests.house.test_budgets import counted, fill

LIMIT = timedelta(hours=24)
HOUR = timedelta(hours=1)


@pytest.fixture
def send(database):
    async def sent(limit=LIMIT):
        async with database.writing() as db:
            return await digests.send(db, limit)

    return sent


@pytest.fixture
def told(owner, send):
    """Look for what is due, and return the ids of those who get a mail with whether it says "too long"."""

    async def found():
        await send()
        rows = await owner.fetch(
            "DELETE FROM pgqueuer WHERE entrypoint = 'digest' RETURNING convert_from(payload, 'UTF8')::json AS args"
        )
        return {args["person"]: args["late"] for args in (jobs.json.loads(row["args"]) for row in rows)}

    return found


@pytest.fixture
def wait(make):
    """A contribution that has waited so long."""

    async def made(thread=None, author=None, **age):
        since = clock.now() - timedelta(**(age or {"hours": 2}))
        return await make.comment(thread, author, status="pending", created_at=since)

    return made


@pytest.fixture
def sent_before(owner):
    """Let the last mail to a moderator be so old."""

    async def aged(person, **age):
        await owner.execute(
            "UPDATE digests SET sent_at = now() - $2::interval WHERE person_id = $1",
            person.id,
            timedelta(**age),
        )

    return aged


async def rhythm(make, person, value):
    await make.row(Digest, person_id=person.id, rhythm=value)


async def of(database, person):
    async with database.reading() as db:
        return await digests.of(db, person.id)


async def test_all_that_waits_is_counted_and_what_is_decided_is_not(make, database, wait):
    moderator, thread = await make.moderator(), await make.thread()
    await wait(thread, hours=3)
    await wait(thread)
    public, other = await make.comment(thread), await make.comment(thread)
    rule = await make.rule()
    decision = await make.row(
        Decision,
        comment_id=public.id,
        revision=1,
        snapshot=b"",
        decision="hide",
        rule_id=rule.id,
        reasons="Eine Begründung, die lang genug ist.",
        actor_id=uuid4(),
        origin="own",
    )
    fixed = {"once": uuid4(), "category": "insult", "text": "Bitte ansehen.", "secret_hash": b"x"}
    for comment, settled in ((public, None), (other, None), (other, clock.now())):
        await make.row(
            Flag,
            comment_id=comment.id,
            number=uuid4().hex,
            key=uuid4().bytes,
            settled_at=settled,
            **fixed,
        )
    await make.row(Appeal, decision_id=decision.id, comment_id=public.id, text="Das war nicht so gemeint.")
    await make.row(Audit, comment_id=other.id, drawn_on=clock.today())

    waits = await of(database, moderator)

    assert (waits.comments, waits.notices, waits.appeals, waits.audits) == (2, 2, 1, 1)
    assert abs(clock.now() - waits.oldest - timedelta(hours=3)) < timedelta(minutes=1)


async def test_the_sample_makes_no_haste(make, database, told):
    moderator, comment = await make.moderator(), await make.comment()
    await make.row(Audit, comment_id=comment.id, drawn_on=clock.today() - timedelta(days=5))

    assert (await of(database, moderator)).oldest is None
    assert await told() == {moderator.id: False}


async def test_ones_own_contribution_and_ones_own_decision_are_for_others(make, database, wait):
    author, judge, third = [await make.moderator() for _ in range(3)]
    await wait(author=author)
    comment, rule = await make.comment(status="rejected"), await make.rule()
    async with database.writing() as db:
        actor = await journal.actor(db, judge.id)
    decision = await make.row(
        Decision,
        comment_id=comment.id,
        revision=1,
        snapshot=b"",
        decision="reject",
        rule_id=rule.id,
        reasons="Eine Begründung, die lang genug ist.",
        actor_id=actor,
        origin="own",
    )
    await make.row(Appeal, decision_id=decision.id, comment_id=comment.id, text="Warum?")

    found = [await of(database, each) for each in (author, judge, third)]

    assert [(each.comments, each.appeals) for each in found] == [(0, 1), (1, 0), (1, 1)]


async def test_each_is_told_of_the_rooms_they_moderate(make, database, told, wait):
    here, there = await make.room(), await make.room()
    everywhere, host, both, other = await make.moderator(), *[await make.citizen() for _ in range(3)]
    await make.grant(host, "moderator", here)
    await make.grant(both, "moderator")
    await make.grant(both, "moderator", here)
    await make.grant(other, "moderator", there)
    await make.grant(other, "editor", here)
    await wait(await make.thread(room_id=here.id))
    await wait(await make.thread())

    mails = await told()

    assert mails == {everywhere.id: False, host.id: False, both.id: False}
    assert [(await of(database, each)).comments for each in (everywhere, host, both)] == [2, 1, 2]


async def test_while_somebody_is_away_their_deputy_is_told(make, told, wait):
    room, today = await make.room(), clock.today()
    away, deputy, no_more = [await make.citizen() for _ in range(3)]
    await make.grant(away, "moderator", room)
    await make.grant(deputy, "moderator", await make.room())
    for each in (deputy, no_more):
        days = {"starts_on": today, "ends_on": today}
        await make.row(Absence, person_id=away.id, deputy_id=each.id, **days)
    await wait(await make.thread(room_id=room.id), days=3)

    assert await told() == {deputy.id: True}


async def test_everybody_who_is_told_also_moderates_by_the_door(make, database, new_browser, wait):
    """The set of moderators of the mails is that of the requests."""
    room, today = await make.room(), clock.today()
    people = [await make.citizen() for _ in range(4)]
    await make.grant(people[0], "moderator")
    await make.grant(people[1], "moderator", room)
    await make.grant(people[2], "moderator", await make.room())
    days = {"starts_on": today, "ends_on": today}
    await make.row(Absence, person_id=people[1].id, deputy_id=people[2].id, **days)
    await make.row(Absence, person_id=people[1].id, deputy_id=people[3].id, **days)
    async with database.reading() as db:
        rows = set(await db.execute(grants.MODERATING))
        held = {
            person.id: grants.parsed((await db.execute(grants.select(grants.of(person.id)))).scalar_one())
            for person in people
        }

    assert {tuple(row) for row in rows} == {
        (person, place) for person, all in held.items() for role, place in all if role == "moderator"
    }


async def test_nothing_new_brings_no_mail_and_neither_does_nothing(make, told, wait, sent_before):
    moderator = await make.moderator()
    assert await told() == {}

    await wait()
    assert await told() == {moderator.id: False}
    await sent_before(moderator, hours=1, minutes=1)
    assert await told() == {}
    await wait(minutes=30)
    assert await told() == {moderator.id: False}


@pytest.mark.parametrize(
    ("value", "age", "due"),
    [
        ("at_once", {"minutes": 5}, True),
        ("hourly", {"minutes": 59}, False),
        ("hourly", {"minutes": 61}, True),
        ("never", {"days": 3}, False),
        ("daily", {"hours": 25}, True),
    ],
)
async def test_the_rhythm_is_ones_own(make, told, wait, sent_before, value, age, due):
    moderator = await make.moderator()
    await rhythm(make, moderator, value)
    await sent_before(moderator, **age)
    await wait(minutes=1)

    assert bool(await told()) is due


async def test_daily_means_in_the_morning(make, told, wait, owner):
    moderator = await make.moderator()
    await rhythm(make, moderator, "daily")
    morning = (
        "date_trunc('day', now() AT TIME ZONE 'Europe/Berlin' - interval '7 hours') + interval '7 hours'"
    )
    for place, due in (("+", False), ("-", True)):
        await owner.execute(
            f"UPDATE digests SET sent_at = ({morning}) AT TIME ZONE 'Europe/Berlin' {place} interval '1 second'"
        )
        await wait(seconds=11)
        assert bool(await told()) is due


async def test_what_came_in_while_it_was_counted_is_told_the_next_time(make, told, wait, owner):
    moderator = await make.moderator()
    await rhythm(make, moderator, "at_once")
    await wait(seconds=1)

    first = await told()
    await owner.execute("UPDATE comments SET created_at = created_at - interval '10 seconds'")
    second = await told()

    assert (first, second) == ({}, {moderator.id: False})


async def test_what_waits_too_long_is_told_to_all_once_a_day(make, told, wait, owner, sent_before):
    never, hourly, away = [await make.moderator() for _ in range(3)]
    await rhythm(make, never, "never")
    days = {"starts_on": clock.today(), "ends_on": clock.today()}
    await make.row(Absence, person_id=away.id, deputy_id=hourly.id, **days)
    await wait(hours=23)
    assert await told() == {hourly.id: False}

    await wait(hours=25)
    assert await told() == {never.id: True, hourly.id: True}
    await wait(hours=26)
    assert await told() == {}
    await owner.execute("UPDATE digests SET escalated_at = now() - interval '24 hours 1 second'")
    assert await told() == {never.id: True, hourly.id: True}


async def test_the_limit_is_the_citys(make, send, wait):
    moderator = await make.moderator()
    await rhythm(make, moderator, "never")
    await wait(hours=5)

    assert [await send(timedelta(hours=6)), await send(timedelta(hours=4))] == [0, 1]


async def test_who_is_blocked_or_has_no_address_gets_none(make, told, wait):
    await make.moderator(blocked_until=clock.now() + LIMIT)
    await make.moderator(email=None)
    free = await make.moderator(blocked_until=clock.now() - LIMIT)
    await wait()

    assert await told() == {free.id: False}


async def test_two_workers_never_tell_twice(make, send, wait, owner):
    people = [await make.moderator() for _ in range(5)]
    for person in people:
        await rhythm(make, person, "at_once")
    await wait(days=2)

    counts = await asyncio.gather(*(send() for _ in range(4)))

    assert sorted(counts) == [0, 0, 0, 5]
    assert await owner.fetchval("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'digest'") == 5


async def test_a_mail_holds_counts_and_ages_and_no_words(make, work, post_box, wait, running, database):
    moderator, thread = await make.moderator(), await make.thread(title="Kennwort-Titel")
    for hours in (1, 30):
        comment = await wait(thread, hours=hours)
    async with database.writing() as db:
        await jobs.enqueue(db, "digests")

    (mail,) = await post_box(moderator.email)
    text = mail.get_content().replace("\r\n", "\n")

    assert mail["Subject"] == "In der Moderation wartet etwas seit einem Tag"
    assert "2 Beiträge warten auf eine Entscheidung" in text
    assert "länger, als die Stadt es möchte: 24 Stunden" in text
    assert f"{running.house.settings.origin}/moderation\n" in text
    assert [mark for mark in (comment.text, comment.number, "Kennwort") if mark in text] == []


async def test_a_mail_of_what_is_new_names_how_much(make, work, post_box, wait, database):
    moderator = await make.moderator()
    await wait(hours=3)
    async with database.writing() as db:
        await jobs.enqueue(db, "digests")

    (mail,) = await post_box(moderator.email)

    assert mail["Subject"] == "In der Moderation wartet etwas auf Sie"
    assert (
        "1 Beitrag wartet auf eine Entscheidung\n\nAm längsten wartet etwas seit 3 Stunden."
        in mail.get_content().replace("\r\n", "\n")
    )


async def test_a_mail_whose_matter_is_done_does_not_leave(make, send, post_box, wait, owner):
    moderator = await make.moderator()
    await wait()
    assert await send() == 1
    await owner.execute("UPDATE comments SET status = 'withdrawn'")

    assert await post_box(moderator.email) == []


async def test_the_cost_does_not_grow_with_what_waits(make, database, send, owner):
    people, thread = [await make.moderator() for _ in range(10)], await make.thread()
    await fill(database, thread, people[0], 5_000, "pending")
    await owner.execute("UPDATE comments SET created_at = now() - interval '1 hour'")

    with counted(database) as statements:
        began = clock.now()
        ordered = await send()
        took = clock.now() - began

    assert (ordered, len(statements)) == (9, 4)
    assert took < timedelta(seconds=2)


async def test_the_setting_is_chosen_on_a_page_and_confirmed(browser, make):
    await browser.sign_in(await make.moderator())

    before = await browser.get("/moderation/mails")
    after = await browser.post("/moderation/mails", rhythm="daily")

    assert [tag["value"] for tag in before.select("input[checked]")] == ["hourly"]
    assert [tag["value"] for tag in after.select("input[checked]")] == ["daily"]
    assert after.words("[role=status]") == "Gespeichert: einmal am Tag, morgens um sieben."


@pytest.mark.parametrize("value", ["", "weekly", "daily\x00", "x" * 9_000])
async def test_a_rhythm_that_does_not_exist_is_refused(browser, make, value):
    await browser.sign_in(await make.moderator())

    page = await browser.post("/moderation/mails", rhythm=value)

    assert page.status == 422
    assert len(page.select(".errors li")) == 1
    assert [tag["value"] for tag in (await browser.get("/moderation/mails")).select("input[checked]")] == [
        "hourly"
    ]
