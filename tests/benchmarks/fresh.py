"""An empty city to measure on: a server of its own with the newest schema."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from consultations import schema
from dialogue.kit import postgres


@asynccontextmanager
async def city() -> AsyncIterator[tuple[str, str]]:
    """Addresses of one database: the owner's, the application's. The server ends with the block."""
    cluster = postgres.ensure(Path(tempfile.mkdtemp(prefix="bench")))
    try:
        owner = cluster.url("postgres", "dialog")
        await schema.create(owner)
        await schema.migrate(owner)
        yield owner, cluster.url(schema.APPLICATION, "dialog")
    finally:
        cluster.stop()
