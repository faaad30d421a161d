"""Circles: groups of people for whom a conversation is kept, such as the staff of the administration."""

import re

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from dialogue import journal, people
from dialogue.kit.database import Record
from dialogue.kit.errors import Conflict, Invalid, NotFound
from dialogue.kit.forms import mailable
from dialogue.kit.text import is_blank, length, normalise
from dialogue.tables import Circle, Member, Person, Thread

AT_ONCE = 200
LONGEST_NAME, LONGEST_ABOUT = 80, 500
_members = select(func.count()).where(Member.circle_id == Circle.id).scalar_subquery().label("members")
_used = select(Thread.id).where(Thread.circle_id == Circle.id).exists().label("used")
_ALL = select(Circle.id, Circle.name, Circle.about, _members, _used).order_by(func.lower(Circle.name))


async def every(db: AsyncConnection) -> list[Record]:
    """All circles with the number of their members, and whether a conversation is kept for them."""
    return list(await db.execute(_ALL))


async def one(db: AsyncConnection, circle_id: int) -> Record:
    circle = (await db.execute(_ALL.where(Circle.id == circle_id))).first()
    if circle is None:
        raise NotFound("Diesen Kreis gibt es nicht (mehr).")
    return circle


_MEMBERS = (
    select(Person.id, Person.email, Person.pseudonym, Member.added_at)
    .join(Member, Member.person_id == Person.id)
    .where(Member.circle_id == bindparam("circle"))
    .order_by(Person.email)
)


async def members(db: AsyncConnection, circle_id: int) -> list[Record]:
    return list(await db.execute(_MEMBERS, {"circle": circle_id}))


def _words(name: str, about: str) -> dict[str, str]:
    name, about = " ".join(normalise(name).split()), normalise(about)
    if is_blank(name):
        raise Invalid("Bitte geben Sie dem Kreis einen Namen.", field="name")
    if length(name) > LONGEST_NAME:
        raise Invalid(
            f"Bitte wählen Sie einen kürzeren Namen: höchstens {LONGEST_NAME} Zeichen.", field="name"
        )
    if length(about) > LONGEST_ABOUT:
        raise Invalid(f"Bitte kürzen Sie: höchstens {LONGEST_ABOUT} Zeichen.", field="about")
    return {"name": name, "about": about}


async def create(db: AsyncConnection, name: str, about: str, by: int) -> int:
    """A new circle; Invalid when there is one of this name."""
    words = _words(name, about)
    added = insert(Circle).values(**words).on_conflict_do_nothing().returning(Circle.id)
    if (circle_id := (await db.execute(added)).scalar()) is None:
        raise Invalid("Einen Kreis mit diesem Namen gibt es schon.", field="name")
    await journal.record(db, "circle.created", f"circle:{circle_id}", person_id=by)
    return int(circle_id)


async def rename(db: AsyncConnection, circle_id: int, name: str, about: str, by: int) -> None:
    words = _words(name, about)
    await one(db, circle_id)
    try:
        async with db.begin_nested():
            await db.execute(update(Circle).where(Circle.id == circle_id).values(**words))
    except IntegrityError:
        raise Invalid("Einen Kreis mit diesem Namen gibt es schon.", field="name") from None
    await journal.record(db, "circle.renamed", f"circle:{circle_id}", person_id=by)


async def remove(db: AsyncConnection, circle_id: int, by: int) -> None:
    """Dissolve a circle for which no conversation is kept."""
    try:
        async with db.begin_nested():
            gone = delete(Circle).where(Circle.id == circle_id).returning(Circle.id)
            removed = (await db.execute(gone)).first() is not None
    except IntegrityError:
        raise Conflict(
            "Für diesen Kreis gibt es eine Beteiligung. Deshalb lässt er sich nicht auflösen; "
            "Mitglieder können Sie einzeln entfernen."
        ) from None
    if removed:
        await journal.record(db, "circle.removed", f"circle:{circle_id}", person_id=by)


_KEEP = select(Circle.id).where(Circle.id == bindparam("circle")).with_for_update(key_share=True)


async def add_members(db: AsyncConnection, circle_id: int, addresses: str, by: int) -> int:
    """Take people in by their addresses; who has no account is invited. Returns how many are new.

    Raises Invalid with the first address that cannot be read.
    """
    written = [part for part in re.split(r"[\s,;]+", normalise(addresses)) if part]
    if not written:
        raise Invalid("Bitte geben Sie mindestens eine E-Mail-Adresse ein.", field="addresses")
    if len(written) > AT_ONCE:
        raise Invalid(f"Bitte höchstens {AT_ONCE} Adressen auf einmal.", field="addresses")
    emails = [_address(each) for each in written]
    if (await db.execute(_KEEP, {"circle": circle_id})).first() is None:
        raise NotFound("Diesen Kreis gibt es nicht (mehr).")
    ids = await people.found_or_invited(db, emails)
    added = insert(Member).values([{"circle_id": circle_id, "person_id": one} for one, _ in ids])
    new = (await db.execute(added.on_conflict_do_nothing().returning(Member.person_id))).all()
    about = {"members": len(new), "invited": sum(invited for _, invited in ids)}
    await journal.record(db, "circle.joined", f"circle:{circle_id}", person_id=by, **about)
    return len(new)


def _address(written: str) -> str:
    try:
        return mailable(written)
    except ValueError:
        raise Invalid(
            f"„{written[:100]}“ ist keine vollständige E-Mail-Adresse.", field="addresses"
        ) from None


async def remove_member(db: AsyncConnection, circle_id: int, person_id: int, by: int) -> None:
    """From now on this person reads nothing of the circle any more; what they wrote stays."""
    gone = delete(Member).where(Member.circle_id == circle_id, Member.person_id == person_id)
    if (await db.execute(gone.returning(Member.person_id))).first() is not None:
        await journal.record(db, "circle.left", f"circle:{circle_id}", person_id=by, members=1)
