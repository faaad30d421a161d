"""Whose address counts: that of the connection, or what the proxy says that the settings name."""

from contextlib import asynccontextmanager

import httpx2
from sqlalchemy import select

from dialogue.tables import Attempt
from tests.durability.conftest import Installation


async def lines(installation):
    """From how many connections two visitors of different addresses seem to come."""
    headers = {"origin": installation.origin}
    form = {"email": "niemand@halle.example", "password": "falsch"}
    async with httpx2.AsyncClient(base_url=installation.origin, headers=headers, timeout=30) as client:
        for address in ("203.0.113.7", "198.51.100.9"):
            answer = await client.post("/konto/anmelden", data=form, headers={"x-forwarded-for": address})
            assert answer.status_code == 422
    database = installation.database()
    async with database.reading() as db:
        keys = (await db.execute(select(Attempt.key).where(Attempt.limit == "sign_in_address"))).scalars()
        found = len(set(keys))
    await database.close()
    return found


async def read(installation, address, times):
    """The statuses of a page that a visitor of this address opens again and again."""
    headers = {"x-forwarded-for": address}
    async with httpx2.AsyncClient(base_url=installation.origin, headers=headers, timeout=30) as client:
        return [(await client.get("/netiquette")).status_code for _ in range(times)]


@asynccontextmanager
async def installed(folder, **settings):
    made = Installation(folder, **settings)
    made.start()
    await made.answering(seconds=60)
    try:
        yield made
    finally:
        made.stop()


async def test_without_a_proxy_nobody_can_pretend_to_come_from_elsewhere(tmp_path):
    async with installed(tmp_path) as alone:
        assert await lines(alone) == 1
        for address in ("203.0.113.7", "198.51.100.9"):
            answered = await read(alone, address, 110)  # two workers count, each for itself

        assert answered[-1] == 429


async def test_the_proxy_that_is_named_tells_the_visitors_apart(tmp_path):
    async with installed(tmp_path, DIALOG_PROXY="10.1.2.3, 127.0.0.0/8") as behind_a_proxy:
        assert await lines(behind_a_proxy) == 2
        first = await read(behind_a_proxy, "203.0.113.7", 110)
        second = await read(behind_a_proxy, "198.51.100.9", 1)

        assert (first[0], first[-1], second) == (200, 429, [200])
