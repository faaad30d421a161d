"""The database cut off, stalled or crashed: a 503 that keeps the text, and healing by itself."""

import signal
import time

import httpx2
import psutil
import pytest
from bs4 import BeautifulSoup

from dialogue.kit import postgres
from tests.durability.conftest import crowd

TEXT = "Das habe ich eben geschrieben und möchte es nicht verlieren."


def database_processes(installation):
    postmaster = psutil.Process(
        int((installation.data / "postgres" / "postmaster.pid").read_text().splitlines()[0])
    )
    return [postmaster, *postmaster.children()]


async def ask(installation, group, path=""):
    headers = {"origin": installation.origin, "cookie": f"session={group.people[0][1]}"}
    async with httpx2.AsyncClient(base_url=installation.origin, headers=headers, timeout=30) as client:
        begun = time.monotonic()
        answer = await client.post(
            f"/faden/{group.thread_id}/schreiben", data={"text": TEXT, "action": "send"}
        )
        return answer, time.monotonic() - begun


def assert_kind_refusal(answer, seconds):
    page = BeautifulSoup(answer.text, "html.parser")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert page.h1.get_text(strip=True) == "Gerade geht es nicht"
    assert TEXT in page.get_text() or TEXT in str(page)
    assert seconds < 10


async def test_a_stalled_database_is_a_503_within_ten_seconds_and_heals(installation):
    group = await crowd(installation, 1, 1)
    stalled = database_processes(installation)
    for process in stalled:
        process.send_signal(signal.SIGSTOP)
    try:
        answer, seconds = await ask(installation, group)
    finally:
        for process in stalled:
            process.send_signal(signal.SIGCONT)

    assert_kind_refusal(answer, seconds)
    await installation.answering(seconds=15)
    assert (await ask(installation, group))[0].status_code == 200


async def test_a_crashed_backend_costs_one_answer_at_the_most(installation):
    group = await crowd(installation, 1, 1)
    await ask(installation, group)
    ours = [each for each in database_processes(installation)[1:] if " dialog dialog " in each.cmdline()[0]]
    ours[0].kill()
    ours[0].wait(5)

    await installation.answering(seconds=15)
    assert (await ask(installation, group))[0].status_code == 200


@pytest.mark.parametrize("attempt", [1, 2])
async def test_a_database_that_is_gone_comes_back(installation, attempt):
    group = await crowd(installation, 1, 1)
    installation.kill_database()

    answer, seconds = await ask(installation, group)

    assert answer.status_code in {200, 503}
    assert seconds < 10
    await installation.answering(seconds=15)
    assert postgres.attach(installation.data) is not None
