"""Jobs and mails: part of the caller's transaction, tried again, never lost, recognisable when doubled."""

import asyncio
import contextlib
import json
import socket
from datetime import timedelta
from email import message_from_bytes

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from aiosmtplib import SMTPException
from pgqueuer.types import QueueExecutionMode
from sqlalchemy import select
from structlog.testing import capture_logs

from consultations import jobs as worklist
from dialogue import jobs as orders
from dialogue.kit import clock, jobs
from dialogue.kit.errors import NotFound
from dialogue.kit.mail import Mail, Post
from dialogue.tables import Attempt, Job
from dialogue.web import House
from moderation.tables import Claim


async def waiting(owner):
    return await owner.fetch("SELECT entrypoint, status::text, attempts FROM pgqueuer ORDER BY id")


async def test_a_rollback_takes_the_job_along(database, owner):
    with contextlib.suppress(RuntimeError):
        async with database.writing() as db:
            await jobs.enqueue(db, "sweep")
            raise RuntimeError

    assert await waiting(owner) == []


async def test_with_a_key_at_most_one_waits(database, owner):
    for _ in range(3):
        async with database.writing() as db:
            await jobs.enqueue(db, "sweep", key="sweep")

    assert [row["entrypoint"] for row in await waiting(owner)] == ["sweep"]


async def test_what_fails_for_good_lies_among_the_failed(database, owner, app_url):
    async def break_down(_):
        raise ValueError("no")

    async with database.writing() as db:
        await jobs.enqueue(db, "broken")
    queue = await jobs.worker(app_url, {"broken": jobs.Kind(break_down, attempts=0)}, database, {})
    async with asyncio.timeout(20):
        await queue.qm.run(mode=QueueExecutionMode.drain, dequeue_timeout=SOON)
    await queue.connection._connection.close()

    async with database.reading() as db:
        assert [row.entrypoint for row in await jobs.dead(db)] == ["broken"]


async def broken(database, owner, count=1):
    """Jobs that failed for good, one day apart."""
    for day in range(count):
        async with database.writing() as db:
            await jobs.enqueue(db, "export", job=0)
        await owner.execute(
            "UPDATE pgqueuer SET status = 'failed', attempts = 4, updated = now() - $1::int * interval '1 day' "
            "WHERE status = 'queued'",
            day,
        )
    return [row["id"] for row in await owner.fetch("SELECT id FROM pgqueuer ORDER BY id")]


async def test_failed_jobs_are_listed_with_what_went_wrong(database, owner):
    (lease,) = await broken(database, owner)
    for kind, message in (("OSError", "disk"), ("JobFailed", "ValueError")):
        await owner.execute(
            "INSERT INTO pgqueuer_log (job_id, status, priority, entrypoint, traceback) "
            "VALUES ($1, 'failed', 0, 'export', $2)",
            lease,
            json.dumps({"exception_type": kind, "exception_message": message}),
        )
        async with database.reading() as db:
            (row,) = await jobs.dead(db)
        assert (row.id, row.entrypoint, row.attempts) == (lease, "export", 4)
        assert row.why == {"OSError": "OSError", "JobFailed": "ValueError"}[kind]


async def test_a_failed_job_can_be_tried_again_or_dropped(database, owner):
    again, gone, stays = await broken(database, owner, 3)

    async with database.writing() as db:
        await jobs.retry(db, again)
        await jobs.drop(db, gone)

    rows = await owner.fetch("SELECT id, status::text, attempts FROM pgqueuer ORDER BY id")
    assert [tuple(row) for row in rows] == [(again, "queued", 0), (stays, "failed", 4)]


@pytest.mark.parametrize("act", [jobs.retry, jobs.drop])
async def test_a_job_that_has_not_failed_is_left_alone(database, owner, act):
    async with database.writing() as db:
        await jobs.enqueue(db, "sweep")
    (row,) = await owner.fetch("SELECT id FROM pgqueuer")

    for lease in (row["id"], row["id"] + 1):
        with pytest.raises(NotFound):
            async with database.writing() as db:
                await act(db, lease)

    assert [row["status"] for row in await waiting(owner)] == ["queued"]


