"""A real browser before the real application, served with the demonstration's city from a database of its own."""

import asyncio
import os
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.async_api import Browser, BrowserContext, Page, async_playwright
from sqlalchemy import make_url, select

from consultations import app as roof
from consultations import schema
from consultations.demo import load
from dialogue import accounts
from dialogue.kit import jobs, postgres
from dialogue.kit.database import Database
from dialogue.kit.settings import Settings
from dialogue.tables import Person
from tests.conftest import KEY, Running
from tests.make import Made
from tools import browser as chromium_on_this_machine

collect_ignore = [] if os.environ.get("SCREENSHOTS") else ["test_screenshots.py"]
FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
]
PATIENCE = 10_000  # ms; a page that needs longer is broken


# --- the application --------------------------------------------------------------------------------


@pytest.fixture(scope="session")
async def app_url(cluster: postgres.Cluster) -> str:
    """The database of the journeys, migrated, as the application's role."""
    return await migrated(cluster, "journeys")


async def migrated(cluster: postgres.Cluster, name: str) -> str:
    """A new database at the newest migration; connects as the application's role."""
    admin = await jobs.connect(cluster.url("postgres", "postgres"))
    await admin.execute(f"CREATE DATABASE {name}")
    await admin.close()
    owner = cluster.url("postgres", name)
    await schema.migrate(owner)
    return make_url(owner).set(username=schema.APPLICATION).render_as_string(hide_password=False)


@dataclass(frozen=True)
class Live:
    """The served application: its origin, what its requests share, and the demonstration's logins by role."""

    origin: str
    running: Running
    people: dict[str, Made]
    mail: Path


@pytest.fixture(scope="session")
async def journeys_database(app_url: str) -> AsyncIterator[Database]:
    database = Database(app_url, pool=5)
    yield database
    await database.close()


@pytest.fixture(scope="session")
async def live(
    app_url: str, journeys_database: Database, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Live]:
    """The demonstration's city, answering on a free port until all journeys are over."""
    data = tmp_path_factory.mktemp("journeys")
    (data / "demo.json").write_text("{}")
    async with served(app_url, data) as (origin, running):
        yield Live(origin, running, await _filled(journeys_database), data / "mail")


@asynccontextmanager
async def served(app_url: str, data: Path) -> AsyncIterator[tuple[str, Running]]:
    """The application over a database, on a free port: its origin, and what its requests share."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    origin = f"http://127.0.0.1:{listening.getsockname()[1]}"
    settings = Settings(data=data, origin=origin, secret=KEY, limits=False)
    app = roof.create(settings, Database(app_url, pool=5), count_seconds=0)
    server = uvicorn.Server(
        uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=2)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield origin, Running(app, app.app.state.house)
    finally:
        server.should_exit = True
        await asyncio.to_thread(thread.join)
        listening.close()


async def _filled(database: Database) -> dict[str, Made]:
    async with database.writing() as db:
        await load.city(db, lambda _: None)
        logins = await load.logins(db)
        await db.exec_driver_sql("DELETE FROM pgqueuer")  # the moods of 150 texts are for other tests
        ids = {row.email: row for row in await db.execute(select(Person.id, Person.email, Person.pseudonym))}
    return {
        login["role"]: Made(
            id=ids[login["email"]].id,
            email=login["email"],
            password=login["password"],
            pseudonym=ids[login["email"]].pseudonym,
        )
        for login in logins
    }


@pytest.fixture
def database(journeys_database: Database, live: Live) -> Database:
    """The journeys' database, which stays filled: each journey brings its own people."""
    return journeys_database


@pytest.fixture
def running(live: Live) -> Running:
    return live.running


# --- the browser ------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    executable = chromium_on_this_machine.find()
    if executable is None:
        reason = "Kein Chromium gefunden: Bitte installieren Sie chromium oder Google Chrome (make browser)."
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    as_root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=[*FLAGS, *as_root])
        yield browser
        await browser.close()


async def open_context(chromium: Browser, live: Live, *, width: int = 1280, **options: Any) -> BrowserContext:
    """The browser of one visitor: own cookies, own cache."""
    context = await chromium.new_context(
        base_url=live.origin,
        viewport={"width": width, "height": 900},
        locale="de-DE",
        timezone_id="Europe/Berlin",
        reduced_motion="reduce",
        **options,
    )
    context.set_default_timeout(PATIENCE)
    return context


@dataclass
class Visits:
    """Opens windows, and notes everything in them that should not happen."""

    chromium: Browser
    live: Live
    database: Database
    opened: list[BrowserContext] = field(default_factory=list)
    watched: list[tuple[Page, str, Any]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    async def __call__(
        self,
        person: Made | None = None,
        *,
        refusals: tuple[int, ...] = (),
        tab: Page | None = None,
        **options: Any,
    ) -> Page:
        """A window of a visitor, signed in as the person; `refusals` are the statuses it may meet.

        With `tab` an empty one from before is used again: its styles and fonts are there already.
        """
        if tab is None:
            self.opened.append(await open_context(self.chromium, self.live, **options))
            tab = await self.opened[-1].new_page()
        await tab.context.clear_cookies()
        if person is not None:
            await self._sign_in(tab.context, person)
        self._watch(tab, refusals)
        return tab

    async def _sign_in(self, context: BrowserContext, person: Made) -> None:
        async with self.database.writing() as db:
            token, _ = await accounts.sign_in(db, person.id, "Chrome auf Linux")
        await context.add_cookies([{"name": "session", "value": token, "url": self.live.origin}])

    def _watch(self, page: Page, refusals: tuple[int, ...]) -> None:
        def note(problem: str) -> None:
            self.problems.append(f"{page.url}: {problem}")

        def said(message: Any) -> None:
            if message.type in {"error", "warning"} and "Failed to load resource" not in message.text:
                note(message.text)

        def asked(request: Any) -> None:
            if not request.url.startswith((f"{self.live.origin}/", "data:", "blob:")):
                note(f"request to {request.url}")

        def answered(response: Any) -> None:
            if response.status >= 400 and response.status not in refusals:
                note(f"{response.status} from {response.url}")

        for event, heard in (
            ("console", said),
            ("pageerror", lambda error: note(str(error))),
            ("request", asked),
            ("response", answered),
        ):
            page.on(event, heard)
            self.watched.append((page, event, heard))

    async def end(self) -> None:
        for page, event, heard in self.watched:
            page.remove_listener(event, heard)
        for context in self.opened:
            await context.close()


@pytest.fixture
async def visit(chromium: Browser, live: Live, database: Database) -> AsyncIterator[Visits]:
    """Opens windows; a console error, a refused resource or a foreign host in any of them fails the journey."""
    visits = Visits(chromium, live, database)
    yield visits
    await visits.end()
    assert visits.problems == []


# --- the post ---------------------------------------------------------------------------------------

Mails = Callable[[str], Awaitable[list[Any]]]


@pytest.fixture
def mails(live: Live, work: Any) -> Mails:
    """The mails to an address after all waiting jobs were worked off, oldest first."""

    async def read(address: str) -> list[Any]:
        await work()
        files = sorted(live.mail.glob("*.eml"), key=lambda file: int(file.stem))
        found = [message_from_bytes(file.read_bytes(), policy=default) for file in files]
        return [message for message in found if message["To"] == address]

    return read
