"""Notices (Meldungen): anybody reports a contribution, once; a notice changes nothing by itself."""

from dataclasses import dataclass
from functools import partial
from uuid import UUID, uuid5

from sqlalchemy import bindparam, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from dialogue import comments
from dialogue.kit import jobs, tokens
from dialogue.kit.database import Record
from dialogue.kit.errors import Conflict, NotFound
from dialogue.tables import Comment, Thread
from moderation.tables import Decision, Flag, Rule, Rulebook

SHORTEST, LONGEST = 10, 2_000
explained = partial(comments.explained, least=SHORTEST, most=LONGEST)


class Own(Conflict):
    """Who wrote it can do more than report it."""

    title = "Das ist Ihr eigener Beitrag"
    may_pass = False
    text = "Ihren eigenen Beitrag müssen Sie nicht melden. Sie können ihn jederzeit zurückziehen."


class Reported(Conflict):
    """One notice per person and contribution: the one there is counts."""

    title = "Zu diesem Beitrag gibt es schon eine Meldung"
    may_pass = False
    text = "Sie haben diesen Beitrag schon gemeldet, und eine Meldung genügt: Ein Mensch prüft den Beitrag."


NEIGHBOURS = (
    "Von Ihrem Anschluss liegt schon eine Meldung zu diesem Beitrag vor, und eine genügt: Ein Mensch prüft den "
    "Beitrag. War das jemand anderes? Dann melden Sie ihn bitte von Ihrem Konto aus, wenn Sie etwas anderes "
    "sagen möchten."
)


@dataclass(frozen=True)
class Notice:
    """What somebody reports, and the key that stands for them: of their account, or of their connection."""

    category: str
    text: str
    contact: str | None
    key: bytes
    once: UUID
    reporter_id: int | None = None


def once(form: UUID, *said: str) -> UUID:
    """The idempotency key of a form and what was said in it."""
    return uuid5(form, "\x1f".join(said))


async def reportable(db: AsyncConnection, number: str, person_id: int | None) -> Record:
    """The comment, if the visitor may see it as everybody does; Own for its author."""
    found = await comments.published(db, number, person_id)
    if person_id is not None and found.author_id == person_id:
        raise Own
    return found


_EARLIER = select(Flag.number, Flag.category, Flag.contact, Flag.once).where(
    Flag.comment_id == bindparam("comment_id"), Flag.key == bindparam("key")
)


async def earlier(db: AsyncConnection, comment_id: int, notice: Notice) -> Record | None:
    """The notice an equal submit has already made; Reported when there is another one by the same person."""
    there = (await db.execute(_EARLIER, {"comment_id": comment_id, "key": notice.key})).first()
    if there is not None and there.once != notice.once:
        raise Reported("" if notice.reporter_id else NEIGHBOURS)
    return there


_WRITTEN = ("number", "reporter_id", "key", "once", "category", "text", "contact", "secret_hash")
# Whoever hides or withdraws a comment holds it: wait for them, then look again whether it can be read.
_public = (
    select(Comment.id, *(bindparam(name, type_=Flag.__table__.c[name].type) for name in _WRITTEN))
    .where(Comment.id == bindparam("comment_id"), Comment.status == "published")
    .with_for_update(read=True)
)
_FILE = (
    insert(Flag)
    .from_select(["comment_id", *_WRITTEN], _public)
    .on_conflict_do_nothing()
    .returning(Flag.id, Flag.number, Flag.category, Flag.contact)
)


async def file(db: AsyncConnection, comment_id: int, notice: Notice, secret: str) -> Record:
    """Store a notice and acknowledge it by mail if an address was left; an equal one returns the first.

    NotFound when the comment was hidden or withdrawn a moment ago.
    """
    values = {"comment_id": comment_id, **vars(notice), "secret_hash": tokens.digest(tokens.typed(secret))}
    for _ in range(5):  # a number may be taken
        filed = (await db.execute(_FILE, values | {"number": f"M-{tokens.new_number()}"})).first()
        if filed is not None:
            if filed.contact:
                await jobs.enqueue(db, "mail", template="notice_received", flag=filed.id)
            return filed
        if (there := await earlier(db, comment_id, notice)) is not None:
            return there
    raise NotFound


def number(value: str) -> str:
    """A notice's number as typed, in its own form: "m7k492f" → "M-7K4-92F"."""
    letters = tokens.typed(value[:20])
    return f"M-{tokens.number(letters[1:] if len(letters) == 7 else letters)}"


_later = aliased(Decision)
_restored = (
    select(func.max(_later.decided_at))
    .where(_later.comment_id == Flag.comment_id, _later.decision == "restore", _later.id > Flag.decision_id)
    .scalar_subquery()
)
_ONE = (
    select(
        Flag.id,
        Flag.number,
        Flag.category,
        Flag.contact.label("email"),
        Flag.created_at,
        Flag.settled_at,
        Comment.number.label("comment"),
        Comment.status,
        Thread.title,
        Decision.decision,
        Rule.number.label("rule_number"),
        Rule.title.label("rule_title"),
        Rulebook.version.label("rulebook"),
        _restored.label("restored_at"),
    )
    .join(Comment, Comment.id == Flag.comment_id)
    .join(Thread, Thread.id == Comment.thread_id)
    .outerjoin(Decision, Decision.id == Flag.decision_id)
    .outerjoin(Rule, Rule.id == Decision.rule_id)
    .outerjoin(Rulebook, Rulebook.id == Rule.rulebook_id)
)
_BY_ID = _ONE.where(Flag.id == bindparam("id"))
_BY_SECRET = _ONE.where(Flag.number == bindparam("number"), Flag.secret_hash == bindparam("secret"))


async def one(db: AsyncConnection, flag_id: int) -> Record | None:
    """A notice and what became of it, for the mail to the address its reporter left (`email`)."""
    return (await db.execute(_BY_ID, {"id": flag_id})).first()


async def opened(db: AsyncConnection, typed: str, secret: str) -> Record:
    """The notice whose number and secret stand on a receipt; NotFound for every other pair."""
    values = {"number": number(typed), "secret": tokens.digest(tokens.typed(secret))}
    if (found := (await db.execute(_BY_SECRET, values)).first()) is None:
        raise NotFound("Nummer und Schlüssel passen nicht zusammen. Bitte prüfen Sie beide auf Ihrem Beleg.")
    return found


_noise = func.uuid_send(func.gen_random_uuid())
_FORGET = (
    update(Flag)
    .where(Flag.settled_at < func.now() - func.make_interval(0, 6), Flag.text != "")
    .values(
        text="", contact=None, reporter_id=None, key=_noise, secret_hash=_noise, once=literal(UUID(int=0))
    )
)


async def sweep(db: AsyncConnection) -> None:
    """Forget who reported and in which words, six months after the notice was settled."""
    await db.execute(_FORGET)
