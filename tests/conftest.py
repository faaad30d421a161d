"""Real PostgreSQL, the real application, real commits; every test starts with empty tables."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from pgqueuer.types import QueueExecutionMode
from sqlalchemy import make_url

from consultations import app as roof
from consultations import jobs as worklist
from consultations import schema
from dialogue.kit import jobs, postgres
from dialogue.kit.database import Base, Database
from dialogue.kit.settings import Settings
from dialogue.web import House
from tests.browser import Browser
from tests.make import Make

ORIGIN = "http://127.0.0.1:8000"
KEY = "only-for-tests-" + "0123456789abcdefghijklmnopqrstuvwxyz"


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgres.Cluster]:
    """A server of this test process; fsync is off because a crash of the machine may lose it."""
    server = postgres.ensure(
        tmp_path_factory.mktemp("data"), settings={"fsync": "off", "full_page_writes": "off"}
    )
    yield server
    server.stop()


@pytest.fixture(scope="session")
async def owner_url(cluster: postgres.Cluster) -> str:
    """A database at the newest migration; connects as its owner."""
    admin = await jobs.connect(cluster.url("postgres", "postgres"))
    await admin.execute("CREATE DATABASE dialog")
    await admin.close()
    url = cluster.url("postgres", "dialog")
    await schema.migrate(url)
    return url


@pytest.fixture(scope="session")
async def app_url(owner_url: str) -> str:
    """The same database, as the application's role."""
    return make_url(owner_url).set(username=schema.APPLICATION).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    data = tmp_path_factory.mktemp("var")
    (data / "demo.json").write_text("{}")
    return Settings(data=data, origin=ORIGIN, secret=KEY)


@pytest.fixture(scope="session")
async def shared_database(app_url: str) -> AsyncIterator[Database]:
    database = Database(app_url, pool=5)
    yield database
    await database.close()


@pytest.fixture(scope="session")
async def owner(owner_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await jobs.connect(owner_url)
    yield connection
    await connection.close()


TABLES = [table.name for table in reversed(Base.metadata.sorted_tables)]
# Without the foreign keys' triggers: they would look at every row again.
EMPTY = "; ".join(
    [
        "SET session_replication_role = replica",
        *(f'DELETE FROM "{name}"' for name in [*TABLES, "pgqueuer", "pgqueuer_log"]),
        "SET session_replication_role = origin",
    ]
)


@dataclass(frozen=True)
class Running:
    """The application in this process, and what its requests share."""

    app: Any
    house: House


@pytest.fixture
async def database(
    shared_database: Database, owner: asyncpg.Connection, running: Running
) -> AsyncIterator[Database]:
    """The database, empty before and after; the city looks as in its file."""
    yield shared_database
    await owner.execute(EMPTY)
    running.house.city.take(None)


@pytest.fixture(scope="session")
def running(shared_database: Database, settings: Settings) -> Running:
    app = roof.create(settings, shared_database, count_seconds=0)
    return Running(app, app.app.state.house)


@pytest.fixture
async def browser(running: Running, database: Database) -> AsyncIterator[Browser]:
    """A visitor without JavaScript who checks every page it sees."""
    async with Browser(running.app, ORIGIN) as visitor:
        yield visitor


@pytest.fixture
def new_browser(running: Running, database: Database) -> Any:
    """For tests with several people: each call is another visitor."""
    return lambda: Browser(running.app, ORIGIN)


@pytest.fixture
def make(database: Database) -> Make:
    return Make(database)


@pytest.fixture
def work(app_url: str, database: Database, running: Running) -> Any:
    """Work off all waiting jobs, as the worker would."""

    async def drain() -> None:
        queue = await jobs.worker(app_url, worklist.LIST, database, {"house": running.house})
        async with asyncio.timeout(60):
            await queue.qm.run(
                mode=QueueExecutionMode.drain, batch_size=10, dequeue_timeout=timedelta(seconds=0.5)
            )
        await queue.connection._connection.close()

    return drain


@pytest.fixture
def post_box(running: Running, work: Any) -> Any:
    """The mails to one address, oldest first, after the worker has sent what waits."""

    async def letters(address: str) -> list[Any]:
        await work()
        files = sorted((running.house.settings.data / "mail").glob("*.eml"), key=lambda file: int(file.stem))
        mails = [message_from_bytes(file.read_bytes(), policy=default) for file in files]
        return [mail for mail in mails if mail["To"] == address]

    return letters


@pytest.fixture
def shared() -> Path:
    """The papers and data beside a development checkout; tests that need them skip without."""
    folder = Path(__file__).parent.parent.parent / "shared"
    if not folder.is_dir():
        pytest.skip("needs the shared data beside the checkout")
    return folder
