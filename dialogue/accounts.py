"""Accounts: register, confirm, sign in and out, reset; the current person; roles."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any

from anyio import CapacityLimiter, to_thread
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import (
    ColumnElement,
    and_,
    bindparam,
    case,
    delete,
    func,
    literal,
    not_,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from dialogue import grants, journal
from dialogue.comments import Viewer
from dialogue.kit import clock, jobs, tokens
from dialogue.kit.database import Record
from dialogue.kit.errors import Conflict, Invalid, NotFound
from dialogue.roles import STAFF
from dialogue.tables import Consent, Grant, Link, Person, SignIn, Terms

MIN_PASSWORD = 10
LIFE = timedelta(days=30)
STAFF_LIFE, STAFF_IDLE = timedelta(hours=12), timedelta(minutes=30)
LINK_LIFE = {"confirm": timedelta(days=2), "reset": timedelta(hours=2), "invite": timedelta(hours=24)}
SEEN_EVERY = timedelta(minutes=5)
NAMES = [
    "Ahorn",
    "Amsel",
    "Auwald",
    "Biber",
    "Birke",
    "Brücke",
    "Buche",
    "Distel",
    "Drossel",
    "Eiche",
    "Eisvogel",
    "Elster",
    "Esche",
    "Falke",
    "Fähre",
    "Fink",
    "Giebel",
    "Hafen",
    "Hasel",
    "Hecht",
    "Holunder",
    "Igel",
    "Insel",
    "Kastanie",
    "Kiesel",
    "Kirsche",
    "Kranich",
    "Laterne",
    "Lerche",
    "Libelle",
    "Linde",
    "Luchs",
    "Meise",
    "Möwe",
    "Mühle",
    "Otter",
    "Pappel",
    "Platane",
    "Reiher",
    "Rotkehlchen",
    "Salzkorn",
    "Schwalbe",
    "Spatz",
    "Specht",
    "Sperling",
    "Star",
    "Steinbeißer",
    "Storch",
    "Turm",
    "Ufer",
    "Ulme",
    "Wacholder",
    "Weide",
    "Wiesel",
    "Zeisig",
]

_hasher = PasswordHasher()
_few, _one = CapacityLimiter(2), CapacityLimiter(1)
GUESSED = 24  # characters: the time of guessing grows with the square, and what follows only makes it harder


@dataclass(frozen=True)
class Current:
    """The person of this request: with an account, or a guest."""

    id: int
    pseudonym: str
    email: str
    source: str
    grants: grants.Held
    sign_in_id: int
    seen_at: datetime

    @property
    def is_guest(self) -> bool:
        """Somebody without an account, known by the session alone."""
        return self.source == "guest"

    @cached_property
    def roles(self) -> frozenset[str]:
        """What the person is somewhere; `holds` says where."""
        return frozenset(role for role, _ in self.grants)

    def holds(self, role: str, room_id: int | None) -> bool:
        """Whether a role is the person's here: everywhere, or in this room."""
        return (role, None) in self.grants or (room_id is not None and (role, room_id) in self.grants)

    @cached_property
    def viewer(self) -> Viewer:
        rooms = (room for role, room in self.grants if role == "moderator" and room is not None)
        return Viewer(self.id, ("moderator", None) in self.grants, frozenset(rooms))


_ALIVE: ColumnElement[bool] = and_(
    SignIn.expires_at > func.now(),
    SignIn.seen_at > func.now() - case((SignIn.staff, literal(STAFF_IDLE)), else_=literal(LIFE)),
)
_CURRENT: Any = (
    select(
        Person.id,
        Person.pseudonym,
        Person.email,
        Person.source,
        grants.of(Person.id).label("grants"),
        SignIn.id.label("sign_in_id"),
        SignIn.seen_at,
    )
    .join(SignIn, SignIn.person_id == Person.id)
    .where(SignIn.token_hash == bindparam("hash"), _ALIVE)
)


async def current(db: AsyncConnection, token: str | None) -> Current | None:
    """The person whose session this is, also a guest, with the roles they hold at this moment."""
    if not token or len(token) > 100:
        return None
    row = (await db.execute(_CURRENT, {"hash": tokens.digest(token)})).first()
    if row is None:
        return None
    return Current(row[0], row[1], row[2], row[3], grants.parsed(row[4]), row[5], row[6])


