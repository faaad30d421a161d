"""The command line: demo, serve, worker, migrate, person, import, analyse, index, triage, export, load, jobs, journal,
check."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any, TypeVar

from cyclopts import App, Parameter

from dialogue.kit import settings as settings_module
from dialogue.kit.errors import Refusal
from dialogue.kit.settings import Settings, Unsafe

T = TypeVar("T")
app = App(
    name="ki-dialog",
    help="Die Plattform für den Dialog einer Stadt über ihre KI-Strategie.",
    version_flags=[],
)
person = App(name="person", help="Personen und Rollen.")
load = App(name="load", help="Daten für Lasttests.")
importer = App(name="import", help="Daten einlesen.")
journal_app = App(name="journal", help="Das Protokoll.")
jobs_app = App(name="jobs", help="Aufträge, die endgültig gescheitert sind.")
triage = App(name="triage", help="Die gelernte Ordnung der Vorprüfung.")
for part in (person, load, importer, journal_app, jobs_app, triage):
    app.command(part)
Follow = Annotated[bool, Parameter(show=False)]


def say(line: str) -> None:
    """Progress goes to stderr; stdout is for results."""
    print(line, file=sys.stderr, flush=True)


# --- database ---------------------------------------------------------------------------------------


@contextmanager
def _cluster(settings: Settings) -> Iterator[tuple[str, str]]:
    """(application's URL, owner's URL); starts the embedded server unless one is configured or running."""
    from consultations.supervise import Keeper
    from dialogue.kit import postgres

    if settings.database_url:
        yield settings.database_url, settings.owner_url or settings.database_url
        return
    keeper = Keeper(settings, postgres.ensure(settings.data, say))
    keeper.start()
    try:
        cluster = keeper.cluster
        yield cluster.url("dialog", "dialog"), cluster.url("postgres", "dialog")
    finally:
        keeper.stop()


async def _migrate(settings: Settings, urls: tuple[str, str]) -> None:
    from sqlalchemy import make_url

    from consultations import schema

    if settings.database_url:
        await _reach(urls[1], "DIALOG_OWNER_URL" if settings.owner_url else "DIALOG_DATABASE_URL")
    else:
        await schema.create(urls[1])  # in the embedded server, at its first start
    await schema.migrate(urls[1], make_url(urls[0]).username or schema.APPLICATION)


async def _reach(url: str, variable: str) -> None:
    """A database that is away or refuses us is a sentence."""
    from sqlalchemy.exc import DBAPIError

    from consultations import schema

    try:
        await schema.reach(url)
    except (OSError, DBAPIError) as error:
        why = error.orig if isinstance(error, DBAPIError) else error
        raise Unsafe(f"Die Datenbank ist nicht erreichbar: {why}. Bitte {variable} prüfen.") from None


async def _ready(settings: Settings, urls: tuple[str, str]) -> None:
    """The embedded server follows the code at each start; a database of one's own only `migrate` changes."""
    from consultations import schema

    if settings.database_url:
        await _reach(urls[0], "DIALOG_DATABASE_URL")
    else:
        await _migrate(settings, urls)
    if not await schema.is_current(urls[0]):
        raise Unsafe(
            "Die Datenbank ist nicht auf dem neuesten Stand. Bitte rufen Sie zuerst `ki-dialog migrate` auf."
        )


@asynccontextmanager
async def _database(urls: tuple[str, str], statement_ms: int = 3_600_000) -> AsyncIterator[Any]:
    from dialogue.kit.database import COMMAND, Database

    database = Database(urls[0], pool=COMMAND, statement_ms=statement_ms, patient=True)
    try:
        yield database
    finally:
        await database.close()


def _run(work: Callable[[Any, Settings], Awaitable[T]]) -> T:
    """Open the database, do the work, close everything again."""
    settings = settings_module.read()

    async def inside(urls: tuple[str, str]) -> T:
        await _ready(settings, urls)
        async with _database(urls) as database:
            return await work(database, settings)

    with _cluster(settings) as urls:
        return asyncio.run(inside(urls))


# --- servers ----------------------------------------------------------------------------------------


