"""Comments: what people say; statuses, allowed transitions, and who may see which."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    false,
    func,
    literal,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from dialogue import journal, threads
from dialogue.kit import jobs, tokens
from dialogue.kit.database import Record
from dialogue.kit.errors import Conflict, Invalid, NotFound, SignInNeeded, TooMany
from dialogue.kit.text import in_words, is_blank, length, normalise, overloaded, readable
from dialogue.tables import Comment, Person, Thread

MAX_LENGTH = 5_000
TRANSITIONS: Mapping[str, frozenset[str]] = {
    "published": frozenset({"pending", "hidden", "rejected"}),
    "rejected": frozenset({"pending"}),
    "hidden": frozenset({"published"}),
    "withdrawn": frozenset({"pending", "published"}),
}
TEN_MINUTES, FIRST_DAY = 10, 10
_thread = aliased(Thread)


@dataclass(frozen=True)
class Viewer:
    """Who looks: a person's id (None: signed out), whether they moderate everywhere, or in which rooms
    (in a statement built once both are bound parameters).

    `inside`: someone who was let into the thread and asks for what all in there may read.
    """

    person_id: Any = None
    moderates: bool = False
    rooms: Any = frozenset()
    inside: bool = False


NOBODY, INSIDE = Viewer(), Viewer(inside=True)


def _in_thread(comment: Any, *conditions: Any) -> ColumnElement[bool]:
    here = select(_thread.id).where(_thread.id == comment.thread_id, *conditions)
    return here.correlate_except(_thread).exists()


def published_for(person: Any, comment: Any = Comment) -> ColumnElement[bool]:
    """What a person (None: anybody) may read of others: published, in a circle only for who may enter."""
    enters = false() if person is None else _in_thread(comment, threads.enters(person, _thread))
    return and_(comment.status == "published", or_(~comment.internal, enters))


def moderated_by(viewer: Viewer, comment: Any = Comment) -> ColumnElement[bool]:
    """What a viewer moderates."""
    if viewer.moderates:
        return true()
    if isinstance(viewer.rooms, frozenset):
        return _in_thread(comment, _thread.room_id.in_(viewer.rooms)) if viewer.rooms else false()
    return _in_thread(comment, _thread.room_id == func.any(viewer.rooms))


def visible_to(viewer: Viewer, comment: Any = Comment) -> ColumnElement[bool]:
    """The one visibility rule: what is published for those who may enter, one's own for the author, all for
    moderators."""
    if viewer.moderates:
        return true()
    if viewer.inside:
        return comment.status == "published"  # type: ignore[no-any-return]
    if viewer.person_id is None:
        return published_for(None, comment)
    own = comment.author_id == viewer.person_id
    return or_(published_for(viewer.person_id, comment), own, moderated_by(viewer, comment))


def columns(comment: Any, author: Any) -> tuple[Any, ...]:
    return (
        comment.id,
        comment.number,
        comment.parent_id,
        comment.text,
        comment.status,
        comment.source,
        comment.example,
        comment.published_at,
        comment.author_id,
        func.coalesce(author.pseudonym, "").label("pseudonym"),
    )


# --- reading ----------------------------------------------------------------------------------------


@cache
def _one_query(signed_in: bool, moderates: bool, hosts: bool, deciding: bool) -> Select[Any]:
    mine = bindparam("viewer", type_=BigInteger) if signed_in else None
    viewer = Viewer(mine, moderates, bindparam("rooms", type_=ARRAY(BigInteger)) if hosts else frozenset())
    may = moderated_by(viewer) if deciding else visible_to(viewer)
    return (
        select(
            *columns(Comment, Person),
            Comment.thread_id,
            Comment.created_at,
            Comment.edited_at,
            Comment.erased_at,
            Comment.revision,
            Comment.signs,
            Thread.checks_first,
            Person.source.label("author_source"),
        )
        .outerjoin(Person, Person.id == Comment.author_id)
        .join(Thread, Thread.id == Comment.thread_id)
        .where(Comment.number == bindparam("number"), Thread.opens_at.is_not(None), may)
    )


async def by_number(
    db: AsyncConnection, number: str, viewer: Viewer = NOBODY, *, deciding: bool = False
) -> Record:
    """The comment a viewer may see (`deciding`: moderates); everything else is NotFound, whether it exists
    or not."""
    values = {"number": tokens.number(number), "viewer": viewer.person_id, "rooms": list(viewer.rooms)}
    query = _one_query(viewer.person_id is not None, viewer.moderates, bool(viewer.rooms), deciding)
    found: Record | None = (await db.execute(query, values)).first()
    if found is None:
        raise NotFound
    return found


async def published(db: AsyncConnection, number: str, person_id: int | None) -> Record:
    """The comment all may read who may enter; one's own that waits is NotFound like what does not exist."""
    found = await by_number(db, number, Viewer(person_id))
    if found.status != "published":
        raise NotFound
    return found


