"""Exports: made by a job or on the command line, stored, and handed out after the rights were checked again."""

import math
import os
import secrets
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from shutil import rmtree
from typing import Any

from anyio import to_thread
from sqlalchemy import BigInteger, Row, and_, bindparam, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from consultations.outcome.formats import FORMATS, SUFFIXES
from consultations.outcome.package import Progress, measured, write
from consultations.outcome.readme import NOT_PUBLIC
from consultations.outcome.readme import ROLES as ALL_ROLES
from consultations.tables import Consultation, Export, Point
from dialogue import comments, jobs, journal, threads
from dialogue.accounts import Current
from dialogue.kit import clock
from dialogue.kit.database import PAUSE, Database
from dialogue.kit.errors import Gone, Invalid, NotFound, Refusal
from dialogue.kit.jobs import KEPT
from dialogue.kit.settings import Settings
from dialogue.tables import Comment, Job
from moderation.tables import Original

__all__ = ["ROLES", "downloadable", "of_person", "run", "start", "sweep_files", "to_file", "write"]
ROLES = ("panelist", "committee", "editor", "moderator")
_DISK = "Die Datei ließ sich nicht schreiben."
_BROKEN = "Beim Zusammenstellen ist etwas schiefgegangen."


_BEING_MADE = (
    select(Job.id)
    .join(Export, Export.job_id == Job.id)
    .where(
        Job.person_id == bindparam("person"),
        Export.consultation_id == bindparam("consultation"),
        Export.role == bindparam("role"),
        Export.format == bindparam("format"),
        Job.status.in_(("queued", "running")),
        Job.created_at > func.now() - timedelta(hours=1),  # one that got lost must not be in the way for ever
    )
)


async def start(
    db: AsyncConnection, consultation_id: int, title: str, *, role: str, person_id: int, format: str = "csv"
) -> int:
    """Order an export for a role the person holds; returns the job's id, of the equal one if there is one.

    Raises Invalid for other roles.
    """
    if role not in ROLES:
        raise Invalid("Für diese Rolle gibt es keinen Export.", field="role")
    _known(format)
    await comments.one_by_one(db, person_id)
    equal = {"person": person_id, "consultation": consultation_id, "role": role, "format": format}
    if (there := (await db.execute(_BEING_MADE, equal)).scalar()) is not None:
        return int(there)
    job_id = await jobs.start(db, "export", f"Daten zu „{title}“", person_id)
    await db.execute(
        insert(Export).values(job_id=job_id, consultation_id=consultation_id, role=role, format=format)
    )
    return job_id


# --- the files --------------------------------------------------------------------------------------


async def run(database: Database, settings: Settings, job_id: int) -> None:
    """Build the ordered file. Safe to repeat at any moment: it has its name only when it is whole."""
    async with database.reading() as db:
        if await jobs.load(db, job_id) is None:
            return
        order = (await db.execute(select(Export.__table__).where(Export.job_id == job_id))).one()
    part = settings.data / "exports" / f".{job_id}-{secrets.token_hex(4)}.part"

    async def tell(percent: int, message: str) -> None:
        async with database.writing() as db:
            if await jobs.load(db, job_id) is not None:
                await jobs.progress(db, job_id, percent, message)

    try:
        _make_room(part.parent, job_id)
        made = await _build(database, order.consultation_id, order.role, part, tell, order.format)
        await _store(database, order, part, made)
    except Exception as error:
        # Whoever waits reads a sentence; what was not a "no" goes on to the queue, which tries again.
        with suppress(Exception):
            await _failed(database, job_id, error)
        if not isinstance(error, Refusal):
            raise
    finally:
        _remove([part])