@app.command
def serve(
    *, host: str = "127.0.0.1", port: int = 8000, workers: int | None = None, follow_parent: Follow = False
) -> None:
    """Web server; with several workers they share nothing but the database."""
    import uvicorn

    from consultations import city, supervise
    from consultations.asgi import RUNNING

    if not os.environ.get("DIALOG_ORIGIN") and settings_module.read().demo:
        os.environ["DIALOG_ORIGIN"] = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"  # noqa: S104
    if workers is not None:
        os.environ["DIALOG_WORKERS"] = str(workers)  # each process shares the connections with the others
    settings = settings_module.read().ready_to_serve()
    city.read(settings)
    if follow_parent:
        supervise.follow_parent()
    signal.signal(signal.SIGTERM, _interrupt)  # uvicorn raises it again after draining: end the database, too
    with _cluster(settings) as urls:
        asyncio.run(_refuse_unsafe(settings, urls))
        os.environ[RUNNING] = urls[0]  # for the processes uvicorn starts, also while the database restarts
        uvicorn.run(
            "consultations.asgi:create",
            factory=True,
            host=host,
            port=port,
            workers=settings.workers,
            loop="uvloop",
            http="httptools",
            proxy_headers=bool(settings.proxy),
            forwarded_allow_ips=settings.proxy,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=8,
            timeout_worker_healthcheck=30,
            log_level="warning",
        )


async def _refuse_unsafe(settings: Settings, urls: tuple[str, str]) -> None:
    from consultations import checks

    await _ready(settings, urls)
    async with _database(urls) as database, database.reading() as db:
        problems = await checks.database(db)
    if problems and not settings.demo:
        raise Unsafe("\n".join(problems))


@app.command
def worker(*, follow_parent: Follow = False) -> None:
    """Works off jobs: mails, sentiment, exports. Ends within ten seconds after SIGTERM."""
    from consultations import supervise, working

    settings = settings_module.read().ready_to_serve()
    if follow_parent:
        supervise.follow_parent()
    with _cluster(settings) as urls:
        asyncio.run(_refuse_unsafe(settings, urls))
        asyncio.run(working.run(settings, urls[0]))


@app.command
def migrate() -> None:
    """Brings the database to the newest version."""
    settings = settings_module.read()
    with _cluster(settings) as urls:
        asyncio.run(_migrate(settings, urls))
    say("Die Datenbank ist auf dem neuesten Stand.")


@app.command
def demo(*, port: int | None = None) -> None:
    """The demonstration: database, content, web server and worker, until Ctrl-C."""
    from consultations import demonstration

    signal.signal(signal.SIGTERM, _interrupt)
    port = port or settings_module.port(os.environ.get("PORT") or "8000")
    settings = settings_module.read()
    if settings.database_url:
        raise Unsafe(
            "Die Demonstration läuft nur mit ihrer eigenen Datenbank: Bitte DIALOG_DATABASE_URL entfernen."
        )
    demonstration.must_be_free(port)
    os.environ["DIALOG_ORIGIN"] = f"http://127.0.0.1:{port}"
    started = time.monotonic()
    with _cluster(settings) as urls:
        asyncio.run(_prepare_demo(settings, urls))
        with suppress(KeyboardInterrupt):
            demonstration.run(settings, port, say, started)
    say(f"Beendet. Die Daten bleiben in {settings.data}.")


async def _prepare_demo(settings: Settings, urls: tuple[str, str]) -> None:
    from consultations import demonstration

    await _migrate(settings, urls)
    async with _database((urls[1], urls[1])) as owned:  # to move decisions, too, when the dates move on
        await demonstration.prepare(settings, owned, say)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


# --- people -----------------------------------------------------------------------------------------


@person.command
def create(*, email: str, role: list[str] | None = None) -> None:
    """Creates an account with roles and prints a one-time link to set its password (24 hours)."""
    from dialogue.roles import STAFF

    unknown = sorted(set(role or []) - STAFF)
    if unknown:
        raise Unsafe(
            f"Diese Rolle gibt es nicht: {', '.join(unknown)}. Möglich sind: {', '.join(sorted(STAFF))}."
        )

    async def work(database: Any, settings: Settings) -> str:
        from consultations import demonstration
        from dialogue import accounts

        async with database.writing() as db:
            person_id = await accounts.create(db, email, role or [])
            token = await accounts.new_link(db, person_id, "invite")
        return f"{settings.origin or demonstration.origin(settings)}/konto/passwort?schluessel={token}"

    print(_run(work))


