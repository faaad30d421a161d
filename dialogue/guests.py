"""Guests: people without an account. Their row and session begin when they first write or vote, never before."""

from datetime import timedelta

from sqlalchemy import and_, bindparam, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from dialogue import accounts, comments
from dialogue.kit.errors import Conflict
from dialogue.tables import Comment, Consent, Person, SignIn, Stance, Vote

_LOCK = select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("form"), 0)))
_KNOWN = select(Person.id).where(
    Person.external == bindparam("form"), Person.created_at > func.now() - timedelta(hours=1)
)


async def of_form(db: AsyncConnection, form: str) -> int | None:
    """The guest who has just sent the form with this secret key: a button pressed twice is one guest, also
    before the browser has the cookie. Others who send the same form wait for the commit."""
    await db.execute(_LOCK, {"form": form})
    return (await db.execute(_KNOWN, {"form": form})).scalar()


async def add(db: AsyncConnection, form: str | None = None) -> int:
    """A new guest under a friendly name nobody has; `form`: the secret key of the form they sent."""
    if form is not None:  # sent again after an hour: somebody new
        old = select(Person.id).where(Person.external == form)
        form = None if (await db.execute(old)).first() else form
    for name in accounts.drawn_names():
        new = insert(Person).values(source="guest", pseudonym=name, external=form)
        added = (await db.execute(new.on_conflict_do_nothing().returning(Person.id))).scalar()
        if added is not None:
            return int(added)
    raise Conflict


async def agree(db: AsyncConnection, guest_id: int) -> None:
    """Note that the guest agreed to the terms in force, by writing."""
    if (terms := await accounts.current_terms(db)) is not None:
        agreed = insert(Consent).values(person_id=guest_id, terms_id=terms.id)
        await db.execute(agreed.on_conflict_do_nothing())


_nothing_left = and_(
    Person.source == "guest",
    *(~select(table.person_id).where(table.person_id == Person.id).exists() for table in (Vote, Stance)),
    ~select(Comment.id).where(Comment.author_id == Person.id).exists(),
)
_LEAVE = delete(Person).where(Person.id == bindparam("guest"), _nothing_left)


async def leave(db: AsyncConnection, guest_id: int) -> None:
    """Forget a guest of whom nothing is left: no contribution, no vote. One who is writing at this moment stays."""
    await comments.one_by_one(db, guest_id)
    await db.execute(_LEAVE, {"guest": guest_id})


async def sweep(db: AsyncConnection) -> None:
    """Forget guests whose session has ended and of whom nothing is left; the blocked when the block is over."""
    over = or_(Person.blocked_until.is_(None), Person.blocked_until < func.now())
    ended = ~select(SignIn.id).where(SignIn.person_id == Person.id).exists()
    await db.execute(delete(Person).where(_nothing_left, ended, over))
