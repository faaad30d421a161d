"""The worker's life: run the queue, reconnect when the database was away, drain at SIGTERM."""

import asyncio
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

import asyncpg
import structlog
from pgqueuer import PgQueuer

from consultations import app, jobs
from dialogue.kit import jobs as queue
from dialogue.kit import logs
from dialogue.kit.database import WORKER, Database
from dialogue.kit.settings import Settings

DRAIN = 8
REMINDER = 30
SENTENCE = (
    "Aufträge ruhen: Die Datenbank ist weg oder weist den Worker ab. Es wird jede Sekunde neu versucht; "
    "bitte prüfen Sie die Datenbank und DIALOG_DATABASE_URL."
)
log = structlog.get_logger()


async def run(settings: Settings, url: str) -> None:
    """Work until SIGTERM or SIGINT; what runs then gets eight seconds, the lease brings the rest back."""
    logs.configure(settings.log_level)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for kind in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(kind, stop.set)
    await work(settings, url, stop)


async def work(settings: Settings, url: str, stop: asyncio.Event) -> None:
    """Run the queue until `stop`, again and again when it was lost; say so at once and every 30 seconds."""
    database = Database(url, pool=WORKER, statement_ms=600_000)
    house = app.house(settings, database)
    resources = {"house": house}
    following = asyncio.create_task(house.city.follow(database))
    told = -REMINDER * 1.0
    try:
        while not stop.is_set():
            kind = await _until(stop, url, database, resources)
            if not stop.is_set() and time.monotonic() - told >= REMINDER:
                told = time.monotonic()
                log.error("queue_lost", kind=kind, text=SENTENCE)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), 1)
    finally:
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following
        await database.close()


async def _until(stop: asyncio.Event, url: str, database: Database, resources: Mapping[str, Any]) -> str:
    """Work on one connection until `stop`; returns what broke it, if anything did."""
    try:
        worker = await queue.worker(url, jobs.LIST, database, resources)
        try:
            await _drained(stop, worker)
        finally:
            await queue.close(worker)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        return type(error).__name__
    return ""


async def _drained(stop: asyncio.Event, worker: PgQueuer) -> None:
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
    stopping.cancel()
    worker.shutdown.set()
    _, late = await asyncio.wait({running}, timeout=DRAIN)
    if late:
        running.cancel()
        await asyncio.wait({running}, timeout=1)
    elif (error := running.exception()) is not None:
        raise error
