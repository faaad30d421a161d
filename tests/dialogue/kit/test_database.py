"""Connections that died: noticed before they are used, and a refusal that says to try again."""

import asyncio

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

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