_SEEN = update(SignIn).where(SignIn.id == bindparam("sign_in")).values(seen_at=func.now())
_SEEN_PERSON = update(Person).where(Person.id == bindparam("person")).values(last_seen_at=func.now())


async def seen(db: AsyncConnection, person: Current) -> None:
    """Note that the person was here; called at most every five minutes."""
    await db.execute(_SEEN, {"sign_in": person.sign_in_id})
    await db.execute(_SEEN_PERSON, {"person": person.id})


# --- passwords --------------------------------------------------------------------------------------


async def _in_thread(work: Any, *args: Any, limiter: CapacityLimiter = _few) -> Any:
    return await to_thread.run_sync(work, *args, limiter=limiter)


@lru_cache(maxsize=1)
def _decoy() -> str:
    return _hasher.hash("for people who have no account: takes the same time")


def _matches(stored: str | None, password: str) -> bool:
    try:
        return _hasher.verify(stored or _decoy(), password) and stored is not None
    except VerificationError:
        return False


async def hashed(password: str) -> str:
    """argon2id, in a thread, two at once: no connection should wait for it."""
    return str(await _in_thread(_hasher.hash, password))


async def verified(stored: str | None, password: str) -> str:
    """The stored hash if the password fits, else "", which no account has. Takes the same time in every
    case, and no connection should wait for it."""
    return str(stored) if await _in_thread(_matches, stored, password) else ""


async def protected(password: str, *known: str) -> str:
    """The hash of a new password, or Invalid with what to do better."""
    if len(password) < MIN_PASSWORD:
        raise Invalid(f"Bitte wählen Sie mindestens {MIN_PASSWORD} Zeichen.", field="password")
    if len(password) > 200:
        raise Invalid("Bitte wählen Sie höchstens 200 Zeichen.", field="password")
    if await _in_thread(_weak, password, known, limiter=_one):
        raise Invalid(
            "Dieses Passwort lässt sich leicht erraten. Vier zufällige Wörter hintereinander sind gut zu merken "
            "und schwer zu erraten.",
            field="password",
        )
    return await hashed(password)


def _weak(password: str, known: Iterable[str]) -> bool:
    from zxcvbn import zxcvbn  # noqa: PLC0415 - loads 30,000 words: only when somebody chooses a password

    return int(zxcvbn(password[:GUESSED], user_inputs=list(known))["score"]) < 2


# --- registration -----------------------------------------------------------------------------------


async def current_terms(db: AsyncConnection) -> Record | None:
    """The version of the terms that is in force."""
    query = (
        select(Terms.__table__)
        .where(Terms.valid_from <= func.now())
        .order_by(Terms.valid_from.desc(), Terms.id.desc())
    )
    return (await db.execute(query.limit(1))).first()


def drawn_names() -> Iterator[str]:
    """Friendly names such as "Kastanie 417", longer ones when the short ones are taken."""
    for digits in (3, 3, 4, 5, 7):
        yield f"{random.choice(NAMES)} {random.randrange(10 ** (digits - 1), 10**digits)}"


async def _add(db: AsyncConnection, email: str, **values: Any) -> int | None:
    """A new person under a friendly name nobody has; None when the address is taken.

    A name is found free by storing it: of two who draw the same one at the same time, one draws again.
    """
    person = {"email": email, "source": "account", **values}
    for name in drawn_names():
        add = insert(Person).values(**person, pseudonym=name).on_conflict_do_nothing().returning(Person.id)
        if (added := (await db.execute(add)).scalar()) is not None:
            return int(added)
        if await _known(db, email) is not None:
            return None
    raise Conflict


async def _known(db: AsyncConnection, email: str) -> int | None:
    return (await db.execute(select(Person.id).where(Person.email == email))).scalar()


async def _choose_again(db: AsyncConnection, email: str, stored: str) -> int | None:
    """Give an account that nobody has confirmed yet this password; None when its owner has."""
    waiting = update(Person).where(Person.email == email, Person.confirmed_at.is_(None))
    return (await db.execute(waiting.values(password=stored).returning(Person.id))).scalar()


