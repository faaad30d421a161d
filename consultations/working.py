"""The worker's life: run the queue, reconnect when the database was away, drain at SIGTERM."""

import asyncio
import signal
from contextlib import suppress
from datetime import timedelta

import asyncpg
import structlog
from pgqueuer import PgQueuer

from consultations import app, jobs
from dialogue.kit import jobs as queue
from dialogue.kit import logs
from dialogue.kit.database import WORKER, Database
from dialogue.kit.settings import Settings

DRAIN = 9
log = structlog.get_logger()


async def run(settings: Settings, url: str) -> None:
    """Work until SIGTERM or SIGINT; what runs then gets nine seconds, the lease brings the rest back."""
    logs.configure(settings.log_level)
    database = Database(url, pool=WORKER, statement_ms=600_000)
    resources = {"house": app.house(settings, database)}
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for kind in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(kind, stop.set)
    try:
        while not stop.is_set():
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await _until(stop, await queue.worker(url, jobs.LIST, database, resources))
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), 1)
    finally:
        await database.close()


async def _until(stop: asyncio.Event, worker: PgQueuer) -> None:
    running = asyncio.create_task(
        worker.run(
            dequeue_timeout=timedelta(seconds=5),
            batch_size=10,
            heartbeat_timeout=queue.LEASE,
            shutdown_on_listener_failure=True,
        )
    )
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
    worker.shutdown.set()
    done, _ = await asyncio.wait({running}, timeout=DRAIN)
    stopping.cancel()
    if not done:
        running.cancel()
    if running.done() and (error := running.exception()) is not None:
        log.warning("queue_lost", kind=type(error).__name__)
        raise error