async def _store(database: Database, order: Row[Any], part: Path, made: dict[str, Any]) -> None:
    """Name the file and write down what it is, under the job's lock: two runs at once leave one result."""
    async with database.writing() as db:
        unfinished = select(Job.person_id).where(Job.id == order.job_id, Job.status != "done")
        job = (await db.execute(unfinished.with_for_update())).first()
        if job is None:
            return
        name = f"{order.job_id}-{made['slug']}-{order.role}{_mark(order.role)}{SUFFIXES[order.format]}"
        facts = {"size": made["bytes"], "sha256": made["sha256"], "rows": made["rows"]}
        await db.execute(update(Export).where(Export.job_id == order.job_id).values(file=name, **facts))
        await jobs.finish(db, order.job_id, {key: made[key] for key in ("bytes", "sha256", "rows")})
        os.replace(part, part.with_name(name))
        if order.role in NOT_PUBLIC:
            await _note(db, f"export:{order.job_id}", order.role, made, job.person_id)


async def _failed(database: Database, job_id: int, error: Exception) -> None:
    sentence = error.text if isinstance(error, Refusal) else _DISK if _from_disk(error) else _BROKEN
    async with database.writing() as db:
        if await jobs.load(db, job_id) is not None:
            await jobs.fail(db, job_id, sentence)


async def to_file(
    database: Database, slug: str, role: str, out: Path, say: Callable[[str], None], format: str = "csv"
) -> dict[str, Any]:
    """For the command line: the same file at any place, also for `admin`. Raises Invalid or NotFound.

    Returns slug, role, file, rows per table, bytes and sha256.
    """
    if role not in ALL_ROLES:
        raise Invalid(f"Diese Rolle gibt es nicht: {role}. Möglich sind: {', '.join(ALL_ROLES)}.")
    _known(format)
    part = out.with_name(f".{out.name}.{secrets.token_hex(4)}.part")
    told: list[str] = []

    async def tell(percent: int, message: str) -> None:
        if (line := f"{message} … {percent} %") not in told[-1:]:
            say(line)
            told.append(line)

    try:
        made = await _build(database, slug, role, part, tell, format)
        if role in NOT_PUBLIC:
            async with database.writing() as db:
                await _note(db, f"consultation:{slug}", role, made)
        os.replace(part, out)
    except OSError as error:
        if not _from_disk(error):
            raise
        raise Invalid(f"{out} lässt sich nicht schreiben: {error.strerror or error}.") from None
    finally:
        _remove([part])
    return made | {"role": role, "file": str(out)}


async def _build(
    database: Database, slug_or_id: str | int, role: str, part: Path, tell: Progress, format: str
) -> dict[str, Any]:
    """The file under its temporary name, and what it is: slug, rows, bytes, sha256."""
    async with database.snapshot() as db:  # comments, tallies and votes of an export fit together
        made = await write(db, slug_or_id, role, part, tell, format)
    return made | await to_thread.run_sync(measured, part)


async def _note(
    db: AsyncConnection, subject: str, role: str, made: dict[str, Any], person_id: int | None = None
) -> None:
    comments_first = next(iter(made["rows"].values()))
    facts = {"sha256": made["sha256"], "comments": comments_first}
    await journal.record(db, "export.created", subject, person_id=person_id, role=role, **facts)


def _from_disk(error: Exception) -> bool:
    """A database that is away raises an OSError, too."""
    return isinstance(error, OSError) and not isinstance(error, ConnectionError | TimeoutError)


def _known(format: str) -> None:
    if format not in FORMATS:
        raise Invalid(
            f"Dieses Format gibt es nicht: {format}. Möglich sind: {', '.join(FORMATS)}.", field="format"
        )


def _mark(role: str) -> str:
    return "-nicht-oeffentlich" if role in NOT_PUBLIC else ""


