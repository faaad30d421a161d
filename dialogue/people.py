"""People as the administration sees them: find, invite, give and take roles, block; no texts of theirs."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Select, Text, and_, bindparam, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from dialogue import accounts, journal
from dialogue.kit import clock, jobs
from dialogue.kit.database import Record
from dialogue.kit.errors import Conflict, Invalid, NotFound
from dialogue.kit.text import length, normalise
from dialogue.tables import Grant, Person, Room, SignIn

PAGE = 50
SHORTEST_WHY, LONGEST_WHY = 20, 1_000
LONGEST_BLOCK = timedelta(days=366)
_blocked = func.coalesce(Person.blocked_until > func.now(), False)
_roles = func.array(select(Grant.role).where(Grant.person_id == Person.id).distinct().scalar_subquery())
_signed_in = select(func.max(SignIn.seen_at)).where(SignIn.person_id == Person.id).scalar_subquery()
_account = Person.email.is_not(None)
_guest = Person.source == "guest"
_invited = and_(_account, Person.password.is_(None))
_PERSON: Any = select(
    Person.id,
    Person.email,
    Person.pseudonym,
    Person.created_at,
    func.greatest(Person.last_seen_at, _signed_in).label("last_seen_at"),
    Person.confirmed_at,
    Person.blocked_until,
    Person.blocked_why,
    _blocked.label("blocked"),
    _invited.label("invited"),
    _guest.label("guest"),
    _roles.label("roles"),
).where(or_(_account, _guest))
KINDS: dict[str, Any] = {
    "alle": _account,
    "team": select(Grant.id).where(Grant.person_id == Person.id).exists(),
    "eingeladen": _invited,
    "gesperrt": _blocked,
    "gaeste": _guest,
}


def _list(kind: str) -> Select[Any]:
    said = func.lower(bindparam("said"))
    query: Select[Any] = _PERSON.where(
        Person.id < bindparam("before", type_=BigInteger),
        or_(func.strpos(Person.email, said) > 0, func.strpos(func.lower(Person.pseudonym), said) > 0),
    )
    return query.where(KINDS[kind]).order_by(Person.id.desc()).limit(PAGE + 1)


_LISTS = {kind: _list(kind) for kind in KINDS}


async def found(db: AsyncConnection, kind: str, said: str = "", before: int = 0) -> list[Record]:
    """People, newest first: of a kind, with these letters in address or pseudonym.

    One more than a page when there are more; `before` is the last id of the page before.
    """
    if kind not in KINDS:
        raise NotFound
    values = {"said": normalise(said)[:200], "before": before or 2**62}
    return list(await db.execute(_LISTS[kind], values))


async def one(db: AsyncConnection, person_id: int) -> Record:
    """Somebody with an account, or a guest, else NotFound."""
    person = (await db.execute(_PERSON.where(Person.id == person_id))).first()
    if person is None:
        raise NotFound("Dieses Konto gibt es nicht (mehr).")
    return person


async def account(db: AsyncConnection, person_id: int) -> Record:
    """A person with an account, else NotFound."""
    person = await one(db, person_id)
    if person.guest:
        raise NotFound("Dieses Konto gibt es nicht (mehr).")
    return person


async def grants_of(db: AsyncConnection, person_id: int) -> list[Record]:
    """id, role and the room's title (None: everywhere) of what a person holds."""
    query = (
        select(Grant.id, Grant.role, Room.title, Grant.granted_at)
        .outerjoin(Room, Room.id == Grant.room_id)
        .where(Grant.person_id == person_id)
    )
    return list(await db.execute(query.order_by(Grant.role, Room.title.nulls_first())))


async def invite(db: AsyncConnection, email: str, by: int) -> int:
    """An account for this address with a mail to set its password; one that is there stays as it is.

    Returns the person's id.
    """
    [(person_id, new)] = await found_or_invited(db, [email])
    if new:
        await _note(db, "person.invited", person_id, by)
    return person_id


_KNOWN = select(Person.email, Person.id).where(
    Person.email == func.any(bindparam("emails", type_=ARRAY(Text)))
)


async def found_or_invited(db: AsyncConnection, emails: Iterable[str]) -> list[tuple[int, bool]]:
    """For each address the account's id, and whether it was made just now: then a mail invites."""
    wanted = list(dict.fromkeys(email.lower() for email in emails))
    known = {row.email: row.id for row in await db.execute(_KNOWN, {"emails": wanted})}
    each = [
        (known[email], False) if email in known else await accounts.known_or_new(db, email)
        for email in wanted
    ]
    mails = [("mail", {"template": "invite", "person": person_id}) for person_id, new in each if new]
    await jobs.enqueue_each(db, mails)
    return each


async def invite_again(db: AsyncConnection, person_id: int, by: int) -> None:
    """Another mail to somebody who has not set a password yet."""
    if not (await one(db, person_id)).invited:
        raise Conflict("Diese Person hat ihr Passwort schon gesetzt. Eine Einladung braucht sie nicht mehr.")
    await jobs.enqueue(db, "mail", template="invite", person=person_id)
    await _note(db, "person.invited", person_id, by)


def must_fit(role: str, *, everywhere: bool) -> None:
    """Raise Invalid for a role that cannot hold in one room only."""
    if role == "admin" and not everywhere:
        raise Invalid("Die Rolle Verwaltung gilt immer überall.", field="where")


