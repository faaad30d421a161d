"""The database: one connection per request, reading or writing; the only place that commits."""

import math
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import MetaData, Row, event, text
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import ConnectionPoolEntry

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


Record = Row[*tuple[Any, ...]]  # one row of a Core select, columns as attributes
FRESH = 1.0  # seconds
PAUSE = 15  # seconds a transaction may lie idle before the server ends it
SHARED = 80  # connections of all web processes: of PostgreSQL's usual 100, enough stay for all others
WORKER, COMMAND = 4, 2  # connections of one pool in the worker and on the command line


def pool_for(processes: int) -> int:
    """Connections of one pool in each of so many web processes: one reads, one writes, one connection counts."""
    return min(20, max(2, (SHARED // processes - 1) // 2))


def connections_for(processes: int) -> int:
    """The most connections an installation opens: web processes, the worker with its queue, one command."""
    return processes * (2 * pool_for(processes) + 1) + (2 * WORKER + 1) + (2 * COMMAND + 1)


_GRANTED = text(
    "SELECT current_setting('max_connections')::int - sum(setting::int) FROM pg_settings "
    "WHERE name IN ('superuser_reserved_connections', 'reserved_connections')".replace("::", r"\:\:")
)


async def granted(db: AsyncConnection) -> int:
    """Connections the server has for everyone who does not own it."""
    return int((await db.execute(_GRANTED)).scalar_one())


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMES)


def _note_return(_: Any, record: ConnectionPoolEntry) -> None:
    record.info["returned"] = time.monotonic()


def _alive(connection: Any, record: ConnectionPoolEntry, _: Any) -> None:
    """A connection that lay idle is asked whether it is alive; of one just used it is enough that the
    server did not hang up (docs/decisions/0004)."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError
    if time.monotonic() - record.info.get("returned", math.inf) < FRESH:
        return
    try:
        connection.ping()
    except Exception as error:  # whatever the driver says: the pool makes a new one
        raise DisconnectionError from error


class Database:
    """Two pools on one PostgreSQL, of `pool` connections each and never more, and one connection beside them.

    `reading()` runs each statement by itself on connections that the server keeps read-only: a GET
    cannot change anything, and no BEGIN or ROLLBACK is sent. `writing()` is one transaction, committed
    when the block ends without an exception. `counting()` reads what may take a minute, one at a time.
    `patient` is for the command line: long statements may be.
    """

    def __init__(self, url: str, *, pool: int = 10, statement_ms: int = 5_000, patient: bool = False) -> None:
        settings = {
            "application_name": "ki-dialog",
            "jit": "off",
            "statement_timeout": str(statement_ms),
            "lock_timeout": str(statement_ms // 2),
            "idle_in_transaction_session_timeout": "0" if patient else str(PAUSE * 1000),
        }
        read_only = {**settings, "default_transaction_read_only": "on"}
        slow = {**read_only, "statement_timeout": str(max(statement_ms, 60_000))}
        auto = {"isolation_level": "AUTOCOMMIT"}
        self.writer = self._engine(url, pool, settings, patient)
        self.reader = self._engine(url, pool, read_only, patient, **auto)
        self.counter = self._engine(url, 1, slow, patient, pool_timeout=60, **auto)

    def _engine(
        self, url: str, pool: int, settings: dict[str, str], patient: bool, **more: Any
    ) -> AsyncEngine:
        seconds = None if patient else int(settings["statement_timeout"]) / 1000 + 2
        more = {"pool_timeout": 4, **more}
        engine = create_async_engine(
            url,
            pool_size=pool,
            max_overflow=0,
            pool_use_lifo=True,
            hide_parameters=True,  # an error\'s text may end up in a log
            connect_args={"server_settings": settings, "timeout": 4, "command_timeout": seconds},
            **more,
        )
        event.listen(engine.sync_engine, "checkin", _note_return)
        event.listen(engine.sync_engine, "checkout", _alive)
        return engine

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        async with self.reader.connect() as connection:
            yield connection

    @asynccontextmanager
    async def counting(self) -> AsyncIterator[AsyncConnection]:
        async with self.counter.connect() as connection:
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        async with self.writer.begin() as connection:
            yield connection

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """One consistent view for long reads that stream: exports, verification."""
        async with self.writer.connect() as connection:
            yield await connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )

    async def close(self) -> None:
        for engine in (self.reader, self.writer, self.counter):
            await engine.dispose()
