"""A whole installation of its own: `ki-dialog serve` with two workers on a database that really syncs."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest

from dialogue import accounts
from dialogue.kit import postgres
from dialogue.kit.database import Database
from tests.make import Make


class Installation:
    """Starts and kills the web server; its database survives and is taken over."""

    def __init__(self, data: Path, **settings: str) -> None:
        self.data, self.settings = data, {"DIALOG_DATA": str(data)} | settings
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.origin = f"http://127.0.0.1:{self.port}"
        self.marker = data / "demo.json"
        self.marker.write_text("{}")

    def start(self) -> None:
        command = [
            str(Path(sys.executable).with_name("ki-dialog")),
            "serve",
            "--port",
            str(self.port),
            "--workers",
            "2",
        ]
        env = {key: value for key, value in os.environ.items() if not key.startswith("DIALOG_")}
        self.process = subprocess.Popen(command, env=env | self.settings, start_new_session=True)

    def worker(self) -> subprocess.Popen[bytes]:
        """A worker beside the web server, for whoever starts it to end."""
        command = [str(Path(sys.executable).with_name("ki-dialog")), "worker"]
        env = {key: value for key, value in os.environ.items() if not key.startswith("DIALOG_")}
        return subprocess.Popen(command, env=env | self.settings, start_new_session=True)

    def kill_web(self) -> None:
        """kill -9 for the server and its workers at once."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def kill_database(self) -> None:
        """kill -9 for the postmaster; its children notice and end."""
        postmaster = int((self.data / "postgres" / "postmaster.pid").read_text().splitlines()[0])
        psutil.Process(postmaster).kill()

    async def answering(self, path: str = "/readyz", seconds: float = 20) -> None:
        async with asyncio.timeout(seconds), httpx2.AsyncClient(base_url=self.origin) as client:
            while True:
                with suppress(httpx2.TransportError):
                    if (await client.get(path)).status_code == 200:
                        return
                await asyncio.sleep(0.05)

    def database(self) -> Database:
        cluster = postgres.attach(self.data)
        assert cluster is not None
        return Database(cluster.url("dialog", "dialog"), pool=4)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)
        postgres.ensure(self.data).stop()


@pytest.fixture(scope="session")
async def installation(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Installation]:
    made = Installation(
        tmp_path_factory.mktemp("installation"), DIALOG_LIMITS="false"
    )  # one address, much traffic
    made.start()
    await made.answering(seconds=60)
    yield made
    made.stop()


class Crowd:
    """People who are signed in, a point and contributions to vote on."""

    def __init__(self, people: list[tuple[int, str]], comments: list[Any], thread_id: int) -> None:
        self.people, self.comments, self.thread_id = people, comments, thread_id


async def crowd(installation: Installation, people: int, comments: int) -> Crowd:
    database = installation.database()
    make = Make(database)
    point = await make.point(await make.consultation(checks_first=False))
    made = [await make.person(password=None) for _ in range(people)]
    async with database.writing() as db:
        signed_in = [(person.id, (await accounts.sign_in(db, person.id, "Test"))[0]) for person in made]
    spoken = [await make.comment(point.thread) for _ in range(comments)]
    await database.close()
    return Crowd(signed_in, spoken, point.thread.id)