async def grant(db: AsyncConnection, person_id: int, role: str, room_id: int | None, by: int) -> None:
    """Give a role, everywhere or in one room; acts at once, in a new session. The same again changes nothing."""
    await account(db, person_id)
    must_fit(role, everywhere=room_id is None)
    added = insert(Grant).values(person_id=person_id, role=role, room_id=room_id)
    if (await db.execute(added.on_conflict_do_nothing().returning(Grant.id))).first() is None:
        return
    await accounts.sign_out_everywhere(db, person_id)
    await _note(db, "person.granted", person_id, by, role=role, room=room_id)


_ADMINS = (
    select(Grant.id, Person.password.is_not(None).label("opened"))
    .join(Person, Person.id == Grant.person_id)
    .where(Grant.role == "admin")
    .order_by(Grant.id)
    .with_for_update(of=Grant)
)


async def revoke(db: AsyncConnection, person_id: int, grant_id: int, by: int) -> None:
    """Take a role, at once; the last admin keeps theirs. One that is gone stays gone."""
    admins = (await db.execute(_ADMINS)).all()  # two who take each other's role: the second waits
    able = {row.id for row in admins if row.opened}  # an invitation nobody has followed opens nothing
    if able == {grant_id}:
        raise Conflict(
            "Das ist der letzte Zugang zur Verwaltung. Bitte geben Sie die Rolle zuerst einer anderen Person."
        )
    taken = delete(Grant).where(Grant.id == grant_id, Grant.person_id == person_id)
    gone = (await db.execute(taken.returning(Grant.role, Grant.room_id))).first()
    if gone is None:
        return
    await accounts.sign_out_everywhere(db, person_id)
    await _note(db, "person.revoked", person_id, by, role=gone.role, room=gone.room_id)


async def block(db: AsyncConnection, person_id: int, last_day: date, why: str, by: int) -> None:
    """Nobody blocked writes until the end of that day; the person reads why, by mail and in the account, a guest
    when they try."""
    why = _checked(person_id, last_day, why, by)
    await one(db, person_id)
    await _block(db, person_id, clock.span(last_day, last_day)[1], why, by)


async def block_longer(db: AsyncConnection, person_id: int, last_day: date, why: str, by: int) -> None:
    """The same by somebody who does not know who it is: a block that is there becomes longer, never shorter."""
    why, end = _checked(person_id, last_day, why, by), clock.span(last_day, last_day)[1]
    there = (await db.execute(_BLOCKED_UNTIL, {"person": person_id})).scalar()
    if there is not None and there > end:
        raise Invalid(
            "Die Sperre gilt schon länger. Verkürzen kann sie nur die Verwaltung.", field="last_day"
        )
    await _block(db, person_id, end, why, by)


_BLOCKED_UNTIL = (
    select(Person.blocked_until).where(Person.id == bindparam("person")).with_for_update(key_share=True)
)


def _checked(person_id: int, last_day: date, why: str, by: int) -> str:
    """The reason as it is stored, or a refusal."""
    why = normalise(why)
    if person_id == by:
        raise Conflict("Sich selbst können Sie nicht sperren.")
    if not clock.today() <= last_day <= clock.today() + LONGEST_BLOCK:
        raise Invalid("Bitte wählen Sie einen Tag zwischen heute und heute in einem Jahr.", field="last_day")
    if length(why) < SHORTEST_WHY:
        raise Invalid(f"Bitte begründen Sie die Sperre mit mindestens {SHORTEST_WHY} Zeichen.", field="why")
    if length(why) > LONGEST_WHY:
        raise Invalid("Bitte fassen Sie die Begründung kürzer: höchstens 1 000 Zeichen.", field="why")
    return why


async def _block(db: AsyncConnection, person_id: int, end: datetime, why: str, by: int) -> None:
    person = await _set_block(db, person_id, end, why)
    if person is None:
        raise NotFound("Dieses Konto gibt es nicht (mehr).")
    if person.email is not None:
        await jobs.enqueue(db, "mail", template="blocked", person=person_id)
    await _note(db, "person.blocked", person_id, by, until=end.isoformat())


async def unblock(db: AsyncConnection, person_id: int, by: int) -> None:
    """End a block early; without one nothing happens."""
    person = await one(db, person_id)
    if not person.blocked:
        return
    await _set_block(db, person_id, None, None)
    if not person.guest:
        await jobs.enqueue(db, "mail", template="unblocked", person=person_id)
    await _note(db, "person.unblocked", person_id, by)


async def _set_block(
    db: AsyncConnection, person_id: int, until: datetime | None, why: str | None
) -> Record | None:
    changed = update(Person).where(Person.id == person_id).values(blocked_until=until, blocked_why=why)
    return (await db.execute(changed.returning(Person.id, Person.email))).first()


async def _note(db: AsyncConnection, action: str, person_id: int, by: int, **detail: Any) -> None:
    subject = f"person:{await journal.actor(db, person_id)}"
    await journal.record(db, action, subject, person_id=by, **detail)


async def sweep(db: AsyncConnection) -> None:
    """Forget blocks a year after their end."""
    over = Person.blocked_until < func.now() - timedelta(days=366)
    await db.execute(update(Person).where(over).values(blocked_until=None, blocked_why=None))


_FIGURES = select(
    func.count().label("people"),
    func.count().filter(KINDS["team"]).label("team"),
    func.count().filter(_invited).label("invited"),
    func.count().filter(_blocked).label("blocked"),
).where(_account)


async def figures(db: AsyncConnection) -> Record:
    """How many accounts there are, with roles, not opened yet, blocked."""
    return (await db.execute(_FIGURES)).one()
