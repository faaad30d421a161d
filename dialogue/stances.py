"""Stances (Haltung): a person's answer to what a thread is about; one per person, changeable."""

from dataclasses import dataclass

from sqlalchemy import BigInteger, Integer, bindparam, case, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from dialogue import threads
from dialogue.kit.errors import SignInNeeded
from dialogue.tables import Person, Stance, Thread
from dialogue.votes import Tally, counts, lets_vote

_person = bindparam("person", type_=BigInteger)
_target = (
    select(Thread.id, _person, bindparam("value", type_=Integer), Person.source)
    .join(Person, Person.id == _person)
    .where(Thread.id == bindparam("thread"), threads.OPEN, threads.enters(_person), lets_vote())
    .with_for_update(read=True, key_share=True, of=Thread)  # until it is open for sure: see comments
)
_upsert = insert(Stance).from_select(["thread_id", "person_id", "value", "source"], _target)
_TAKE = _upsert.on_conflict_do_update(
    index_elements=[Stance.thread_id, Stance.person_id],
    set_={"value": _upsert.excluded.value, "taken_at": func.now()},
).returning(Stance.thread_id)
_RELEASE = delete(Stance).where(Stance.thread_id == bindparam("thread"), Stance.person_id == _person)
_TALLY = select(
    *counts(Stance),
    func.max(case((Stance.person_id == _person, Stance.value))),
    select(threads.SEALED).where(Thread.id == bindparam("thread")).scalar_subquery(),
).where(Stance.thread_id == bindparam("thread"))


@dataclass(frozen=True)
class Standing:
    """How people answer the point (None: sealed), and one's own answer."""

    tally: Tally | None
    mine: int | None


async def take(db: AsyncConnection, person_id: int, thread_id: int, value: int) -> None:
    """Set the person's stance; Closed outside the dates, NotFound for an unknown thread, SignInNeeded for a
    guest where none vote."""
    values = {"person": person_id, "thread": thread_id, "value": value}
    if (await db.execute(_TAKE, values)).first() is None:
        await threads.open_for_writing(db, thread_id, person_id)
        raise SignInNeeded


async def release(db: AsyncConnection, person_id: int, thread_id: int) -> None:
    """Take one's stance back."""
    await threads.open_for_writing(db, thread_id, person_id)
    await db.execute(_RELEASE, {"person": person_id, "thread": thread_id})


async def standing(db: AsyncConnection, person_id: int | None, thread_id: int) -> Standing:
    """Live counts of a thread's stances, unless it is sealed."""
    row = (await db.execute(_TALLY, {"thread": thread_id, "person": person_id or 0})).one()
    return Standing(None if row[6] else Tally(*row[:5]), row[5])
