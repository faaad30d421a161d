"""The database's schema: migrate it as owner, and give the application's role just what it needs."""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

import consultations.tables  # noqa: F401 - all floors' tables belong to one schema
import moderation.tables  # noqa: F401
from dialogue.kit.database import Base

APPLICATION = "dialog"
INSERT_ONLY = ("journal", "decisions", "versions", "appearances", "journal_heads")
MIGRATIONS = Path(__file__).parent.parent / "migrations"


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


async def reach(url: str) -> None:
    """Connect once; raises what the driver says when that does not work."""
    engine = create_async_engine(url, connect_args={"timeout": 10})
    try:
        async with engine.connect():
            return
    finally:
        await engine.dispose()


async def create(owner_url: str) -> None:
    """Make the database that the address names, unless it is there."""
    target = make_url(owner_url)
    engine = create_async_engine(target.set(database="postgres"), isolation_level="AUTOCOMMIT")
    try:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT pg_advisory_lock(hashtext('consultations.schema'))"))
            there = text("SELECT 1 FROM pg_database WHERE datname = :name")
            if (await connection.execute(there, {"name": target.database})).first() is None:
                name = connection.dialect.identifier_preparer.quote(str(target.database))
                await connection.execute(text(f"CREATE DATABASE {name}"))
    finally:
        await engine.dispose()


async def migrate(owner_url: str, application: str = APPLICATION) -> None:
    """Bring the schema to the newest version; a second call changes nothing, one beside it waits."""
    engine = create_async_engine(owner_url)
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('consultations.schema'))"))
            await connection.run_sync(lambda sync: command.upgrade(_config(sync), "head"))
            await connection.run_sync(_grant, application)
    finally:
        await engine.dispose()


def _grant(connection: Connection, role: str) -> None:
    quoted = connection.dialect.identifier_preparer.quote(role)
    owner = connection.execute(text("SELECT current_user")).scalar_one()
    if not connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}).first():
        connection.execute(text(f"CREATE ROLE {quoted} LOGIN"))
    if role == owner:
        return
    database = connection.dialect.identifier_preparer.quote(
        connection.execute(text("SELECT current_database()")).scalar_one()
    )
    append_only = ", ".join(INSERT_ONLY)
    for statement in (
        f"GRANT CONNECT ON DATABASE {database} TO {quoted}",
        f"GRANT USAGE ON SCHEMA public TO {quoted}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {quoted}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {quoted}",
        f"REVOKE UPDATE, DELETE, TRUNCATE ON {append_only} FROM {quoted}",
        f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {quoted}",
    ):
        connection.execute(text(statement))


async def differences(url: str) -> list[object]:
    """What the models say and the database lacks, or the other way round; empty when equal."""
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_differences)
    finally:
        await engine.dispose()


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(
        connection,
        opts={
            "include_name": lambda name, kind, _: not (kind == "table" and str(name).startswith("pgqueuer"))
        },
    )
    return list(compare_metadata(context, Base.metadata))


async def is_current(url: str) -> bool:
    """True when the database stands at the newest migration."""
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            found = await connection.run_sync(
                lambda sync: MigrationContext.configure(sync).get_current_revision()
            )
    finally:
        await engine.dispose()
    return found == ScriptDirectory.from_config(_config()).get_current_head()
