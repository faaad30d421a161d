"""The Netiquette: numbered rules with versions; a decision points to one of them."""

from dataclasses import dataclass

from sqlalchemy import BigInteger, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialogue.kit.database import Record
from dialogue.kit.errors import Invalid, NotFound
from moderation.tables import Rule, Rulebook, ThreadRulebook

_newest = (
    select(Rulebook.id)
    .where(Rulebook.valid_from <= func.now())
    .order_by(Rulebook.valid_from.desc(), Rulebook.id.desc())
    .limit(1)
    .scalar_subquery()
)
_chosen = (
    select(ThreadRulebook.rulebook_id)
    .where(ThreadRulebook.thread_id == bindparam("thread", type_=BigInteger))
    .scalar_subquery()
)
_in_force = func.coalesce(_chosen, _newest)
_BOOK = select(Rulebook.__table__).where(Rulebook.id == _in_force)
_RULES = select(Rule.__table__).where(Rule.rulebook_id == _in_force).order_by(Rule.number)
_VERSION = select(Rulebook.__table__).where(
    Rulebook.version == bindparam("version"), Rulebook.valid_from <= func.now()
)
_OF_VERSION = select(Rule.__table__).where(Rule.rulebook_id == bindparam("book")).order_by(Rule.number)
_VERSIONS = (
    select(Rulebook.version, Rulebook.title, Rulebook.valid_from)
    .where(Rulebook.valid_from <= func.now())
    .order_by(Rulebook.valid_from.desc(), Rulebook.id.desc())
)
_ONE = (
    select(Rule.id, Rule.number, Rulebook.version)
    .join(Rulebook, Rulebook.id == Rule.rulebook_id)
    .where(Rule.rulebook_id == _in_force, Rule.id == bindparam("rule"))
)


@dataclass(frozen=True)
class Netiquette:
    """A version of the rules, ready to show."""

    book: Record | None
    rules: list[Record]


async def current(db: AsyncConnection) -> Netiquette:
    """The version in force, with its rules in order."""
    return Netiquette((await db.execute(_BOOK, {"thread": None})).first(), await of(db, None))


async def version(db: AsyncConnection, word: str) -> Netiquette:
    """One version that is or was in force, with its rules in order; NotFound for any other."""
    if (book := (await db.execute(_VERSION, {"version": word})).first()) is None:
        raise NotFound
    return Netiquette(book, list(await db.execute(_OF_VERSION, {"book": book.id})))


async def versions(db: AsyncConnection) -> list[Record]:
    """All versions that are or were in force, the newest first."""
    return list(await db.execute(_VERSIONS))


async def of(db: AsyncConnection, thread_id: int | None) -> list[Record]:
    """The rules that hold in a thread, in order: of the version it has chosen, else of the one in force."""
    return list(await db.execute(_RULES, {"thread": thread_id}))


async def named(db: AsyncConnection, rule_id: int | None, thread_id: int) -> Record:
    """The rule (id, number, version) a decision names, if it holds in the thread, else Invalid at the field."""
    values = {"rule": rule_id or 0, "thread": thread_id}
    if (rule := (await db.execute(_ONE, values)).first()) is None:
        raise Invalid("Bitte wählen Sie die Regel, um die es geht.", field="rule")
    return rule
