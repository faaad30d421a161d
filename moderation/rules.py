"""The Netiquette: numbered rules with versions; a decision points to one of them."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialogue.kit.database import Record
from dialogue.kit.errors import Invalid
from moderation.tables import Rule, Rulebook


@dataclass(frozen=True)
class Netiquette:
    """A version of the rules, ready to show."""

    book: Record | None
    rules: list[Record]


async def current(db: AsyncConnection) -> Netiquette:
    """The version in force, with its rules in order."""
    newest = select(Rulebook.__table__).where(Rulebook.valid_from <= func.now())
    book = (
        await db.execute(newest.order_by(Rulebook.valid_from.desc(), Rulebook.id.desc()).limit(1))
    ).first()
    if book is None:
        return Netiquette(None, [])
    rules = select(Rule.__table__).where(Rule.rulebook_id == book.id).order_by(Rule.number)
    return Netiquette(book, list(await db.execute(rules)))


async def must_exist(db: AsyncConnection, rule_id: int | None) -> int:
    """The id of a rule, else Invalid at the field."""
    if rule_id and (await db.execute(select(Rule.id).where(Rule.id == rule_id))).first() is not None:
        return rule_id
    raise Invalid("Bitte wählen Sie die Regel, um die es geht.", field="rule")
