"""How it looks is the same in every process, five seconds after it was saved."""

import asyncio
import time

import httpx2

from tests.make import Make


async def seen(installation):
    """The names that many fresh connections are shown: some of each web process."""
    found = set()
    for _ in range(24):
        async with httpx2.AsyncClient(base_url=installation.origin) as client:
            page = (await client.get("/netiquette")).text
        found.add(page.partition('brand__name"><b>')[2].partition("<")[0])
    return found


async def test_every_process_shows_the_new_look_within_five_seconds(installation):
    database = installation.database()
    before = await seen(installation)
    await Make(database).appearance(platform="Neustadt redet mit", accent="#7d6300")

    saved = time.monotonic()
    while (now := await seen(installation)) != {"Neustadt redet mit"}:
        assert time.monotonic() - saved < 5, now
        await asyncio.sleep(0.1)

    await Make(database).appearance()
    while await seen(installation) != before:
        assert time.monotonic() - saved < 12
        await asyncio.sleep(0.1)
    await database.close()
