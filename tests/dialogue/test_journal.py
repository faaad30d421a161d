"""The journal: append-only, chained, without names."""

import asyncio
import contextlib
from datetime import timedelta

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import ProgrammingError

from consultations import checks
from dialogue import journal
from dialogue.kit import clock, jobs
from dialogue.tables import Head


async def write(database, count=5):
    for n in range(count):
        async with database.writing() as db:
            await journal.record(db, "test.happened", f"test:{n}", n=n, text="mit „Zeichen“, \n und ☺")


async def verify(database, noted=None):
    async with database.snapshot() as db:
        return await journal.verify(db, noted)


async def published(database, day=None):
    """The head as it is now, published for a day (else for yesterday)."""
    now = await verify(database)
    day = day or clock.today() - timedelta(days=1)
    async with database.writing() as db:
        await db.execute(insert(Head).values(day=day, entries=now.entries, hash=bytes.fromhex(now.head)))
    return journal.Known(now.entries, bytes.fromhex(now.head), day)


async def heads(database):
    async with database.reading() as db:
        return await journal.heads(db)


async def publish(database):
    async with database.writing() as db:
        await journal.publish_heads(db)


# What only an owner can do: without the trigger, and with every hash made to fit.
REWRITE = """
ALTER TABLE journal DISABLE TRIGGER journal_chain;
CREATE TEMP TABLE copied AS SELECT id, body FROM journal;
DELETE FROM journal;
UPDATE copied SET body = replace(body, 'test.happened', 'test.other') WHERE id = 2;
ALTER TABLE journal ENABLE TRIGGER journal_chain;
INSERT INTO journal (id, body, prev, hash) SELECT 0, body, '', '' FROM copied ORDER BY id;
DROP TABLE copied
"""


async def test_an_untouched_chain_is_whole(database):
    await write(database)

    verdict = await verify(database)

    assert (verdict.entries, verdict.broken, len(verdict.head)) == (5, None, 64)


@pytest.mark.parametrize(
    ("tampering", "found_at"),
    [
        ("UPDATE journal SET body = replace(body, 'test.happened', 'test.other') WHERE id = 3", 3),
        ("DELETE FROM journal WHERE id = 2", 2),
        ("UPDATE journal SET body = (SELECT body FROM journal WHERE id = 4) WHERE id = 2", 2),
        ("UPDATE journal SET hash = sha256('x') WHERE id = 5", 5),
        ("UPDATE journal SET prev = sha256('x') WHERE id = 1", 1),
        ("UPDATE journal SET body = body || ' ' WHERE id = 5", 5),
        ("DELETE FROM journal WHERE id = 1", 1),
        (
            "UPDATE journal SET id = CASE id WHEN 2 THEN -3 ELSE -2 END WHERE id IN (2, 3); "
            "UPDATE journal SET id = -id WHERE id < 0",
            2,
        ),
        ("UPDATE journal SET id = id + 1 WHERE id = 5", 5),
    ],
)
async def test_every_tampering_is_found(database, owner, tampering, found_at):
    await write(database)

    await owner.execute(tampering)

    assert (await verify(database)).broken == found_at


async def test_an_entry_smuggled_in_without_the_trigger_is_found(database, owner):
    await write(database, 2)
    await owner.execute("ALTER TABLE journal DISABLE TRIGGER journal_chain")
    await owner.execute(
        "INSERT INTO journal (id, body, prev, hash) SELECT 3, body, hash, sha256('forged') FROM journal WHERE id = 2"
    )
    await owner.execute("ALTER TABLE journal ENABLE TRIGGER journal_chain")

    assert (await verify(database)).broken == 3


@pytest.mark.parametrize(
    "tampering",
    [
        "DELETE FROM journal WHERE id = 5",
        "DELETE FROM journal WHERE id > 1",
        "DELETE FROM journal",
        REWRITE,
        "UPDATE journal_heads SET hash = sha256('x')",
        "UPDATE journal_heads SET entries = 3",
        "INSERT INTO journal_heads SELECT day + 1, entries + 1, sha256('x') FROM journal_heads",
    ],
)
async def test_what_a_chain_does_not_show_by_itself_its_published_head_does(database, owner, tampering):
    await write(database)
    await published(database)

    await owner.execute(tampering)

    verdict = await verify(database)
    assert (verdict.broken, verdict.missed is None) == (None, False)
    assert "Das Protokoll passt nicht zur Prüfsumme vom" in verdict.problem


async def test_a_head_somebody_noted_shows_even_that_the_published_ones_were_made_anew(database, owner):
    await write(database)
    noted = journal.Known(*((await published(database)).entries, (await heads(database))[0].hash))
    await write(database, 2)

    before = await verify(database, noted)
    await owner.execute(REWRITE)
    await owner.execute("UPDATE journal_heads SET hash = (SELECT hash FROM journal WHERE id = 5)")
    forged = await verify(database)
    after = await verify(database, noted)

    assert (before.problem, forged.problem) == ("", "")
    assert after.missed == noted
    assert "aus Ihrer Notiz (5 Einträge)" in after.problem


