"""What must be true of an installation: settings, schema, the application's role, journal, queue."""

from functools import partial

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from consultations import city, schema
from dialogue import journal
from dialogue.kit import jobs
from dialogue.kit.database import Database
from dialogue.kit.settings import Settings, Unsafe

DURABLE = ("fsync", "full_page_writes", "synchronous_commit")


async def database(db: AsyncConnection) -> list[str]:
    """Sentences about an unsafe database; empty when it may be used."""
    problems = []
    for name in DURABLE:
        if (await db.execute(text(f"SHOW {name}"))).scalar_one() == "off":
            problems.append(
                f"PostgreSQL: {name} ist aus. Beim Absturz gingen Stimmen verloren; bitte einschalten."
            )
    for table in schema.INSERT_ONLY:
        query = text("SELECT has_table_privilege(:table, 'UPDATE, DELETE, TRUNCATE')")
        if (await db.execute(query, {"table": table})).scalar_one():
            problems.append(
                f"Die Anwendung darf die Tabelle {table} ändern. Bitte DIALOG_OWNER_URL für `migrate` setzen "
                "und in DIALOG_DATABASE_URL eine eigene Rolle ohne Eigentümerrechte verwenden."
            )
    return problems


def _of_settings(settings: Settings) -> list[str]:
    problems = []
    for check in (settings.ready_to_serve, partial(city.read, settings)):
        try:
            check()
        except Unsafe as unsafe:
            problems += str(unsafe).splitlines()
    if settings.https and not settings.proxy:
        problems.append(
            "DIALOG_PROXY fehlt: die Adresse des Proxys, der https spricht. Ohne sie haben alle Besucher zusammen nur "
            "so viele Versuche wie sonst ein einzelner Anschluss."
        )
    return problems


async def everything(database_: Database, settings: Settings) -> list[str]:
    """All problems of this installation, one German sentence each."""
    problems = _of_settings(settings)
    async with database_.reading() as db:
        problems += await database(db)
        if dead := await jobs.dead(db):
            problems.append(
                f"{len(dead)} Aufträge sind endgültig gescheitert, zuletzt „{dead[0].entrypoint}“."
            )
        if (waiting := await jobs.waiting_seconds(db)) > 300:
            problems.append(f"Aufträge warten seit {waiting:.0f} Sekunden: Läuft der Worker?")
    async with database_.snapshot() as db:
        if problem := (await journal.verify(db)).problem:
            problems.append(problem)
    url = database_.writer.url.render_as_string(hide_password=False)
    problems += [
        f"Datenbank und Modelle unterscheiden sich: {found}" for found in await schema.differences(url)
    ]
    return problems