@pytest.mark.parametrize(
    ("ahead", "beat", "seconds"),
    [(None, 0, 600), ("export", 5, 0), ("export", 60, 600), ("sentiment", 5, 600)],
)
async def test_what_waits_behind_one_being_worked_off_is_not_late(database, owner, ahead, beat, seconds):
    async with database.writing() as db:
        await jobs.enqueue(db, "export")
        if ahead:
            await jobs.enqueue(db, ahead)
    await owner.execute("UPDATE pgqueuer SET execute_after = now() - interval '600 seconds'")
    if ahead:
        await owner.execute(
            "UPDATE pgqueuer SET status = 'picked', heartbeat = now() - $1::int * interval '1 second' "
            "WHERE id = (SELECT max(id) FROM pgqueuer)",
            beat,
        )

    async with database.reading() as db:
        assert round(await jobs.waiting_seconds(db)) == seconds


async def test_an_empty_queue_is_never_late(database):
    async with database.reading() as db:
        assert await jobs.waiting_seconds(db) == 0


async def test_the_sweep_forgets_what_has_had_its_time(database, owner, make, work):
    moderator, old, new = await make.moderator(), await make.comment(), await make.comment()
    for comment, until in ((old, -1), (new, 1)):
        await make.row(
            Claim,
            comment_id=comment.id,
            person_id=moderator.id,
            until=clock.now() + timedelta(minutes=until),
        )
    for days in (29, 31):
        await owner.execute(
            "INSERT INTO pgqueuer_log (job_id, status, priority, entrypoint, created) "
            "VALUES ($1::int, 'successful', 0, 'old', now() - $1::int * interval '1 day')",
            days,
        )
    async with database.writing() as db:
        await jobs.enqueue(db, "sweep")

    await work()

    assert [row[0] for row in await owner.fetch("SELECT comment_id FROM claims")] == [new.id]
    assert [
        row[0] for row in await owner.fetch("SELECT job_id FROM pgqueuer_log WHERE entrypoint = 'old'")
    ] == [29]


async def test_the_workers_clock_really_starts_the_sweep(database, owner, app_url, running, make):
    await make.row(Attempt, limit="mail", key=b"x", at=clock.now() - timedelta(days=2))
    await owner.execute(
        "INSERT INTO pgqueuer_schedules (expression, entrypoint, next_run) VALUES ($1, 'every sweep', now())",
        worklist.LIST["sweep"].every,
    )
    queue = await jobs.worker(app_url, worklist.LIST, database, {"house": running.house})
    working = asyncio.create_task(queue.run(dequeue_timeout=SOON))
    async with asyncio.timeout(10):
        while True:
            if await owner.fetchval("SELECT count(*) FROM attempts") == 0:
                break
            await asyncio.sleep(0.05)
    queue.shutdown.set()
    await working
    await jobs.close(queue)

    (row,) = await owner.fetch(
        "SELECT next_run::time::text AS at, last_run IS NULL AS never FROM pgqueuer_schedules "
        "WHERE entrypoint = 'every sweep'"
    )
    assert tuple(row) == ("03:17:00", False)
    await owner.execute("DELETE FROM pgqueuer_schedules")


SOON = timedelta(seconds=0.5)


async def test_a_failing_job_is_in_the_log_and_its_message_nowhere(database, owner, app_url):
    async def break_down(_):
        raise ValueError("an geheim@halle.example")

    async with database.writing() as db:
        await jobs.enqueue(db, "broken")
    queue = await jobs.worker(app_url, {"broken": jobs.Kind(break_down, attempts=1)}, database, {})
    with capture_logs() as logged:
        async with asyncio.timeout(20):
            await queue.qm.run(mode=QueueExecutionMode.drain, dequeue_timeout=SOON)
    await queue.connection._connection.close()

    assert [(entry["event"], entry["job"], entry["attempt"], entry["last"]) for entry in logged] == [
        ("job_failed", "broken", 1, False),
        ("job_failed", "broken", 2, True),
    ]
    stored = [str(row) for row in await owner.fetch("SELECT * FROM pgqueuer_log")]
    assert [row for row in stored if "geheim" in row] == []
    assert len([row for row in stored if "JobFailed: ValueError" in row]) == 2