async def test_a_chain_that_goes_on_passes_through_all_its_heads(database):
    for days in (3, 2, 1):
        await write(database)
        await published(database, clock.today() - timedelta(days=days))
    await write(database)

    verdict = await verify(database)

    assert (verdict.entries, verdict.problem) == (20, "")


async def test_the_check_of_the_installation_names_what_is_missing(database, owner, settings):
    await write(database)
    await published(database)
    await owner.execute("DELETE FROM journal WHERE id = 5")

    problems = await checks.everything(database, settings)

    assert [problem for problem in problems if "Protokoll" in problem] == [(await verify(database)).problem]


async def at(owner, day):
    """Let all entries so far be of a day, with a chain that fits."""
    moment = (clock.start_of(day) + timedelta(hours=23)).isoformat(timespec="milliseconds")
    dated = f"(body::jsonb || jsonb_build_object('at', '{moment}'))::text AS body"
    await owner.execute(f"CREATE TEMP TABLE copied AS SELECT id, {dated} FROM journal")
    await owner.execute(
        "DELETE FROM journal; INSERT INTO journal (id, body, prev, hash) "
        "SELECT 0, body, '', '' FROM copied ORDER BY id; DROP TABLE copied"
    )


async def test_the_head_of_a_day_is_the_last_entry_of_that_day_however_often_it_is_asked_for(database, owner):
    await write(database, 3)
    await at(owner, clock.today() - timedelta(days=1))
    stood = await verify(database)
    await write(database, 2)

    for _ in range(2):
        await publish(database)

    assert [(one.day, one.entries, one.hash.hex()) for one in await heads(database)] == [
        (clock.today() - timedelta(days=1), 3, stood.head)
    ]


async def test_the_days_a_worker_was_down_are_made_up_for(database, owner):
    await write(database, 2)
    await at(owner, clock.today() - timedelta(days=4))
    await published(database, clock.today() - timedelta(days=4))
    await write(database, 1)

    await publish(database)

    assert [((clock.today() - one.day).days, one.entries) for one in await heads(database)] == [
        (1, 2),
        (2, 2),
        (3, 2),
        (4, 2),
    ]


async def test_an_empty_journal_has_no_head(database):
    await publish(database)

    assert await heads(database) == []


async def test_two_workers_publish_one_head(database, owner):
    await write(database, 2)
    await at(owner, clock.today() - timedelta(days=1))

    await asyncio.gather(publish(database), publish(database))

    assert [one.entries for one in await heads(database)] == [2]


async def test_the_worker_publishes_the_head(database, owner, work):
    await write(database, 2)
    await at(owner, clock.today() - timedelta(days=1))
    async with database.writing() as db:
        await jobs.enqueue(db, "heads")

    await work()

    assert [one.entries for one in await heads(database)] == [2]


async def test_writers_at_once_do_not_fork_the_chain(database):
    await asyncio.gather(*(write(database, 5) for _ in range(6)))

    verdict = await verify(database)

    assert (verdict.entries, verdict.broken) == (30, None)


async def test_a_rolled_back_entry_leaves_no_gap(database):
    await write(database, 1)
    with contextlib.suppress(RuntimeError):
        async with database.writing() as db:
            await journal.record(db, "test.happened", "test:lost")
            raise RuntimeError
    await write(database, 1)

    assert (await verify(database)).entries == 2


@pytest.mark.parametrize("table", ["journal", "decisions", "journal_heads"])
async def test_the_applications_role_can_neither_change_nor_delete(database, table):
    column = {"journal": "body", "decisions": "reasons", "journal_heads": "entries"}[table]
    for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}", f"TRUNCATE {table}"):
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with database.writing() as db:
                await db.execute(text(statement))


async def test_the_journal_names_nobody_and_keeps_its_entries_when_an_account_goes(database, owner, make):
    moderator = await make.moderator(email="marker-moderator@halle.example", pseudonym="Marker 1")
    async with database.writing() as db:
        await journal.record(db, "comment.hidden", "comment:1", person_id=moderator.id)

    bodies = " ".join(row["body"] for row in await owner.fetch("SELECT body FROM journal"))
    await owner.execute("DELETE FROM people WHERE id = $1", moderator.id)

    assert ("marker" in bodies.lower(), f'"{moderator.id}"' in bodies) == (False, False)
    assert await owner.fetchval("SELECT count(*) FROM actors") == 0
    assert (await verify(database)).broken is None


async def test_the_first_two_entries_of_a_person_may_come_at_once(make, database):
    person = await make.person()

    async def known():
        async with database.writing() as db:
            found = await journal.actor(db, person.id)
            await asyncio.sleep(0.05)
            return found

    assert len({*await asyncio.gather(*(known() for _ in range(4)))}) == 1