_BY_ID = (
    select(*columns(Comment, Person))
    .outerjoin(Person, Person.id == Comment.author_id)
    .where(Comment.id == bindparam("id"), visible_to(INSIDE))
)


async def by_id(db: AsyncConnection, comment_id: int) -> Record | None:
    """A published comment, as the one above a reply in its thread; None when it is published no longer."""
    return (await db.execute(_BY_ID, {"id": comment_id})).first()


_OWN = (
    select(
        Comment.number,
        Comment.text,
        Comment.status,
        Comment.created_at,
        Comment.parent_id,
        Thread.title,
        Thread.address,
    )
    .join(Thread, Thread.id == Comment.thread_id)
    .where(Comment.author_id == bindparam("author"))
    .order_by(Comment.id.desc())
    .limit(200)
)


_OWN_WAITING = _OWN.where(Comment.thread_id == bindparam("thread"), Comment.status == "pending")


async def by_author(db: AsyncConnection, person_id: int) -> Sequence[Record]:
    """A person's own comments, newest first."""
    return (await db.execute(_OWN, {"author": person_id})).all()


def waits(thread_id: Any) -> ColumnElement[bool]:
    """Whether something of the bound `viewer` waits in a thread: rarely, so it is asked before it is read."""
    mine = (Comment.author_id == bindparam("viewer", type_=BigInteger), Comment.status == "pending")
    return select(Comment.id).where(Comment.thread_id == thread_id, *mine).exists()


async def waiting(db: AsyncConnection, person_id: int, thread_id: int) -> Sequence[Record]:
    """A person's own comments that wait in a thread."""
    return (await db.execute(_OWN_WAITING, {"author": person_id, "thread": thread_id})).all()


# --- writing ----------------------------------------------------------------------------------------


def checked(text: str, *, most: int = MAX_LENGTH) -> str:
    """The text as it is stored, or Invalid with the sentence for the field."""
    text = normalise(text)
    if is_blank(text):
        raise Invalid("Bitte schreiben Sie etwas.", field="text")
    if (size := length(text)) > most:
        raise Invalid(
            f"Ihr Text ist zu lang: {size:,} von höchstens {most:,} Zeichen. Bitte kürzen Sie ihn.".replace(
                ",", " "
            ),
            field="text",
        )
    if overloaded(text):
        raise Invalid(
            "In Ihrem Text sitzen an einem Buchstaben sehr viele Zusatzzeichen. Bitte entfernen Sie diese.",
            field="text",
        )
    return text


def explained(text: str, *, least: int, most: int = MAX_LENGTH) -> str:
    """The same for a text that gives reasons: words, and enough of them to understand what is meant."""
    text = checked(text, most=most)
    if not in_words(text) or readable(text) < least:
        raise Invalid(f"Bitte erklären Sie es in Worten, mit mindestens {least} Zeichen.", field="text")
    return text


_WRITER = select(
    func.coalesce(Person.blocked_until > func.now(), False).label("blocked"),
    (Person.source == "guest").label("guest"),
    Person.blocked_why,
    (Person.created_at > func.now() - func.make_interval(0, 0, 0, 1)).label("new"),
    select(func.count())
    .where(
        Comment.author_id == Person.id,
        Comment.created_at > func.now() - func.make_interval(0, 0, 0, 0, 0, 10),
    )
    .correlate(Person)
    .scalar_subquery()
    .label("lately"),
    select(func.count())
    .where(Comment.author_id == Person.id, Comment.created_at > func.now() - func.make_interval(0, 0, 0, 1))
    .correlate(Person)
    .scalar_subquery()
    .label("today"),
).where(Person.id == bindparam("person"))
_LOCK = select(Person.id).where(Person.id == bindparam("person")).with_for_update()
_REPEATED = select(Comment.id, Comment.number, Comment.status).where(
    Comment.author_id == bindparam("author"), Comment.once == bindparam("once")
)
_WRITTEN = (
    "number",
    "internal",
    "parent_id",
    "author_id",
    "source",
    "text",
    "signs",
    "urgency",
    "secret_hash",
    "once",
)
# Whoever takes a thread back holds it: wait for them, then look again whether it is open.
_open = (
    select(
        Thread.id,
        literal("pending"),
        *(bindparam(name, type_=Comment.__table__.c[name].type) for name in _WRITTEN),
    )
    .where(
        Thread.id == bindparam("thread_id"),
        threads.OPEN,
        or_(bindparam("source", type_=Comment.source.type) != "guest", Thread.guests_write),
    )
    .with_for_update(read=True, key_share=True)
)
_ADD = (
    insert(Comment)
    .from_select(["thread_id", "status", *_WRITTEN], _open)
    .on_conflict_do_nothing()
    .returning(Comment.id, Comment.number, Comment.status)
)


