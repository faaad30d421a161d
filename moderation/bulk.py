"""One decision about many contributions: each is decided once and has its own record."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from sqlalchemy.ext.asyncio import AsyncConnection

from dialogue.accounts import Current
from dialogue.kit.database import Record
from dialogue.kit.errors import Invalid, Refusal
from moderation import cases, claims, decisions, rules
from moderation.decisions import FROM, Ruling
from moderation.records import AGAINST

MOST = 50
KINDS = ("publish", "reject", "hide", "keep")
TOO_MANY = f"Bitte wählen Sie höchstens {MOST} Beiträge auf einmal."
NONE = "Bitte wählen Sie mindestens einen Beitrag aus."
UNKNOWN = "Diesen Beitrag gibt es hier nicht (mehr)."
ALONE = "Hier liegt eine Beschwerde vor. Darüber entscheiden Sie einzeln, mit einer Antwort."
OTHER_RULES = "In dieser Diskussion gilt eine andere Fassung der Netiquette. Bitte entscheiden Sie einzeln."


@dataclass
class Outcome:
    """Which contributions (number → …) were decided, and why the others were not."""

    done: list[str] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)


def checked(chosen: Mapping[str, int]) -> Mapping[str, int]:
    """Number → the revision that was seen; Invalid when that is nothing or too much."""
    if not chosen:
        raise Invalid(NONE)
    if len(chosen) > MOST:
        raise Invalid(TOO_MANY)
    return chosen


def possible(comment: Record, moderator_id: int) -> list[str]:
    """The decisions somebody can take about a contribution among others. Only a guess: deciding looks again."""
    if comment.author_id == moderator_id or comment.appealed:
        return []
    kinds = [kind for kind in KINDS if kind in FROM and comment.status in FROM[kind]]
    return [*kinds, "keep"] if comment.asked and comment.status == "published" else kinds


@asynccontextmanager
async def deciding(
    db: AsyncConnection, moderator: Current, chosen: Mapping[str, int], ruling: Ruling
) -> AsyncIterator[Outcome]:
    """Decide about each contribution as it was seen: what somebody else was faster with, or is one's own, is left
    and named. Invalid when rule or reasons are missing.

    They come in one order for all, so that two who decide about the same wait for each other. The block is for
    the answer: the journal's entries come after it, because they hold a lock until the commit.
    """
    found = await cases.several(db, checked(chosen), moderator.viewer)
    if ruling.kind in AGAINST and found:
        decisions.given(ruling.reasons, needed=True)
        await _known(db, ruling, found)
    outcome, taken = Outcome(), []
    for comment in found:
        try:
            taken.append(await _one(db, moderator, comment, replace(ruling, revision=chosen[comment.number])))
            outcome.done.append(comment.number)
        except Refusal as refusal:
            await claims.release(db, moderator.id, comment.id)
            outcome.left[comment.number] = OTHER_RULES if refusal.field == "rule" else refusal.text
    there = {comment.number for comment in found}
    outcome.left |= {number: UNKNOWN for number in chosen if number not in there}
    yield outcome
    for each in taken:
        await decisions.note(db, moderator, each)


async def _known(db: AsyncConnection, ruling: Ruling, found: list[Record]) -> None:
    """The rule holds in one of the threads, else Invalid: the others are left."""
    for number, thread_id in enumerate(threads := list(dict.fromkeys(row.thread_id for row in found)), 1):
        try:
            await rules.named(db, ruling.rule_id, thread_id)
            return
        except Invalid:
            if number == len(threads):
                raise


async def _one(db: AsyncConnection, moderator: Current, comment: Record, ruling: Ruling) -> decisions.Taken:
    if comment.appealed:
        raise Refusal(ALONE)
    return await decisions.take(db, moderator, comment, ruling)