# --- data -------------------------------------------------------------------------------------------


@importer.command
def polis(folder: Path) -> None:
    """Reads a Polis export; prints the address of the new consultation."""

    async def work(database: Any, _: Settings) -> str:
        from consultations.outcome import polis as reader

        async with database.writing() as db:
            return await reader.load(db, folder, say)

    print(_run(work))


@importer.command(name="city")
def content(folder: Path) -> None:
    """Reads a city's terms, Netiquette, strategy and consultations; prints the addresses of the consultations."""

    async def work(database: Any, _: Settings) -> list[str]:
        from consultations.content import storing

        async with database.writing() as db:
            return await storing.load(db, folder, say)

    print("\n".join(_run(work)))


@app.command
def analyse(slug: str) -> None:
    """Reads the sentiment of the published comments that were not read yet; prints the counts."""

    async def work(database: Any, _: Settings) -> dict[str, int]:
        from consultations.analysis import sentiment

        return await sentiment.score_all(database, slug, say)

    print(json.dumps(_run(work), ensure_ascii=False))


@app.command
def index() -> None:
    """Teaches the search the compounds of texts it does not know yet; prints how many."""

    async def work(database: Any, _: Settings) -> int:
        from consultations.analysis import indexing

        return await indexing.everything(database, say)

    print(_run(work))


@app.command
def export(
    slug: str,
    *,
    format: str = "csv",
    as_: Annotated[str, Parameter(name="--as")] = "panelist",
    out: Path,
) -> None:
    """Writes what the role may see: csv (ZIP of tables), xlsx (workbook) or json (ZIP of JSON Lines)."""

    async def work(database: Any, _: Settings) -> dict[str, Any]:
        from consultations.outcome import exports

        return await exports.to_file(database, slug, as_, out, say, format)

    print(json.dumps(_run(work), ensure_ascii=False))


# --- triage -----------------------------------------------------------------------------------------


@triage.command
def train(
    files: Annotated[list[Path], Parameter(negative=())],
    /,
    *,
    harmless: Annotated[list[Path] | None, Parameter(consume_multiple=True, negative=())] = None,
    rule: Annotated[list[int] | None, Parameter(negative=())] = None,
) -> None:
    """Learns which texts should be read closely, stores the new order, and prints how well it does.

    It learns from files and from the city's own decisions; the worker follows within its next contribution.

    Parameters
    ----------
    files:
        CSV files with the columns text and label (OFFENSE or 1, OTHER or 0).
    harmless:
        CSV files with the column text: unremarkable contributions; a column process tells where each comes from.
    rule:
        Number of a paragraph of the Netiquette about tone, may be repeated: only what was rejected or hidden
        under it is learned as striking. Without it, all that was rejected or hidden.
    """

    async def work(database: Any, _: Settings) -> dict[str, Any]:
        from moderation import training

        return await training.train(database, training.Sources(files, harmless or (), rule or ()), say)

    print(json.dumps(_run(work), ensure_ascii=False))


@triage.command
def status() -> None:
    """Prints which learned order holds, since when, and its figures."""

    async def work(database: Any, _: Settings) -> Any:
        from moderation import models

        async with database.reading() as db:
            return await models.newest(db)

    from dialogue.kit.messages import moment

    if (found := _run(work)) is None:
        say("Es gilt keine gelernte Ordnung: Die Vorprüfung arbeitet mit den Regeln allein.")
        return
    say(f"Es gilt die Ordnung {found.id}, trainiert am {moment(found.trained_at)}.")
    print(
        json.dumps({"model": found.id, "data_digest": found.data_digest} | found.figures, ensure_ascii=False)
    )