async def register(db: AsyncConnection, email: str, stored: str, terms_id: int) -> None:
    """An unconfirmed account, its consent and a mail; for a known address only a mail that says so.

    The visitor sees the same answer either way: nobody learns who has an account.
    """
    email = email.strip().lower()
    person_id = await _add(db, email, password=stored) or await _choose_again(db, email, stored)
    if person_id is None:
        await jobs.enqueue(db, "mail", template="already_registered", person=await _known(db, email))
        return
    consent = insert(Consent).values(person_id=person_id, terms_id=terms_id)
    await db.execute(consent.on_conflict_do_nothing())
    await jobs.enqueue(db, "mail", template="confirm", person=person_id)


async def stored_password(db: AsyncConnection, email: str) -> str | None:
    """The hash of the account with this address, to be verified."""
    return (await db.execute(select(Person.password).where(Person.email == email.strip().lower()))).scalar()


async def with_password(db: AsyncConnection, email: str, stored: str) -> Record | None:
    """The account whose password was verified, if it still has it. A new password waits for the commit:
    it ends all sessions, also the one that begins here."""
    query = select(Person.id, Person.confirmed_at).where(
        Person.email == email.strip().lower(), Person.password == stored
    )
    return (await db.execute(query.with_for_update(read=True))).first()


async def sign_in(db: AsyncConnection, person_id: int, device: str) -> tuple[str, timedelta]:
    """A new session; returns the cookie's token and how long it lives."""
    staff = bool(STAFF & await roles_of(db, person_id))
    life = STAFF_LIFE if staff else LIFE
    token = tokens.new()
    await db.execute(
        insert(SignIn).values(
            token_hash=tokens.digest(token),
            person_id=person_id,
            device=device,
            staff=staff,
            expires_at=clock.now() + life,
        )
    )
    return token, life


async def sign_out(db: AsyncConnection, person: Current) -> None:
    await db.execute(delete(SignIn).where(SignIn.id == person.sign_in_id))


async def sign_out_everywhere(db: AsyncConnection, person_id: int) -> None:
    await db.execute(delete(SignIn).where(SignIn.person_id == person_id))


async def end_sign_in(db: AsyncConnection, person_id: int, sign_in_id: int) -> None:
    """End one of the person's own sessions; one that has already ended stays so."""
    await db.execute(delete(SignIn).where(SignIn.id == sign_in_id, SignIn.person_id == person_id))


async def sign_ins(db: AsyncConnection, person_id: int) -> list[Record]:
    query = select(SignIn.id, SignIn.device, SignIn.created_at, SignIn.seen_at).where(
        SignIn.person_id == person_id, _ALIVE
    )
    return list(await db.execute(query.order_by(SignIn.seen_at.desc())))


# --- links in mails ---------------------------------------------------------------------------------


async def new_link(db: AsyncConnection, person_id: int, purpose: str) -> str:
    """A one-time token for a mail; made only when the mail is written, so that no queue holds one."""
    token = tokens.new()
    await db.execute(
        insert(Link).values(
            token_hash=tokens.digest(token),
            person_id=person_id,
            purpose=purpose,
            expires_at=clock.now() + LINK_LIFE[purpose],
        )
    )
    return token


async def _link(db: AsyncConnection, token: str, purposes: set[str]) -> Record:
    query = select(Link.__table__).where(
        Link.token_hash == tokens.digest(token),
        Link.purpose.in_(purposes),
        Link.used_at.is_(None),
        Link.expires_at > func.now(),
    )
    link = (await db.execute(query)).first()
    if link is None:
        raise NotFound(
            "Dieser Link ist abgelaufen oder wurde schon benutzt. Bitte fordern Sie einen neuen an."
        )
    return link


async def password_behind(db: AsyncConnection, token: str) -> str | None:
    """The hash of the account that a link confirms, to be verified."""
    query = select(Person.password).join(Link, Link.person_id == Person.id)
    return (await db.execute(query.where(Link.token_hash == tokens.digest(token)))).scalar()


async def confirm(db: AsyncConnection, token: str, stored: str) -> int:
    """Confirm the address with the link and the password chosen before; returns the person's id."""
    link = await _link(db, token, {"confirm"})
    chosen = update(Person).where(Person.id == link.person_id, Person.password == stored)
    confirmed = chosen.values(confirmed_at=func.coalesce(Person.confirmed_at, func.now()))
    if (await db.execute(confirmed.returning(Person.id))).first() is None:
        raise Invalid(
            "Das Passwort stimmt nicht mit dem überein, das Sie eben gewählt haben.", field="password"
        )
    await _use(db, token)
    return int(link.person_id)


