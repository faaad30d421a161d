"""What was there before the search came is found, too; and the way back leaves nothing behind."""

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from consultations import schema
from dialogue.kit import jobs

BEFORE = [
    "INSERT INTO threads (title, address) VALUES ('E1', '/punkte/E1')",
    "INSERT INTO circles (name) VALUES ('Personal')",
    "INSERT INTO threads (title, address, circle_id) SELECT 'E2', '/punkte/E2', id FROM circles",
    "INSERT INTO comments (number, thread_id, text, status, published_at, internal) SELECT n || internal::text, id, "
    "'Zwiebelkuchen', n, now(), internal FROM threads, unnest(ARRAY['published', 'pending', 'hidden']) AS n",
    "INSERT INTO consultations (slug, title, lead, about) VALUES ('x', '', '', '')",
    "INSERT INTO points (code, consultation_id, thread_id, title, text, rationale, edition, position) "
    "SELECT 'E1', c.id, t.id, 'Zwiebelkuchen', '', '', '1', 1 FROM consultations c, threads t WHERE t.title = 'E1'",
]
FOUND = [
    "SELECT number FROM comments JOIN comment_words ON comment_id = id WHERE words @@ to_tsquery('german', 'zwiebelkuchen')",
    "SELECT code FROM points WHERE words @@ to_tsquery('german', 'zwiebelkuchen') AND NOT split",
]


@pytest.fixture
async def empty(cluster):
    admin = await jobs.connect(cluster.url("postgres", "postgres"))
    await admin.execute("CREATE DATABASE elder")
    engine = create_async_engine(cluster.url("postgres", "elder"))
    yield engine
    await engine.dispose()
    await admin.execute("DROP DATABASE elder")
    await admin.close()


async def test_rows_from_before_are_found_and_the_way_back_is_open(empty):
    before = ScriptDirectory.from_config(schema._config()).get_revision("0004").down_revision
    async with empty.begin() as db:
        await db.run_sync(lambda sync: command.upgrade(schema._config(sync), before))
        for statement in BEFORE:
            await db.execute(text(statement.replace("::", r"\:\:")))
        await db.run_sync(lambda sync: command.upgrade(schema._config(sync), "0004"))
        found = [(await db.execute(text(query))).scalars().all() for query in FOUND]
        await db.run_sync(lambda sync: command.downgrade(schema._config(sync), before))
        left = await db.execute(text("SELECT cfgname FROM pg_ts_config WHERE cfgname = 'german_plain'"))

        assert found == [["publishedfalse"], ["E1"]]
        assert left.scalars().all() == []
