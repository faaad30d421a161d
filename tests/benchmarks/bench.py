"""`make bench`: CPU milliseconds of server and database per request, as ratios to the floor in one run."""

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import psutil
from sqlalchemy import insert

from consultations import schema
from dialogue import accounts
from dialogue.kit import jobs, postgres
from dialogue.kit.database import Database
from dialogue.tables import Grant, Vote
from tests.make import Make

TEXT = (
    "Ich finde gut, dass die Stadt offen sagt, wo sie KI einsetzt. Wichtig ist mir, dass ich am Ende immer einen "
    "Menschen erreiche, der den Vorgang kennt und der entscheiden darf. Das gilt vor allem bei Anträgen."
)
ROUNDS = 600


class Server:
    """A uvicorn process and the database's processes: their CPU time is what a request costs."""

    def __init__(
        self, app: str, cluster: postgres.Cluster, env: dict[str, str], *, factory: bool = False
    ) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.origin = f"http://127.0.0.1:{self.port}"
        command = [
            sys.executable,
            "-m",
            "uvicorn",
            app,
            "--port",
            str(self.port),
            "--loop",
            "uvloop",
            "--http",
            "httptools",
        ]
        command += ["--no-access-log", "--log-level", "warning", *(["--factory"] if factory else [])]
        self.process = subprocess.Popen(command, env=os.environ | env | {"DIALOG_ORIGIN": self.origin})
        self.measured = psutil.Process(self.process.pid)
        self.cluster = cluster

    def cpu(self) -> float:
        """Seconds so far of the web process and all processes of the database."""
        postmaster = int((self.cluster.folder / "postmaster.pid").read_text().splitlines()[0])
        total = 0.0
        for process in [self.measured, *psutil.Process(postmaster).children()]:
            try:
                spent = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += spent.user + spent.system
        return total

    async def ready(self) -> None:
        async with httpx2.AsyncClient() as client:
            for _ in range(100):
                try:
                    await client.get(self.origin)
                    return
                except httpx2.TransportError:
                    await asyncio.sleep(0.1)
        raise SystemExit("the server does not answer")


Request = Callable[[httpx2.AsyncClient, int], Awaitable[httpx2.Response]]


async def cost(
    server: Server, client: httpx2.AsyncClient, request: Request, expect: int, rounds: int = ROUNDS
) -> float:
    """CPU ms per request after warming up; every answer must have the expected status."""
    for n in range(60):
        await request(client, n)
    best = []
    for _ in range(3):
        before = server.cpu()
        for n in range(rounds):
            response = await request(client, n)
            assert response.status_code == expect, (response.status_code, response.text[:300])
        best.append((server.cpu() - before) / rounds * 1000)
    return sorted(best)[1]


async def prepare(url: str) -> dict[str, Any]:
    """A running point with 50 contributions of about 20 votes each, and one citizen who voted on all."""
    database = Database(url)
    make = Make(database)
    point = await make.point(await make.consultation(checks_first=False), code="E2")
    citizen = await make.citizen()
    voters = [await make.row(accounts.Person) for _ in range(20)]
    comments = [await make.comment(point.thread, text=f"{TEXT} ({n})") for n in range(50)]
    rows = [
        {"comment_id": c.id, "person_id": p.id, "value": (c.id + p.id) % 3 - 1}
        for c in comments
        for p in [*voters, citizen]
    ]
    async with database.writing() as db:
        await db.execute(insert(Vote), rows)
        writers = [await accounts.create(db, f"w{n}@halle.example", []) for n in range(400)]
        tokens = [(await accounts.sign_in(db, person, "Bench"))[0] for person in writers]
        token = (await accounts.sign_in(db, citizen.id, "Bench"))[0]
        await db.execute(Grant.__table__.delete())
    await database.close()
    return {
        "thread": point.thread.id,
        "comments": comments,
        "citizen": citizen,
        "token": token,
        "tokens": tokens,
    }