async def _use(db: AsyncConnection, token: str) -> None:
    used = (
        update(Link)
        .where(Link.token_hash == tokens.digest(token), Link.used_at.is_(None))
        .values(used_at=func.now())
    )
    if (await db.execute(used.returning(Link.person_id))).first() is None:
        raise Conflict("Dieser Link wurde gerade schon benutzt.")


async def ask_for_reset(db: AsyncConnection, email: str) -> None:
    """A mail with a link, if there is such an account; the visitor sees the same either way."""
    if (person_id := await _known(db, email.strip().lower())) is not None:
        await jobs.enqueue(db, "mail", template="reset", person=person_id)


async def is_invitation(db: AsyncConnection, token: str) -> bool:
    """Whether a link invites: its page says that who follows it agrees to the terms."""
    query = select(Link.purpose).where(Link.token_hash == tokens.digest(token))
    return (await db.execute(query)).scalar() == "invite"


async def set_password(db: AsyncConnection, token: str, stored: str) -> int:
    """A new password by link (reset or invitation); ends all other sessions and links, confirms the address.

    Who follows an invitation agrees to the terms in force.
    """
    link = await _link(db, token, {"reset", "invite"})
    await _use(db, token)
    await db.execute(
        update(Person)
        .where(Person.id == link.person_id)
        .values(password=stored, confirmed_at=func.coalesce(Person.confirmed_at, func.now()))
    )
    await db.execute(delete(Link).where(Link.person_id == link.person_id, Link.used_at.is_(None)))
    if link.purpose == "invite" and (terms := await current_terms(db)) is not None:
        agreed = insert(Consent).values(person_id=link.person_id, terms_id=terms.id)
        await db.execute(agreed.on_conflict_do_nothing())
    await sign_out_everywhere(db, link.person_id)
    return int(link.person_id)


async def sweep(db: AsyncConnection) -> None:
    """Forget sessions that have ended, and links that no longer open anything."""
    await db.execute(delete(SignIn).where(not_(_ALIVE)))
    await db.execute(delete(Link).where(or_(Link.used_at.is_not(None), Link.expires_at <= func.now())))


# --- roles ------------------------------------------------------------------------------------------


async def roles_of(db: AsyncConnection, person_id: int) -> frozenset[str]:
    return frozenset((await db.execute(select(Grant.role).where(Grant.person_id == person_id))).scalars())


async def known_or_new(db: AsyncConnection, email: str, **values: Any) -> tuple[int, bool]:
    """The account with this address, and whether it was made just now."""
    email = email.strip().lower()
    added = await _add(db, email, **values)
    person_id = added or await _known(db, email)
    assert person_id is not None
    return person_id, added is not None


async def create(db: AsyncConnection, email: str, roles: Iterable[str], password: str = "") -> int:
    """A person made by staff or the command line, with roles; an existing one gains them."""
    chosen = {"password": await hashed(password), "confirmed_at": clock.now()} if password else {}
    person_id, _ = await known_or_new(db, email, **chosen)
    for role in roles:
        await db.execute(insert(Grant).values(person_id=person_id, role=role).on_conflict_do_nothing())
    await sign_out_everywhere(db, person_id)
    await journal.record(
        db, "person.roles", f"person:{await journal.actor(db, person_id)}", roles=sorted(roles)
    )
    return person_id


async def consent(db: AsyncConnection, person_id: int) -> Record | None:
    """The newest version of the terms this person agreed to, and when."""
    query = (
        select(Terms.version, Consent.given_at)
        .join(Consent, Consent.terms_id == Terms.id)
        .where(Consent.person_id == person_id)
        .order_by(Consent.given_at.desc())
    )
    return (await db.execute(query.limit(1))).first()


async def block(db: AsyncConnection, person_id: int) -> Record | None:
    """Until when and why this person may not write, or None."""
    query = select(Person.blocked_until, Person.blocked_why)
    return (await db.execute(query.where(Person.id == person_id, Person.blocked_until > func.now()))).first()
