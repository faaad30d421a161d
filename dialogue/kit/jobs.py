"""Jobs: enqueued in the caller's transaction, worked off by pgqueuer with lease, heartbeat and back-off."""

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import asyncpg
import structlog
from pgqueuer import PgQueuer
from pgqueuer.db import AsyncpgDriver
from pgqueuer.executors import DatabaseRetryEntrypointExecutor, EntrypointExecutorParameters
from pgqueuer.models import Job as Lease
from pgqueuer.models import Schedule
from pgqueuer.queries import Queries
from pgqueuer.types import JobId
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection

from dialogue.kit.database import Database
from dialogue.kit.errors import NotFound

log = structlog.get_logger()
Work = Callable[["Context"], Awaitable[None]]
LEASE = timedelta(seconds=20)
KEPT = timedelta(days=30)  # so long finished work can be looked up


@dataclass(frozen=True)
class Context:
    """What a job gets: its arguments, the queue's own id, and the database."""

    args: Mapping[str, Any]
    lease_id: int
    attempt: int
    database: Database
    resources: Mapping[str, Any]


@dataclass(frozen=True)
class Kind:
    """A job the worker knows: how often it is tried before it lies among the failed ones."""

    work: Work
    attempts: int = 5
    at_once: int = 0
    every: str = ""


class _InTransaction(AsyncpgDriver):
    """pgqueuer's driver interface on the caller's connection: a rollback takes the job along."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._transaction = connection

    async def fetch(self, query: str, *args: Any) -> list[dict[str, Any]]:
        result = await self._transaction.exec_driver_sql(query, args)
        return [dict(row) for row in result.mappings()]

    async def execute(self, query: str, *args: Any) -> str:
        await self._transaction.exec_driver_sql(query, args)
        return ""


async def enqueue(
    db: AsyncConnection, name: str, *, after: timedelta | None = None, key: str | None = None, **args: Any
) -> None:
    """Add a job to the caller's transaction; with `key`, at most one waits at a time."""
    queries = Queries(_InTransaction(db))
    payload = json.dumps(args, ensure_ascii=False).encode()
    await queries.enqueue(name, payload, execute_after=after, dedupe_key=key, on_conflict="skip")


async def enqueue_each(db: AsyncConnection, wanted: Iterable[tuple[str, dict[str, Any]]]) -> None:
    """Several jobs, each a name and its arguments, in one statement of the caller's transaction."""
    if pairs := list(wanted):
        payloads: list[bytes | None] = [json.dumps(args, ensure_ascii=False).encode() for _, args in pairs]
        await Queries(_InTransaction(db)).enqueue([name for name, _ in pairs], payloads, [0] * len(pairs))


class JobFailed(Exception):
    """All that the queue keeps of a failure is the error's type: its message may quote what somebody typed."""


def _entrypoint(
    name: str, kind: Kind, database: Database, resources: Mapping[str, Any]
) -> Callable[[Lease], Awaitable[None]]:
    async def run(lease: Lease) -> None:
        args = json.loads(lease.payload or b"{}")
        try:
            await kind.work(Context(args, lease.id, lease.attempts, database, resources))
        except Exception as error:
            last = lease.attempts >= kind.attempts
            log.error("job_failed", job=name, attempt=lease.attempts + 1, last=last, exc_info=error)
            raise JobFailed(type(error).__name__) from None

    return run


def _by_the_clock(name: str, database: Database) -> Callable[[Schedule], Awaitable[None]]:
    async def start(_: Schedule) -> None:
        async with database.writing() as db:
            await enqueue(db, name, key=name)

    return start


def _executor(attempts: int) -> Callable[[EntrypointExecutorParameters], DatabaseRetryEntrypointExecutor]:
    def make(parameters: EntrypointExecutorParameters) -> DatabaseRetryEntrypointExecutor:
        return DatabaseRetryEntrypointExecutor(
            parameters,
            max_attempts=attempts,
            initial_delay=timedelta(seconds=2),
            max_delay=timedelta(minutes=10),
        )

    return make