async def run() -> dict[str, float]:
    data = Path(tempfile.mkdtemp(prefix="bench"))
    cluster = postgres.ensure(data)
    try:
        admin = await jobs.connect(cluster.url("postgres", "postgres"))
        await admin.execute("CREATE DATABASE dialog")
        await admin.close()
        await schema.migrate(cluster.url("postgres", "dialog"))
        url = cluster.url(schema.APPLICATION, "dialog")
        return await measure(data, cluster, url, await prepare(url))
    finally:
        cluster.stop()


async def measure(data: Path, cluster: postgres.Cluster, url: str, made: dict[str, Any]) -> dict[str, float]:
    (data / "demo.json").write_text("{}")
    ours = Server("consultations.asgi:create", cluster, {"DIALOG_DATA": str(data)}, factory=True)
    floor = Server("tests.benchmarks.floor:app", cluster, {"FLOOR_URL": url, "PYTHONPATH": "."})
    numbers, citizen = made["comments"], made["citizen"]
    choices = ("agree", "pass", "disagree")
    try:
        await asyncio.gather(ours.ready(), floor.ready())
        async with httpx2.AsyncClient(base_url=floor.origin) as client:
            figures = {
                "floor static": await cost(floor, client, lambda c, n: c.get("/"), 200, 3000),
                "floor page": await cost(floor, client, lambda c, n: c.get(f"/{made['thread']}"), 200),
                "floor vote": await cost(
                    floor,
                    client,
                    lambda c, n: c.post(f"/{numbers[n % 50].id}/{citizen.id}", data={"v": n % 3 - 1}),
                    204,
                ),
            }
        headers = {"origin": ours.origin, "sec-fetch-site": "same-origin"}
        async with httpx2.AsyncClient(base_url=ours.origin, headers=headers) as client:
            figures["page (guest)"] = await cost(
                ours, client, lambda c, n: c.get("/punkte/E2?sort=newest"), 200
            )
            client.cookies["session"] = made["token"]
            figures["page (signed in, voted on all)"] = await cost(
                ours, client, lambda c, n: c.get("/punkte/E2?sort=newest"), 200
            )
            hx = {"hx-request": "true"}
            vote = {choice: {"vote": choice} for choice in choices}
            figures["vote (htmx)"] = await cost(
                ours,
                client,
                lambda c, n: c.post(
                    f"/beitraege/{numbers[n % 50].number}/stimme", data=vote[choices[n % 3]], headers=hx
                ),
                200,
            )
            figures["vote (no JavaScript)"] = await cost(
                ours,
                client,
                lambda c, n: c.post(f"/beitraege/{numbers[n % 50].number}/stimme", data=vote[choices[n % 3]]),
                303,
            )
        async with httpx2.AsyncClient(base_url=ours.origin, headers=headers) as client:
            turn = iter(range(100_000))

            async def write(c: httpx2.AsyncClient, n: int) -> httpx2.Response:
                c.cookies["session"] = made["tokens"][next(turn) // 9 % 400]
                form = {"text": f"{TEXT} {n}", "once": str(uuid4()), "action": "send"}
                return await c.post(f"/faden/{made['thread']}/schreiben", data=form)

            figures["comment"] = await cost(ours, client, write, 200, 300)
    finally:
        ours.process.terminate()
        floor.process.terminate()
        ours.process.wait()
        floor.process.wait()
    return figures


def table(figures: dict[str, float]) -> str:
    floors = {"page": figures["floor page"], "vote": figures["floor vote"], "comment": figures["floor vote"]}
    lines = ["| request | CPU ms | ratio to its floor |", "|---|---|---|"]
    for name, value in figures.items():
        base = figures["floor static"] if name.startswith("floor") else floors[name.split()[0]]
        kind = "static answer" if name.startswith("floor") else "floor"
        lines.append(f"| {name} | {value:.3f} | {value / base:.2f} × {kind} |")
    return "\n".join(lines)


if __name__ == "__main__":
    started = time.monotonic()
    print(table(asyncio.run(run())))
    print(f"{time.monotonic() - started:.0f} s", file=sys.stderr)