@load.command
def synth(*, people: int, comments: int, votes: int) -> None:
    """Synthetic people, comments and votes for load tests; prints the address."""

    async def work(database: Any, _: Settings) -> str:
        from consultations.outcome import synth as made

        async with database.writing() as db:
            return await made.load(db, people=people, comments=comments, votes=votes, say=say)

    print(_run(work))


# --- jobs -------------------------------------------------------------------------------------------


@jobs_app.default
def listing() -> None:
    """Prints the jobs that failed for good: number, name, when, how often, and the kind of error."""

    async def work(database: Any, _: Settings) -> list[Any]:
        from dialogue.kit import jobs

        async with database.reading() as db:
            return await jobs.dead(db)

    from dialogue.kit.messages import moment

    found = _run(work)
    for job in found:
        line = f"{job.id}  {job.entrypoint}  {moment(job.updated)}  {job.attempts + 1} Versuche  {job.why}"
        print(line.rstrip())
    say(f"{len(found)} gescheitert." if found else "Kein Auftrag ist gescheitert.")


@jobs_app.command
def retry(number: int) -> None:
    """Lets a failed job be tried anew."""
    _with_job("retry", number)
    say(f"Auftrag {number} wird noch einmal versucht, sobald der Worker läuft.")


@jobs_app.command
def drop(number: int) -> None:
    """Forgets a failed job."""
    _with_job("drop", number)
    say(f"Auftrag {number} ist verworfen.")


def _with_job(act: str, number: int) -> None:
    async def work(database: Any, _: Settings) -> None:
        from dialogue.kit import jobs

        async with database.writing() as db:
            await getattr(jobs, act)(db, number)

    _run(work)


# --- checks -----------------------------------------------------------------------------------------


@journal_app.command
def verify(*, head: str = "", entries: int | None = None) -> None:
    """Recomputes the journal's chain and compares it with the published heads, and with one noted earlier; ends
    with 2 when an entry was changed, removed or forged."""

    noted = _noted(head, entries)

    async def work(database: Any, _: Settings) -> Any:
        from dialogue import journal

        async with database.snapshot() as db:
            return await journal.verify(db, noted)

    verdict = _run(work)
    if verdict.problem:
        raise Unsafe(verdict.problem)
    print(f"{verdict.entries} Einträge, unverändert. Kopf: {verdict.head}")


def _noted(head: str, entries: int | None) -> Any:
    from dialogue import journal

    if not head and entries is None:
        return None
    if entries is None or entries < 0 or len(head) != 64 or set(head) - set("0123456789abcdef"):
        raise Unsafe(
            "Bitte geben Sie beides an, wie es unter /transparenz stand: --head mit 64 Zeichen aus 0 bis 9 und "
            "a bis f, und --entries mit der Zahl der Einträge."
        )
    return journal.Known(entries, bytes.fromhex(head))


@app.command
def check() -> None:
    """Looks at settings, schema, roles, journal and queue, and says what is wrong."""

    async def work(database: Any, settings: Settings) -> list[str]:
        from consultations import checks

        return await checks.everything(database, settings) + await _room(database, settings)

    problems = _run(work)
    for problem in problems:
        say(f"✗ {problem}")
    if problems:
        sys.exit(1)
    print("Alles in Ordnung.")


async def _room(database: Any, settings: Settings) -> list[str]:
    """Says how many connections are needed; a problem when the server grants fewer."""
    from dialogue.kit.database import connections_for, granted

    async with database.reading() as db:
        possible = await granted(db)
    needed = connections_for(settings.workers)
    say(f"Verbindungen zur Datenbank: {needed} gebraucht, {possible} möglich.")
    if needed <= possible:
        return []
    return [
        f"PostgreSQL lässt nur {possible} Verbindungen zu, gebraucht werden bis zu {needed}: Bitte dort "
        "max_connections erhöhen oder hier DIALOG_WORKERS verringern."
    ]


def main() -> None:
    """Entry point: a refusal is one sentence on stderr and exit code 2, never a trace."""
    from dialogue.kit.postgres import PostgresFailed, PostgresMissing

    try:
        app()
    except (Unsafe, Refusal, PostgresFailed, PostgresMissing) as refusal:
        say(str(refusal))
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(0)


if __name__ == "__main__":
    main()
