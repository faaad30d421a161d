"""Long work a person waits for: a row with progress and a result that stays."""

from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialogue.kit import jobs
from dialogue.kit.database import Record
from dialogue.tables import Job


async def start(db: AsyncConnection, name: str, title: str, person_id: int | None, **args: Any) -> int:
    """Store the job and enqueue its work in the same transaction; returns its id."""
    values = {"name": name, "title": title, "args": args, "person_id": person_id}
    job_id = int((await db.execute(insert(Job).values(**values).returning(Job.id))).scalar_one())
    await jobs.enqueue(db, name, job=job_id)
    return job_id


async def load(db: AsyncConnection, job_id: int) -> Record | None:
    """For the worker: the job unless it is already done."""
    return (await db.execute(select(Job.__table__).where(Job.id == job_id, Job.status != "done"))).first()


_UNDONE = update(Job).where(Job.id == bindparam("job"), Job.status != "done")


async def progress(db: AsyncConnection, job_id: int, percent: int, message: str = "") -> None:
    """How far it is; what is done stays done, also for a second run that does not know it yet."""
    await db.execute(
        _UNDONE.values(status="running", progress=min(percent, 99), message=message), {"job": job_id}
    )


async def finish(db: AsyncConnection, job_id: int, result: dict[str, Any]) -> None:
    await db.execute(
        update(Job)
        .where(Job.id == job_id)
        .values(status="done", progress=100, message="", result=result, finished_at=func.now())
    )


async def fail(db: AsyncConnection, job_id: int, message: str) -> None:
    """Say what went wrong, unless another run has done it."""
    await db.execute(
        _UNDONE.values(status="failed", message=message, finished_at=func.now()), {"job": job_id}
    )


async def sweep(db: AsyncConnection) -> None:
    """Forget what was finished long ago; what it made goes along."""
    await db.execute(delete(Job).where(Job.finished_at < func.now() - jobs.KEPT))