def _make_room(folder: Path, job_id: int) -> None:
    """The folder of finished exports, without what an interrupted run of this job left behind."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _remove(folder.glob(f".{job_id}-*.part*"))


def _remove(files: Iterable[Path], before: float = math.inf) -> None:
    """Tidy up as far as possible: what is in the way today is removed by the next run."""
    for file in files:
        with suppress(OSError):
            if file.stat().st_mtime < before:
                rmtree(file) if file.is_dir() else file.unlink()


def sweep_files(settings: Settings) -> None:
    """Remove the files of exports made long ago, and what was left of interrupted ones."""
    _remove((settings.data / "exports").glob("*"), (clock.now() - KEPT).timestamp())


# --- who gets them ----------------------------------------------------------------------------------

# A hiding bears the moment in which its transaction began. It may have been open when the export looked.
_open = timedelta(seconds=PAUSE)
_left_since = (
    select(Comment.id)
    .join(Point, Point.thread_id == Comment.thread_id)
    .where(
        Point.consultation_id == Export.consultation_id,
        Comment.status != "published",
        Comment.unpublished_at > Job.created_at - _open,
    )
    .correlate(Export, Job)
    .exists()
)
_erased_since = (
    select(Comment.id)
    .join(Point, Point.thread_id == Comment.thread_id)
    .where(
        Point.consultation_id == Export.consultation_id,
        Comment.erased_at > Job.created_at - _open,
    )
    .correlate(Export, Job)
    .exists()
)
_masked_since = (
    select(Original.comment_id)
    .join(Comment, Comment.id == Original.comment_id)
    .join(Point, Point.thread_id == Comment.thread_id)
    .where(Point.consultation_id == Export.consultation_id, Original.masked_at > Job.created_at - _open)
    .correlate(Export, Job)
    .exists()
)
_withdrawn = or_(
    Export.withdrawn_at.is_not(None),
    and_(Export.role.not_in(NOT_PUBLIC), _left_since),
    # These words are nobody's any more, not even the moderators'.
    and_(Export.role.in_(NOT_PUBLIC), _erased_since),
    _masked_since,
).label("withdrawn")
_person = bindparam("person", type_=BigInteger)
_OF_PERSON = (
    select(
        Job.id.label("job_id"),
        Job.title,
        Consultation.title.label("consultation"),
        Export.role,
        Export.format,
        Job.status,
        Job.progress,
        Job.message,
        Export.size,
        Export.rows,
        Job.created_at,
        _withdrawn,
    )
    .join(Export, Export.job_id == Job.id)
    .join(Consultation, Consultation.id == Export.consultation_id)
    .where(Job.person_id == _person, threads.enters(_person, Consultation))
    .order_by(Job.id.desc())
    .limit(50)
)
_JOB = (
    select(Job.__table__)
    .join(Export, Export.job_id == Job.id)
    .join(Consultation, Consultation.id == Export.consultation_id)
    .where(Job.id == bindparam("job"), Job.person_id == _person, threads.enters(_person, Consultation))
)


async def ordered(db: AsyncConnection, job_id: int, person_id: int) -> Row[Any]:
    """The job of an export this person ordered, of a consultation they may still enter; else NotFound."""
    found = (await db.execute(_JOB, {"job": job_id, "person": person_id})).first()
    if found is None:
        raise NotFound
    return found


async def of_person(db: AsyncConnection, person_id: int) -> list[Row[Any]]:
    """A person's last 50 exports, newest first, each with its job's state."""
    return list(await db.execute(_OF_PERSON, {"person": person_id}))


async def downloadable(db: AsyncConnection, job_id: int, person: Current) -> Row[Any]:
    """The finished export (job_id, file, sha256, …) of this person in a role they still hold there, else
    NotFound.

    Raises Gone when something in a public file is public no longer: hidden or taken back since it was made;
    and in any file when something in it was erased or blacked out since.
    """
    query = (
        select(Export.__table__, _withdrawn, Consultation.room_id)
        .join(Job, Job.id == Export.job_id)
        .join(Consultation, Consultation.id == Export.consultation_id)
        .where(
            Job.id == job_id,
            Job.person_id == person.id,
            Job.status == "done",
            threads.enters(person.id, Consultation),
            Consultation.published_at <= func.now(),
        )
    )
    found = (await db.execute(query)).first()
    if found is None or not person.holds(found.role, found.room_id):
        raise NotFound(
            "Diese Datei gibt es nicht, oder sie ist nicht mehr für Sie freigegeben. "
            "Datenpakete werden nach 30 Tagen gelöscht; Sie können sie jederzeit neu zusammenstellen."
        )
    if found.withdrawn:
        raise Gone(
            "Ein Beitrag in diesem Datenpaket ist nicht mehr öffentlich. "
            "Bitte stellen Sie die Daten in einer Minute neu zusammen."
        )
    return found
