"""Many rows at once: ids reserved beforehand, rows by COPY, all in the caller's transaction."""

from collections.abc import Iterable
from itertools import islice
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialogue.kit import tokens
from dialogue.tables import Comment

CHUNK = 20_000  # rows of one COPY: seconds at most, however slow the disk, and little memory for foreign keys
_IDS = text(
    "SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, CAST(:count AS bigint))"
)
_ALONE = text("SELECT pg_advisory_xact_lock(hashtext('consultations.outcome.bulk'))")


async def alone(db: AsyncConnection) -> None:
    """Wait for other loads to end: free addresses and codes are looked up and then taken."""
    await db.execute(_ALONE)


async def ids(db: AsyncConnection, table: type[Any], count: int) -> list[int]:
    """So many unused ids of a table, in rising order."""
    found: list[int] = []
    for start in range(0, count, CHUNK):
        values = {"table": table.__tablename__, "count": min(CHUNK, count - start)}
        found.extend((await db.execute(_IDS, values)).scalars())
    return found


async def numbers(db: AsyncConnection, count: int) -> list[str]:
    """So many comment numbers that nobody has."""
    fresh: set[str] = set()
    while len(fresh) < count:
        drawn = {tokens.new_number() for _ in range(min(CHUNK, count - len(fresh)))}
        taken = await db.execute(select(Comment.number).where(Comment.number == func.any(list(drawn))))
        fresh |= drawn - set(taken.scalars())
    return list(fresh)


async def copy(
    db: AsyncConnection, table: type[Any], columns: list[str], rows: Iterable[tuple[Any, ...]]
) -> int:
    """Store rows by COPY; returns how many. Call it after a statement: SQLAlchemy begins with the first."""
    driver: Any = (await db.get_raw_connection()).driver_connection
    assert driver.is_in_transaction(), "COPY outside the transaction would stay after a failure"
    stored, rows = 0, iter(rows)
    while chunk := list(islice(rows, CHUNK)):
        await driver.copy_records_to_table(table.__tablename__, records=chunk, columns=columns)
        stored += len(chunk)
    return stored
