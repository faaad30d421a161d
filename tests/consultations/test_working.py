"""The worker: says that the database is away, comes back by itself, and leaves nothing open behind."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from structlog.testing import capture_logs

from consultations import jobs as worklist
from consultations import working
from dialogue.kit import jobs

HERE = "SELECT pid FROM pg_stat_activity WHERE usename = 'dialog' AND query ILIKE '%pgqueuer%'"


@asynccontextmanager
async def at_work(settings, url):
    stop = asyncio.Event()
    running = asyncio.create_task(working.work(settings, url, stop))
    yield running
    stop.set()
    async with asyncio.timeout(20):
        await running


async def backends(owner):
    return {row["pid"] for row in await owner.fetch(HERE)}


async def appeared(owner, gone=frozenset()):
    async with asyncio.timeout(30):
        while True:
            if found := await backends(owner) - gone:
                return found
            await asyncio.sleep(0.05)


async def test_a_database_that_refuses_the_worker_is_said_once_in_a_while(settings, cluster):
    with capture_logs() as logs:
        async with at_work(settings, cluster.url("dialog", "nirgends")):
            await asyncio.sleep(2.5)

    assert logs == [
        {
            "event": "queue_lost",
            "kind": "InvalidCatalogNameError",
            "text": working.SENTENCE,
            "log_level": "error",
        }
    ]


async def test_it_says_so_again_while_it_lasts(settings, cluster, monkeypatch):
    monkeypatch.setattr(working, "REMINDER", 0.5)

    with capture_logs() as logs:
        async with at_work(settings, cluster.url("dialog", "nirgends")), asyncio.timeout(20):
            while True:
                if len(logs) == 3:
                    break
                await asyncio.sleep(0.1)

    assert [each["event"] for each in logs] == ["queue_lost"] * 3


async def test_a_lost_connection_is_replaced_by_one_other(settings, database, app_url, owner):
    with capture_logs() as logs:
        async with at_work(settings, app_url):
            first = await appeared(owner)
            await owner.execute(
                "SELECT pg_terminate_backend(pid, 1000) FROM unnest($1::int[]) AS pid", list(first)
            )
            second = await appeared(owner, first)
            await asyncio.sleep(1)
            assert await backends(owner) == second
    await asyncio.sleep(0.2)

    assert await backends(owner) == set()
    assert [each["event"] for each in logs if each["log_level"] == "error"] == ["queue_lost"]


async def test_a_job_that_takes_too_long_is_ended_before_the_worker_ends(
    settings, database, app_url, monkeypatch
):
    begun, ended = asyncio.Event(), asyncio.Event()

    async def endless(_):
        begun.set()
        try:
            await asyncio.sleep(3600)
        finally:
            ended.set()

    monkeypatch.setattr(working, "DRAIN", 0.2)
    monkeypatch.setitem(worklist.LIST, "endless", jobs.Kind(endless))
    async with database.writing() as db:
        await jobs.enqueue(db, "endless")

    async with at_work(settings, app_url), asyncio.timeout(20):
        await begun.wait()

    assert ended.is_set()


async def test_a_connection_that_no_longer_answers_is_given_up(app_url, database, owner):
    queue = await jobs.worker(app_url, {}, database, {})
    backend = queue.connection._connection.get_server_pid()
    await owner.execute("SELECT pg_terminate_backend($1, 1000)", backend)

    await jobs.close(queue)

    assert queue.connection._connection.is_closed()


@pytest.fixture(autouse=True)
async def queue_is_empty(owner):
    yield
    await owner.execute("DELETE FROM pgqueuer; DELETE FROM pgqueuer_log; DELETE FROM pgqueuer_schedules")


async def test_mails_show_the_newest_look_though_nobody_opens_a_page(settings, database, app_url, make):
    folder, before = settings.data / "mail", set((settings.data / "mail").glob("*.eml"))
    async with at_work(settings, app_url), asyncio.timeout(30):
        await make.appearance(office="Rathaus Neustadt")
        await asyncio.sleep(2.5)
        person = await make.person()
        async with database.writing() as db:
            await jobs.enqueue(db, "mail", template="invite", person=person.id)
        while not (found := set(folder.glob("*.eml")) - before):  # noqa: ASYNC110
            await asyncio.sleep(0.05)

    assert b"Rathaus Neustadt, Halle" in found.pop().read_bytes()