async def connect(url: str) -> asyncpg.Connection:
    """A plain asyncpg connection for LISTEN and for the queue."""
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return await asyncpg.connect(address, timeout=5)


async def worker(
    url: str, kinds: Mapping[str, Kind], database: Database, resources: Mapping[str, Any]
) -> PgQueuer:
    """A queue with all kinds registered; run it with `.run()`, stop it by setting `.shutdown`."""
    queue = PgQueuer(AsyncpgDriver(await connect(url)))
    for name, kind in kinds.items():
        queue.entrypoint(
            name,
            concurrency_limit=kind.at_once,
            on_failure="hold",
            executor_factory=_executor(kind.attempts),
        )(_entrypoint(name, kind, database, resources))
        if kind.every:
            queue.schedule(f"every {name}", kind.every)(_by_the_clock(name, database))
    return queue


async def close(queue: PgQueuer) -> None:
    """Hang up, also when the server no longer answers."""
    connection = queue.connection._connection  # type: ignore[attr-defined]  # the driver leaves it to us
    try:
        await connection.close(timeout=2)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        connection.terminate()


_DEAD = """
SELECT q.id, q.entrypoint, q.updated, q.attempts, coalesce(last.why, '') AS why FROM pgqueuer AS q
LEFT JOIN LATERAL (
    SELECT CASE traceback ->> 'exception_type' WHEN 'JobFailed' THEN traceback ->> 'exception_message'
        ELSE traceback ->> 'exception_type' END AS why
    FROM pgqueuer_log WHERE job_id = q.id AND traceback IS NOT NULL ORDER BY created DESC LIMIT 1
) AS last ON true
WHERE q.status = 'failed' ORDER BY q.id DESC LIMIT 200
"""
# What waits behind one of its kind is being worked off: its worker was heard of within the lease.
_WAITING = """
SELECT coalesce(extract(epoch FROM now() - min(execute_after)), 0) FROM pgqueuer AS q
WHERE status = 'queued' AND execute_after <= now() AND NOT EXISTS (
    SELECT FROM pgqueuer AS ahead
    WHERE ahead.entrypoint = q.entrypoint AND ahead.status = 'picked' AND ahead.heartbeat > now() - $1::interval
)
"""


async def dead(db: AsyncConnection) -> list[Any]:
    """Jobs that failed for good, for admins: id, name, when, how often, and the last error's type."""
    return list(await db.exec_driver_sql(_DEAD))


async def retry(db: AsyncConnection, lease_id: int) -> None:
    """Let a job that failed for good be tried anew, else NotFound."""
    await _lock_dead(db, lease_id)
    await Queries(_InTransaction(db)).requeue_jobs([JobId(lease_id)])


async def drop(db: AsyncConnection, lease_id: int) -> None:
    """Forget a job that failed for good, else NotFound."""
    await _lock_dead(db, lease_id)
    await db.exec_driver_sql("DELETE FROM pgqueuer WHERE id = $1", (lease_id,))


async def _lock_dead(db: AsyncConnection, lease_id: int) -> None:
    query = "SELECT id FROM pgqueuer WHERE id = $1 AND status = 'failed' FOR UPDATE"
    if (await db.exec_driver_sql(query, (lease_id,))).first() is None:
        raise NotFound(f"Einen gescheiterten Auftrag {lease_id} gibt es nicht.")


async def waiting_seconds(db: AsyncConnection) -> float:
    """Age in seconds of the oldest job that is due and that no worker is getting to."""
    return float((await db.exec_driver_sql(_WAITING, (LEASE,))).scalar_one())


async def sweep(db: AsyncConnection) -> None:
    """Forget the queue's log of what was done long ago."""
    await db.exec_driver_sql("DELETE FROM pgqueuer_log WHERE created < now() - $1::interval", (KEPT,))
    await db.exec_driver_sql("DELETE FROM pgqueuer_statistics WHERE created < now() - $1::interval", (KEPT,))