async def one_by_one(db: AsyncConnection, person_id: int) -> None:
    """Let a person's submits wait for each other until the commit: equal ones see the first, limits count all."""
    await db.execute(_LOCK, {"person": person_id})


async def may_edit(db: AsyncConnection, person_id: int) -> Record:
    """How much the person wrote lately; Invalid when they are blocked."""
    writer = (await db.execute(_WRITER, {"person": person_id})).one()
    if writer.blocked and writer.guest:
        raise Invalid(f"Sie können zurzeit keine Beiträge schreiben. Die Begründung: {writer.blocked_why}")
    if writer.blocked:
        raise Invalid("Ihr Konto ist zurzeit für Beiträge gesperrt. Die Begründung steht unter „Mein Konto“.")
    return writer


async def may_write(db: AsyncConnection, person_id: int) -> None:
    """Raise TooMany or Invalid when the person may not write just now."""
    writer = await may_edit(db, person_id)
    if writer.lately >= TEN_MINUTES:
        raise TooMany(
            "Sie haben in zehn Minuten zehn Beiträge geschrieben. Bitte machen Sie eine kleine Pause.",
            seconds=600,
        )
    if writer.new and writer.today >= FIRST_DAY:
        raise TooMany(
            "Am ersten Tag sind zehn Beiträge möglich. Morgen geht es ohne diese Grenze weiter.", seconds=3600
        )


async def repeated(db: AsyncConnection, person_id: int, once: UUID) -> Record | None:
    """The comment an equal submit has already made, if any."""
    return (await db.execute(_REPEATED, {"author": person_id, "once": once})).first()


@dataclass(frozen=True)
class New:
    """A comment about to be stored; text already passed `checked`."""

    thread_id: int
    internal: bool
    text: str
    once: UUID
    secret: str
    parent_id: int | None = None
    signs: Iterable[Mapping[str, Any]] = ()
    urgency: int = 0


async def add(db: AsyncConnection, person_id: int, source: str, new: New) -> Record:
    """Store a comment, waiting, and return (id, number, status); an equal `once` returns the one there is.

    Closed or NotFound when the thread was closed or taken back a moment ago, Conflict when what it answers is
    no entry any more, SignInNeeded for a guest where none write.
    """
    if new.parent_id is not None:
        await _hold_place(db, new.parent_id)
    values = {
        "thread_id": new.thread_id,
        "internal": new.internal,
        "parent_id": new.parent_id,
        "author_id": person_id,
        "source": source,
        "text": new.text,
        "signs": list(new.signs),
        "urgency": new.urgency,
        "secret_hash": tokens.digest(tokens.typed(new.secret)),
        "once": new.once,
    }
    for _ in range(5):
        added = (await db.execute(_ADD, values | {"number": tokens.new_number()})).first()
        if (found := added or await repeated(db, person_id, new.once)) is not None:
            return found
        thread = await threads.open_for_writing(db, new.thread_id, person_id)
        if source == "guest" and not thread.guests_write:
            raise SignInNeeded
    raise Conflict("Die Beitragsnummer ließ sich nicht vergeben. Bitte senden Sie den Beitrag noch einmal.")


# Whoever puts an entry under another one holds it: wait for them, then look again.
_PLACE = (
    select(Comment.id)
    .where(Comment.id == bindparam("parent"), Comment.parent_id.is_(None))
    .with_for_update(read=True, key_share=True)
)
TWO_LEVELS = (
    "Auf eine Antwort können Sie nicht noch einmal antworten. Bitte antworten Sie auf den Beitrag darüber."
)


