"""`make bench`: CPU milliseconds of server and database per request, as ratios to the floor in one run."""

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
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
ROUNDS, TURNS = 1_400, 7


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


@dataclass
class Subject:
    """One kind of request to one server, and what each turn of it has cost: CPU ms per request."""

    name: str
    server: Server
    client: httpx2.AsyncClient
    request: Request
    expect: int
    costs: list[float] = field(default_factory=list)

    async def turn(self, rounds: int) -> None:
        before = self.server.cpu()
        for n in range(rounds):
            response = await self.request(self.client, n)
            assert response.status_code == self.expect, (response.status_code, response.text[:300])
        self.costs.append((self.server.cpu() - before) / rounds * 1000)


async def compare(*subjects: Subject, rounds: int = ROUNDS) -> list[str]:
    """Lines of the table. Turn by turn the floor (the first) and the others: a machine that is slower for a
    while is so for all of them. The ratio is the median of the turns' ratios."""
    for _ in range(TURNS + 1):
        for subject in subjects:
            await subject.turn(rounds // TURNS)
    floor = subjects[0].costs[1:]  # the first turn warms up
    return [
        f"| {each.name} | {median(each.costs[1:]):.3f} | "
        f"{median(own / low for own, low in zip(each.costs[1:], floor, strict=True)):.2f} |"
        for each in subjects
    ]


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


async def run() -> list[str]:
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


async def measure(data: Path, cluster: postgres.Cluster, url: str, made: dict[str, Any]) -> list[str]:
    (data / "demo.json").write_text("{}")
    ours = Server(
        "consultations.asgi:create",
        cluster,
        {"DIALOG_DATA": str(data), "DIALOG_LIMITS": "false"},
        factory=True,
    )
    floor = Server("tests.benchmarks.floor:app", cluster, {"FLOOR_URL": url, "PYTHONPATH": "."})
    headers = {"origin": ours.origin, "sec-fetch-site": "same-origin"}
    try:
        await asyncio.gather(ours.ready(), floor.ready())
        async with (
            httpx2.AsyncClient(base_url=floor.origin) as low,
            httpx2.AsyncClient(base_url=ours.origin, headers=headers) as guest,
            httpx2.AsyncClient(base_url=ours.origin, headers=headers) as citizen,
        ):
            citizen.cookies["session"] = made["token"]
            return [
                *await compare(*_answers(floor, low, made), rounds=5 * ROUNDS),
                *await compare(*_pages(floor, low, ours, guest, citizen, made)),
                *await compare(*_writes(floor, low, ours, citizen, made)),
            ]
    finally:
        for server in (ours, floor):
            server.process.terminate()
            server.process.wait()


def _answers(floor: Server, low: httpx2.AsyncClient, made: dict[str, Any]) -> list[Subject]:
    return [
        Subject("floor static", floor, low, lambda c, n: c.get("/"), 200),
        Subject("floor page", floor, low, lambda c, n: c.get(f"/{made['thread']}"), 200),
        Subject("floor vote", floor, low, _floor_vote(made), 204),
    ]


def _floor_vote(made: dict[str, Any]) -> Request:
    comments, person = made["comments"], made["citizen"]
    return lambda c, n: c.post(f"/{comments[n % 50].id}/{person.id}", data={"v": n % 3 - 1})


def _pages(
    floor: Server,
    low: httpx2.AsyncClient,
    ours: Server,
    guest: httpx2.AsyncClient,
    citizen: httpx2.AsyncClient,
    made: dict[str, Any],
) -> list[Subject]:
    def page(client: httpx2.AsyncClient, _: int) -> Awaitable[httpx2.Response]:
        return client.get("/punkte/E2?sort=newest")

    return [
        Subject("floor page", floor, low, lambda c, n: c.get(f"/{made['thread']}"), 200),
        Subject("page (guest)", ours, guest, page, 200),
        Subject("page (signed in, voted on all)", ours, citizen, page, 200),
    ]


def _writes(
    floor: Server, low: httpx2.AsyncClient, ours: Server, citizen: httpx2.AsyncClient, made: dict[str, Any]
) -> list[Subject]:
    choices, turn = ("agree", "pass", "disagree"), iter(range(100_000))

    def vote(**headers: str) -> Request:
        def send(client: httpx2.AsyncClient, n: int) -> Awaitable[httpx2.Response]:
            number = made["comments"][n % 50].number
            data = {"vote": choices[n % 3]}
            return client.post(f"/beitraege/{number}/stimme", data=data, headers=headers)

        return send

    def write(client: httpx2.AsyncClient, n: int) -> Awaitable[httpx2.Response]:
        form = {"text": f"{TEXT} {n}", "once": str(uuid4()), "action": "send"}
        session = {"cookie": f"session={made['tokens'][next(turn) // 9 % 400]}"}
        return client.post(f"/faden/{made['thread']}/schreiben", data=form, headers=session)

    return [
        Subject("floor vote", floor, low, _floor_vote(made), 204),
        Subject("vote (htmx)", ours, citizen, vote(**{"hx-request": "true"}), 200),
        Subject("vote (no JavaScript)", ours, citizen, vote(), 303),
        Subject("comment", ours, citizen, write, 200),
    ]


if __name__ == "__main__":
    started = time.monotonic()
    print("| request | CPU ms | ratio |\n|---|---|---|")
    print("\n".join(asyncio.run(run())))
    print(f"{time.monotonic() - started:.0f} s", file=sys.stderr)
