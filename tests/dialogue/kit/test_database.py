"""Connections that died: noticed before they are used, and a refusal that says to try again."""

import asyncio

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from dialogue.kit.database import Database, connections_for, granted, pool_for
from dialogue.kit.errors import Malformed, Unavailable
from dialogue.web import as_refusal

PASSING = (
    asyncpg.ConnectionDoesNotExistError,
    asyncpg.ConnectionFailureError,
    asyncpg.TooManyConnectionsError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.QueryCanceledError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
)


def from_driver(error: type[asyncpg.PostgresError]) -> DBAPIError:
    cause = error("ein Satz des Servers")
    return DBAPIError("", {}, cause, connection_invalidated=False)


@pytest.mark.parametrize("error", PASSING, ids=lambda error: error.__name__)
def test_what_goes_away_by_itself_asks_to_try_again(error):
    assert type(as_refusal(from_driver(error))) is Unavailable


def test_a_value_the_database_cannot_take_is_malformed_and_a_broken_rule_a_defect():
    answers = [as_refusal(from_driver(e)) for e in (asyncpg.DataError, asyncpg.UniqueViolationError)]

    assert (type(answers[0]), answers[1]) == (Malformed, None)


async def test_a_connection_the_server_hung_up_on_is_not_used_again(database, owner):
    async with database.reading() as db:
        backend = (await db.execute(text("SELECT pg_backend_pid()"))).scalar_one()
    await owner.execute("SELECT pg_terminate_backend($1, 1000)", backend)
    await asyncio.sleep(0.05)  # the driver hears of it from the event loop

    async with database.reading() as db:
        assert (await db.execute(text("SELECT 1"))).scalar_one() == 1


async def test_the_usual_server_has_room_for_up_to_sixteen_web_processes(database):
    async with database.reading() as db:
        possible = await granted(db)

    assert possible == 97
    assert [n for n in range(1, 65) if connections_for(n) > possible] == list(range(17, 65))
    assert [pool_for(n) for n in (1, 2, 4, 8, 16, 64)] == [20, 19, 9, 4, 2, 2]


async def test_a_pool_opens_as_many_connections_as_it_was_given_and_no_more(app_url):
    database = Database(app_url, pool=2)
    async with database.reading(), database.reading():
        with pytest.raises(PoolTimeout):
            async with database.reading():
                pass
        async with database.writing() as db, database.writing(), database.counting():
            query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'ki-dialog'"
            opened = (await db.execute(text(query))).scalar_one()
    await database.close()

    assert opened >= 5


async def test_counting_may_take_a_minute_and_changes_nothing(database):
    async with database.counting() as db:
        shown = [
            (await db.execute(text(f"SHOW {name}"))).scalar_one()
            for name in ("statement_timeout", "default_transaction_read_only")
        ]

    assert shown == ["1min", "on"]
