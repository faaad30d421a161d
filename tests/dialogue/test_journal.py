"""The journal: append-only, chained, without names."""

import asyncio
import contextlib

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from dialogue import journal


async def write(database, count=5):
    for n in range(count):
        async with database.writing() as db:
            await journal.record(db, "test.happened", f"test:{n}", n=n, text="mit „Zeichen“, \n und ☺")


async def verify(database):
    async with database.snapshot() as db:
        return await journal.verify(db)


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


async def test_the_applications_role_can_neither_change_nor_delete(database):
    await write(database, 1)
    for statement in ("UPDATE journal SET body = ''", "DELETE FROM journal", "TRUNCATE journal"):
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
