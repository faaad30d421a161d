"""kill -9 of the demonstration while it loads and while it runs: the next start completes it."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import httpx2
from bs4 import BeautifulSoup

from dialogue.kit import postgres
from tests.durability.conftest import Installation


@contextmanager
def demo(installation):
    env = {key: value for key, value in os.environ.items() if not key.startswith("DIALOG_")}
    command = [sys.executable, "-m", "consultations.cli", "demo", "--port", str(installation.port)]
    process = subprocess.Popen(
        command,
        env=env | {"DIALOG_DATA": str(installation.data)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    yield process
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.stderr.close()


async def test_a_demonstration_killed_while_loading_and_while_running_starts_again(tmp_path):
    installation = Installation(tmp_path)
    installation.marker.unlink()
    try:
        with demo(installation) as process:
            await asyncio.to_thread(heard, process, "Stimmen")
            await asyncio.sleep(0.5)
        assert not installation.marker.exists()

        for _ in range(2):
            with demo(installation):
                await installation.answering("/", seconds=60)
                logins = json.loads((tmp_path / "logins.json").read_text())
                assert await signed_in(installation, logins[-1]) == 303
                assert await listed(installation) == 2
            await gone(installation)
    finally:
        postgres.ensure(tmp_path).stop()


def heard(process, word):
    """Reads what the start says up to a word."""
    assert any(word in line for line in process.stderr)


async def signed_in(installation, login):
    form = {"email": login["email"], "password": login["password"], "next": "/"}
    async with httpx2.AsyncClient(base_url=installation.origin, timeout=15) as client:
        headers = {"origin": installation.origin}
        return (await client.post("/konto/anmelden", data=form, headers=headers)).status_code


async def listed(installation):
    async with httpx2.AsyncClient(base_url=installation.origin, timeout=15) as client:
        page = BeautifulSoup((await client.get("/beteiligung")).text, "html.parser")
    return len(page.select("article.card"))


async def gone(installation):
    """The servers follow the one that started them: the port is free again."""
    async with asyncio.timeout(20), httpx2.AsyncClient(base_url=installation.origin) as client:
        while True:
            try:
                await client.get("/healthz")
            except httpx2.TransportError:
                return
            await asyncio.sleep(0.1)
