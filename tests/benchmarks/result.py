"""What the result of a point with 10 000 contributions and 500 000 votes costs: CPU milliseconds.

Run by `make bench`. Counted is once in three seconds (and never more than a tenth of the time), in five minutes
after the end; all other pages in between cost what the last line says.
"""

import asyncio
from statistics import median
from typing import Any

from sqlalchemy import text

from consultations.outcome import figures, synth
from dialogue import tallies
from dialogue.kit.database import Database
from tests.benchmarks import fresh
from tests.benchmarks.search import spent

ROUNDS = 7


async def costs(pid: int, work: Any) -> str:
    taken = []
    for _ in range(ROUNDS):
        before = spent(pid)
        await work()
        taken.append(spent(pid) - before)
    return f"{median(taken):.0f}"


async def measure(url: str) -> list[str]:
    database = Database(url, statement_ms=600_000, patient=True)
    async with database.writing() as db:
        await synth.load(db, people=1_000, comments=10_000, votes=500_000, say=lambda _: None)
    async with database.reading() as db:
        await db.execute(text("SELECT 1"))
        pid = (await db.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        thread = (await db.execute(text("SELECT id FROM threads"))).scalar_one()
        counted = (await tallies.count(db, [thread]))[thread]
        lines = [
            f"| figures by source and day | {await costs(pid, lambda: figures.count(db, [thread]))} |",
            f"| votes on each contribution | {await costs(pid, lambda: tallies.count(db, [thread]))} |",
            f"| what stands out, kept tallies | {await costs(pid, lambda: figures.lists(db, counted, None))} |",
        ]
    await database.close()
    return lines


async def run() -> list[str]:
    async with fresh.city() as (_, application):
        return await measure(application)


if __name__ == "__main__":
    print("| result of 10 000 contributions, 500 000 votes | CPU ms of the database |\n|---|---|")
    print("\n".join(asyncio.run(run())))
