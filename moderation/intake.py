"""The gate: all free text of the public enters here. Triage orders, and after publication may hold; it never rejects."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncConnection

from dialogue import comments, journal, stances, threads
from dialogue.accounts import Current
from dialogue.kit.database import Record
from dialogue.kit.text import normalise
from moderation import decisions
from moderation.triage import signs


@dataclass(frozen=True)
class Draft:
    """What a person wrote, where, with which stance, and the key and secret of its receipt."""

    thread: Record
    text: str
    once: UUID
    secret: str
    parent_id: int | None = None
    stance: int | None = None
    waits: bool = False  # for a person, also where others are published at once


@dataclass(frozen=True)
class Added:
    """A stored contribution; with the decision's id if triage has just published it."""

    number: str
    status: str
    decision_id: int | None = None


def key(once: UUID, text: str) -> UUID:
    """The idempotency key of a form and its text: who goes back and writes something else writes anew."""
    return uuid5(once, normalise(text))


@asynccontextmanager
async def submit(db: AsyncConnection, author: Current, draft: Draft) -> AsyncIterator[Added]:
    """Store a contribution; an equal submit gives the same answer.

    The block is for the answer: the journal's entry comes after it, because it holds a lock until the commit.
    """
    await comments.one_by_one(db, author.id)
    there = await comments.repeated(db, author.id, draft.once)
    added = Added(there.number, there.status) if there else await _enter(db, author, draft)
    if draft.stance is not None and draft.thread.is_open:
        await stances.take(db, author.id, draft.thread.id, draft.stance)
    yield added
    if added.decision_id is not None:
        await journal.record(
            db,
            "comment.published",
            f"comment:{added.number}",
            by="triage",
            before="pending",
            decision="publish",
            record=added.decision_id,
        )


async def _enter(db: AsyncConnection, author: Current, draft: Draft) -> Added:
    threads.must_be_open(draft.thread)
    text = comments.checked(draft.text)
    await comments.may_write(db, author.id)
    noticed = signs.judge(text)
    added = await comments.add(
        db,
        author.id,
        author.source,
        comments.New(
            thread_id=draft.thread.id,
            internal=draft.thread.internal,
            text=text,
            once=draft.once,
            secret=draft.secret,
            parent_id=draft.parent_id,
            signs=[sign.stored() for sign in noticed],
        ),
    )
    if draft.thread.checks_first or draft.waits or noticed:
        return Added(added.number, "pending")
    return Added(added.number, "published", await decisions.publish_unseen(db, added.id, text))


async def edit(db: AsyncConnection, comment: Record, text: str) -> None:
    """New text for a contribution that still waits; it passes the gate again, with the rules of a new one."""
    threads.must_be_open(await threads.get(db, comment.thread_id, comment.author_id))
    text = comments.checked(text)
    if comment.author_id is not None:
        await comments.may_edit(db, comment.author_id)
    noticed = [sign.stored() for sign in signs.judge(text)]
    await comments.replace_text(db, comment.id, comment.revision, text=text, signs=noticed)
