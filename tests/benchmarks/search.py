"""What a search over 100 000 contributions costs the database: CPU milliseconds of its process, per page.

Run by `make bench`. The words are those of the load test; every third contribution holds "Fernwärme".
"""

import asyncio
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from consultations import search
from consultations.outcome import synth
from dialogue.kit import jobs
from dialogue.kit.database import Database
from dialogue.search import understand
from tests.benchmarks import fresh

COMMENTS, ROUNDS = 100_000, 20
LIMIT = 50  # CPU milliseconds at p95
ASKED = {
    "in every third": "Fernwärme",
    "in every fourth": "Stadt",
    "two frequent ones": "Fernwärme Stadt",
    "four frequent ones": "Fernwärme Stadt Schule Daten",
    "three letters": "ver",
    "one in five thousand": "Stichwort77",
    "nowhere": "Zwiebelkuchen",
    "a number": "7K4-92F",
}


def spent(pid: int) -> float:
    """CPU milliseconds of a process so far (Linux counts them to the nanosecond)."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e6


async def fill(url: str) -> None:
    database = Database(url, statement_ms=600_000, patient=True)
    async with database.writing() as db:
        await synth.load(db, people=1_000, comments=COMMENTS, votes=0, say=lambda _: None)
        words = "' Stichwort' || id % 5000 || CASE WHEN id % 3 = 0 THEN ' Fernwärme' ELSE '' END"
        await db.execute(text(f"UPDATE comments SET text = text || {words}"))
    await database.close()


async def one(db: AsyncConnection, typed: str, filters: search.Filters, cursor: str = "") -> search.Found:
    """All that the page asks for."""
    threads = search.threads_of(await search.places(db), filters.place)
    return await search.find(db, await understand(db, typed), filters, threads, cursor)


async def costs(db: AsyncConnection, pid: int, *args: Any) -> tuple[list[float], search.Found]:
    found, taken = await one(db, *args), []
    for _ in range(ROUNDS):
        before = spent(pid)
        found = await one(db, *args)
        taken.append(spent(pid) - before)
    return sorted(taken), found


async def measure(url: str) -> list[str]:
    database, lines = Database(url), []
    async with database.reading() as db:
        pid = (await db.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        every = search.Filters()
        runs = [(name, typed, every, "") for name, typed in ASKED.items()]
        runs.append(("in every third, one point", "Fernwärme", search.Filters("L1"), ""))
        runs.append(("in every third, answered", "Fernwärme", search.Filters(answer="answered"), ""))
        runs.append(("in every third, page 2", "Fernwärme", every, (await one(db, "Fernwärme", every)).more))
        for name, *args in runs:
            taken, found = await costs(db, pid, *args)
            p95 = taken[int(0.95 * (len(taken) - 1))]
            hits = f"{'> ' if found.many else ''}{min(found.count, search.MOST)}"
            lines.append(f"| {name} | {hits} | {median(taken):.1f} | {p95:.1f} |")
            assert p95 <= LIMIT, (name, p95)
    await database.close()
    return lines


async def run() -> list[str]:
    async with fresh.city() as (owner, application):
        await fill(application)
        connection = await jobs.connect(owner)
        await connection.execute("VACUUM ANALYZE")
        await connection.close()
        return await measure(application)


if __name__ == "__main__":
    print("| search over 100 000 | found | CPU ms | p95 |\n|---|---|---|---|")
    print("\n".join(asyncio.run(run())))
