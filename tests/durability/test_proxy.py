"""Whose address counts: that of the connection, or what the proxy says that the settings name."""

import httpx2
import pytest
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


async def test_without_a_proxy_nobody_can_pretend_to_come_from_elsewhere(installation):
    assert await lines(installation) == 1


@pytest.fixture
async def behind_a_proxy(tmp_path):
    made = Installation(tmp_path, DIALOG_PROXY="10.1.2.3, 127.0.0.0/8")
    made.start()
    await made.answering(seconds=60)
    yield made
    made.stop()


async def test_the_proxy_that_is_named_tells_the_visitors_apart(behind_a_proxy):
    assert await lines(behind_a_proxy) == 2
