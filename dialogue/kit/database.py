"""The database: one connection per request, reading or writing; the only place that commits."""

import math
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import MetaData, Row, event
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
    """Two pools on one PostgreSQL.

    `reading()` runs each statement by itself on connections that the server keeps read-only: a GET
    cannot change anything, and no BEGIN or ROLLBACK is sent. `writing()` is one transaction, committed
    when the block ends without an exception. `patient` is for the command line: long statements may be.
    """

    def __init__(self, url: str, *, pool: int = 10, statement_ms: int = 5_000, patient: bool = False) -> None:
        self.seconds = None if patient else statement_ms / 1000 + 2
        settings = {
            "application_name": "ki-dialog",
            "jit": "off",
            "statement_timeout": str(statement_ms),
            "lock_timeout": str(statement_ms // 2),
            "idle_in_transaction_session_timeout": "0" if patient else "15000",
        }
        read_only = {**settings, "default_transaction_read_only": "on"}
        self.writer = self._engine(url, pool, settings)
        self.reader = self._engine(url, pool, read_only, isolation_level="AUTOCOMMIT")

    def _engine(self, url: str, pool: int, settings: dict[str, str], **more: Any) -> AsyncEngine:
        engine = create_async_engine(
            url,
            pool_size=pool,
            max_overflow=pool,
            pool_timeout=4,
            pool_use_lifo=True,
            hide_parameters=True,  # an error's text may end up in a log
            connect_args={"server_settings": settings, "timeout": 4, "command_timeout": self.seconds},
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
        await self.reader.dispose()
        await self.writer.dispose()