class Inbox:
    """A mail server that first misbehaves in some way and then works."""

    def __init__(self, fault: str) -> None:
        self.fault, self.taken, self.seen = fault, [], 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        self.seen += 1
        if self.fault == "rejects" and self.seen == 1:
            return "451 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.fault == "refuses data" and self.seen == 1:
            return "452 no space"
        self.taken.append(envelope.content)
        if self.fault == "cuts after data" and self.seen == 1:
            server.transport.abort()
        return "250 OK"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.mark.parametrize("fault", ["works", "gone", "rejects", "refuses data", "cuts after data"])
async def test_a_mail_arrives_however_the_server_misbehaves(database, make, running, app_url, fault):
    person, port, inbox = await make.citizen(), free_port(), Inbox(fault)
    house = running.house
    post = Post("Stadt <stadt@halle.example>", f"smtp://127.0.0.1:{port}")
    async with database.writing() as db:
        await jobs.enqueue(db, "mail", template="reset", person=person.id)
    resources = {"house": House(house.settings, database, house.templates, post, house.city)}
    queue = await jobs.worker(app_url, worklist.LIST, database, resources)
    working = asyncio.create_task(queue.qm.run(mode=QueueExecutionMode.drain, dequeue_timeout=SOON))
    if fault == "gone":
        await asyncio.sleep(0.5)
    server = Controller(inbox, hostname="127.0.0.1", port=port)
    server.start()
    async with asyncio.timeout(30):
        await working
    server.stop()
    await queue.connection._connection.close()

    messages = [message_from_bytes(content) for content in inbox.taken]
    assert [message["To"] for message in messages] == [person.email] * (
        2 if fault == "cuts after data" else 1
    )
    assert len({message["Message-ID"] for message in messages}) == 1


async def test_the_password_of_the_mail_server_is_never_sent_in_the_clear():
    port, inbox, tried = free_port(), Inbox("works"), []

    def trusting(server, session, envelope, mechanism, data):
        tried.append(data.login)
        return AuthResult(success=True)

    server = Controller(
        inbox, hostname="127.0.0.1", port=port, authenticator=trusting, auth_require_tls=False
    )
    server.start()
    post = Post("Stadt <stadt@halle.example>", f"smtp://nutzer:kennwort@127.0.0.1:{port}")
    with pytest.raises(SMTPException, match="STARTTLS"):
        await post.send(Mail("a@halle.example", "Guten Tag", "Text", "7"))
    server.stop()

    assert (tried, inbox.taken) == ([], [])


def test_headers_of_a_mail_cannot_be_broken_open():
    post = Post("Stadt <stadt@halle.example>")

    message = post.message(Mail("a@halle.example", "Guten\r\nBcc: x@halle.example", "Text", "7"))

    assert (message["Bcc"], message["Subject"]) == (None, "Guten Bcc: x@halle.example")
    assert message["Message-ID"] == "<7@halle.example>"


async def test_what_one_run_has_done_no_other_run_undoes(make, database):
    person = await make.person("panelist")
    async with database.writing() as db:
        job_id = await orders.start(db, "export", "Daten", person.id)
        await orders.finish(db, job_id, {"bytes": 1})
        await orders.progress(db, job_id, 40, "Stimmen")
        await orders.fail(db, job_id, "Zu spät.")
        job = (await db.execute(select(Job.status, Job.progress, Job.message).where(Job.id == job_id))).one()

    assert (job.status, job.progress, job.message) == ("done", 100, "")