async def _hold_place(db: AsyncConnection, parent_id: int) -> None:
    if (await db.execute(_PLACE, {"parent": parent_id})).first() is None:
        raise Conflict(TWO_LEVELS)


_to = bindparam("to", type_=Comment.status.type)
_text = bindparam("new_text", type_=Comment.text.type)
_signs = bindparam("new_signs", type_=JSONB(none_as_null=True))
_read_until_now = and_(Comment.status == "published", or_(_to != "published", _text != Comment.text))
_MOVE = (
    update(Comment)
    .where(
        Comment.id == bindparam("comment"),
        Comment.revision == bindparam("seen"),
        Comment.status == func.any(bindparam("allowed", type_=ARRAY(Comment.status.type))),
    )
    .values(
        status=_to,
        text=func.coalesce(_text, Comment.text),
        signs=func.coalesce(_signs, Comment.signs),
        revision=Comment.revision + 1,
        published_at=case(
            (_to == "published", func.coalesce(Comment.published_at, func.now())),
            else_=Comment.published_at,
        ),
        unpublished_at=case((_read_until_now, func.now()), else_=Comment.unpublished_at),
    )
    .returning(Comment.id, Comment.revision)
)


@dataclass(frozen=True)
class Text:
    """What stands there from now on, where places were blacked out or shown again, and what is noticed in it."""

    text: str
    signs: list[dict[str, Any]]


async def move(
    db: AsyncConnection, comment_id: int, revision: int, to: str, *, text: Text | None = None
) -> None:
    """Change the status, and with it the text, if nobody was faster and the way is allowed, else Conflict."""
    await _change(db, comment_id, revision, to, text=text, allowed=sorted(TRANSITIONS[to]))
    if to == "published":
        await jobs.enqueue_each(db, [(name, {"comment": comment_id}) for name in ("sentiment", "words")])


async def stay(
    db: AsyncConnection, comment_id: int, revision: int, status: str, *, text: Text | None = None
) -> None:
    """Keep the status and count a revision, if nobody was faster, else Conflict: a decision that changes
    nothing, or only the text of what is public, is one as well."""
    await _change(db, comment_id, revision, status, text=text, allowed=[status])
    if text is not None and status == "published":
        await jobs.enqueue(db, "words", comment=comment_id)


async def _change(
    db: AsyncConnection, comment_id: int, revision: int, to: str, *, text: Text | None, allowed: list[str]
) -> None:
    new = {"new_text": text and text.text, "new_signs": text and text.signs}
    values = new | {"comment": comment_id, "seen": revision, "allowed": allowed, "to": to}
    if (await db.execute(_MOVE, values)).first() is None:
        raise Conflict(
            "Dieser Beitrag wurde inzwischen bearbeitet oder entschieden. Bitte laden Sie ihn neu."
        )


class NotPublic(Conflict):
    """Nothing is left to take back."""

    title = "Hier gibt es nichts zurückzuziehen"
    may_pass = False
    text = "Dieser Beitrag ist für andere schon nicht zu lesen. Wie es dazu kam, steht beim Beitrag."


def withdrawable(comment: Record) -> Record:
    """The comment, or NotPublic when nobody else reads it any more."""
    if comment.status not in TRANSITIONS["withdrawn"]:
        raise NotPublic
    return comment


async def withdraw(db: AsyncConnection, comment: Record, person_id: int | None) -> None:
    """The author takes the comment back; it disappears for everyone else. A second time changes nothing."""
    try:
        await move(db, comment.id, comment.revision, "withdrawn")
    except Conflict:
        now = await by_number(db, comment.number, Viewer(moderates=True))
        if now.status == "withdrawn":
            return
        withdrawable(now)
        raise
    await journal.record(
        db, "comment.withdrawn", f"comment:{comment.number}", person_id=person_id, before=comment.status
    )


GONE = "gelöscht"
_ERASE = (
    update(Comment)
    .where(Comment.id == bindparam("comment"), Comment.erased_at.is_(None))
    .values(
        text=GONE,
        erased_at=func.now(),
        signs=[],
        secret_hash=None,
        author_id=None,
        once=None,
        status=case((Comment.status.in_(TRANSITIONS["withdrawn"]), "withdrawn"), else_=Comment.status),
        revision=Comment.revision + 1,
        unpublished_at=case((Comment.status == "published", func.now()), else_=Comment.unpublished_at),
    )
    .returning(Comment.id)
)


