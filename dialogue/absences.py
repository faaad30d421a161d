"""Absences: while a moderator is away, a deputy moderates in their rooms as well, from the first day to the last."""

from datetime import date, timedelta

from sqlalchemy import delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from dialogue import journal
from dialogue.grants import TODAY
from dialogue.kit import clock, jobs
from dialogue.kit.database import Record
from dialogue.kit.errors import Invalid
from dialogue.tables import Absence, Grant, Person

LONGEST = timedelta(days=366)
_away, _deputy = aliased(Person), aliased(Person)
_AHEAD = (
    select(
        Absence.id,
        Absence.person_id,
        Absence.deputy_id,
        Absence.starts_on,
        Absence.ends_on,
        _away.pseudonym.label("person"),
        _deputy.pseudonym.label("deputy"),
        (Absence.starts_on <= TODAY).label("now"),
    )
    .join(_away, _away.id == Absence.person_id)
    .join(_deputy, _deputy.id == Absence.deputy_id)
    .where(Absence.ends_on >= TODAY)
    .order_by(Absence.starts_on, Absence.id)
)


async def ahead(db: AsyncConnection, person_id: int) -> list[Record]:
    """Absences now or later in which a person is away or stands in for somebody."""
    mine = or_(Absence.person_id == person_id, Absence.deputy_id == person_id)
    return list(await db.execute(_AHEAD.where(mine)))


async def one(db: AsyncConnection, absence_id: int) -> Record | None:
    return (await db.execute(_AHEAD.where(Absence.id == absence_id))).first()


async def deputies(db: AsyncConnection, person_id: int) -> list[Record]:
    """Who could stand in: all others who moderate somewhere."""
    moderates = select(Grant.id).where(Grant.person_id == Person.id, Grant.role == "moderator").exists()
    query = select(Person.id, Person.pseudonym, Person.email).where(moderates, Person.id != person_id)
    return list(await db.execute(query.order_by(Person.pseudonym)))


async def add(
    db: AsyncConnection, person_id: int, deputy_id: int, *, first: date, last: date, by: int
) -> None:
    """Note an absence and tell the deputy by mail; the same again changes nothing. Raises Invalid."""
    if deputy_id not in {row.id for row in await deputies(db, person_id)}:
        raise Invalid("Bitte wählen Sie jemanden aus der Moderation.", field="deputy")
    if last < first:
        raise Invalid("Der letzte Tag liegt vor dem ersten.", field="last")
    if last < clock.today():
        raise Invalid("Der letzte Tag ist schon vorbei.", field="last")
    if last - first > LONGEST:
        raise Invalid("Bitte höchstens ein Jahr auf einmal.", field="last")
    values = {"person_id": person_id, "deputy_id": deputy_id, "starts_on": first, "ends_on": last}
    added = insert(Absence).values(**values).on_conflict_do_nothing().returning(Absence.id)
    if (absence := (await db.execute(added)).scalar()) is None:
        return
    await jobs.enqueue(db, "mail", template="deputy", person=deputy_id, absence=absence)
    about = {"deputy": str(await journal.actor(db, deputy_id)), "first": str(first), "last": str(last)}
    await journal.record(
        db, "person.away", f"person:{await journal.actor(db, person_id)}", person_id=by, **about
    )


async def end(db: AsyncConnection, person_id: int, absence_id: int, by: int) -> None:
    """Take an absence back, or end it early; one that is gone stays gone."""
    gone = delete(Absence).where(Absence.id == absence_id, Absence.person_id == person_id)
    if (await db.execute(gone.returning(Absence.id))).first() is not None:
        await journal.record(db, "person.back", f"person:{await journal.actor(db, person_id)}", person_id=by)


async def sweep(db: AsyncConnection) -> None:
    """Forget absences a year after their end."""
    await db.execute(delete(Absence).where(Absence.ends_on < func.current_date() - 366))
