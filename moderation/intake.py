"""The gate: all free text of the public enters here, and waits. Triage orders, or lets pass; it never rejects."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncConnection

from dialogue import comments, stances, threads
from dialogue.accounts import Current
from dialogue.kit import jobs
from dialogue.kit.database import Record
from dialogue.kit.text import normalise
from moderation import matters
from moderation.triage import levels, signs

NEW = 1  # a comment's first revision


@dataclass(frozen=True)
class Draft:
    """What a person wrote, where, with which stance, and the key and secret of its receipt."""

    thread: Record
    text: str
    once: UUID
    secret: str
    parent_id: int | None = None
    stance: int | None = None
    unproved: bool = False  # without an account and without a proof of work


@dataclass(frozen=True)
class Added:
    """A stored contribution."""

    number: str
    status: str


def key(once: UUID, text: str) -> UUID:
    """The idempotency key of a form and its text: who goes back and writes something else writes anew."""
    return uuid5(once, normalise(text))


async def submit(db: AsyncConnection, author: Current, draft: Draft) -> Added:
    """Store a contribution, waiting; an equal submit gives the same answer."""
    await comments.one_by_one(db, author.id)
    there = await comments.repeated(db, author.id, draft.once)
    added = there or await _enter(db, author, draft)
    if draft.stance is not None and draft.thread.is_open:
        await stances.take(db, author.id, draft.thread.id, draft.stance)
    return Added(added.number, added.status)


async def _enter(db: AsyncConnection, author: Current, draft: Draft) -> Record:
    threads.must_be_open(draft.thread)
    text = comments.checked(draft.text)
    await comments.may_write(db, author.id)
    noticed = _noticed(text, unproved=draft.unproved)
    new = comments.New(
        thread_id=draft.thread.id,
        internal=draft.thread.internal,
        text=text,
        once=draft.once,
        secret=draft.secret,
        parent_id=draft.parent_id,
        signs=noticed,
        urgency=levels.urgency(noticed),
    )
    added = await comments.add(db, author.id, author.source, new)
    await _to_triage(db, added.id, NEW)
    return added


async def withdraw(db: AsyncConnection, comment: Record, person_id: int | None) -> None:
    """The author takes a contribution back: what was asked about it needs no decision any more."""
    await matters.moot(db, comment.id)
    await comments.withdraw(db, comment, person_id)


async def edit(db: AsyncConnection, comment: Record, text: str) -> None:
    """New text for a contribution that still waits; it passes the gate again, with the rules of a new one."""
    threads.must_be_open(await threads.get(db, comment.thread_id, comment.author_id))
    text = comments.checked(text)
    if comment.author_id is not None:
        await comments.may_edit(db, comment.author_id)
    noticed = _noticed(text, unproved=any(sign["kind"] == "unproved" for sign in comment.signs))
    urgency = levels.urgency(noticed)
    await comments.replace_text(db, comment.id, comment.revision, text=text, signs=noticed, urgency=urgency)
    await _to_triage(db, comment.id, comment.revision + 1)


def _noticed(text: str, *, unproved: bool) -> list[dict[str, Any]]:
    found = [*signs.judge(text), *([signs.unproved()] if unproved else [])]
    return [sign.stored() for sign in found]


async def _to_triage(db: AsyncConnection, comment_id: int, revision: int) -> None:
    """What takes longer than a request may: near-duplicates, the learned order, and what follows from them."""
    await jobs.enqueue(db, "triage", comment=comment_id, revision=revision)