async def erase(db: AsyncConnection, comment_id: int) -> bool:
    """Delete what was said for good, whatever its status; replies stay. False when it was gone already."""
    return (await db.execute(_ERASE, {"comment": comment_id})).first() is not None


_TAKE_OVER = (
    update(Comment)
    .where(
        Comment.id == bindparam("comment"),
        Comment.author_id.in_(select(Person.id).where(Person.source == "guest")),
    )
    .values(author_id=bindparam("person"), once=None)
    .returning(Comment.id)
)
_AUTHOR = select(Comment.author_id).where(Comment.id == bindparam("comment"))


class NotYours(Conflict):
    """What belongs to another account is not taken over."""

    title = "Dieser Beitrag lässt sich nicht übernehmen"
    may_pass = False
    text = "Er gehört schon zu einem anderen Konto."


async def take_over(db: AsyncConnection, comment_id: int, person_id: int) -> None:
    """Make a guest's contribution one of an account; a second time changes nothing. NotYours when it belongs to
    another account, or to nobody any more."""
    values = {"comment": comment_id, "person": person_id}
    if (await db.execute(_TAKE_OVER, values)).first() is not None:
        return
    if (await db.execute(_AUTHOR, {"comment": comment_id})).scalar() != person_id:
        raise NotYours


class Decided(Conflict):
    """The text belongs to the decision on it."""

    title = "Dieser Beitrag ist schon geprüft"
    may_pass = False
    text = (
        "Ändern geht nur, solange ein Beitrag noch nicht geprüft ist. Was daraus wurde, steht beim Beitrag."
    )


_EDIT = (
    update(Comment)
    .where(
        Comment.id == bindparam("comment"), Comment.revision == bindparam("seen"), Comment.status == "pending"
    )
    .values(
        text=bindparam("new_text"),
        signs=bindparam("new_signs"),
        urgency=bindparam("new_urgency"),
        revision=Comment.revision + 1,
        edited_at=func.now(),
    )
    .returning(Comment.id)
)


async def replace_text(
    db: AsyncConnection,
    comment_id: int,
    revision: int,
    *,
    text: str,
    signs: Iterable[Mapping[str, Any]],
    urgency: int,
) -> None:
    """New text for a comment that still waits, else Decided: votes and decisions belong to a text."""
    values = {"comment": comment_id, "seen": revision, "new_text": text}
    noticed = {"new_signs": list(signs), "new_urgency": urgency}
    if (await db.execute(_EDIT, values | noticed)).first() is None:
        raise Decided


_MARK = (
    update(Comment)
    .where(
        Comment.id == bindparam("comment"), Comment.revision == bindparam("seen"), Comment.status == "pending"
    )
    .values(signs=bindparam("new_signs"), urgency=bindparam("new_urgency"))
    .returning(Comment.id)
)


async def mark(
    db: AsyncConnection, comment_id: int, revision: int, *, signs: Iterable[Mapping[str, Any]], urgency: int
) -> bool:
    """What a machine noticed in a text that still waits; False when it was edited, decided or taken back.

    Counts no revision: whoever is reading the text decides on the same text.
    """
    values = {"comment": comment_id, "seen": revision, "new_signs": list(signs), "new_urgency": urgency}
    return (await db.execute(_MARK, values)).first() is not None


_BY_SECRET = select(Comment.number).where(
    Comment.number == bindparam("number"), Comment.secret_hash == bindparam("secret")
)


async def opened_by_receipt(db: AsyncConnection, number: str, secret: str) -> Record:
    """The comment whose number and secret stand on a receipt; NotFound for every other pair."""
    values = {"number": tokens.number(number), "secret": tokens.digest(tokens.typed(secret))}
    found = (await db.execute(_BY_SECRET, values)).first()
    if found is None:
        raise NotFound("Nummer und Schlüssel passen nicht zusammen. Bitte prüfen Sie beide auf Ihrem Beleg.")
    return await by_number(db, number, Viewer(moderates=True))


async def reply_parent(db: AsyncConnection, number: str, person_id: int | None) -> Record:
    """The published top-level comment one may reply to (two levels)."""
    parent = await published(db, number, person_id)
    if parent.parent_id is not None:
        raise Conflict(TWO_LEVELS)
    return parent
