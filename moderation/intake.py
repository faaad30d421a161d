"""The gate: all free text of the public enters here. Triage orders, and after publication may hold; it never rejects."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from dialogue import comments, journal, threads
from dialogue.accounts import Current
from dialogue.kit.database import Record
from moderation.triage import signs


@dataclass(frozen=True)
class Draft:
    """What a person wrote, where, and the keys of its form."""

    thread_id: int
    text: str
    once: UUID
    secret: str
    parent_id: int | None = None


async def submit(db: AsyncConnection, author: Current, draft: Draft) -> Record:
    """Store a contribution and return (id, number, status); an equal submit gives the same answer."""
    await comments.one_by_one(db, author.id)
    if (there := await comments.repeated(db, author.id, draft.once)) is not None:
        return there
    thread = await threads.open_for_writing(db, draft.thread_id)
    text = comments.checked(draft.text)
    await comments.may_write(db, author.id)
    noticed = signs.judge(text)
    status = "pending" if thread.checks_first or noticed else "published"
    added = await comments.add(
        db,
        author.id,
        author.source,
        comments.New(
            thread_id=thread.id,
            text=text,
            status=status,
            once=draft.once,
            secret=draft.secret,
            parent_id=draft.parent_id,
            signs=[sign.stored() for sign in noticed],
        ),
    )
    if status == "published":
        await journal.record(
            db, "comment.published", f"comment:{added.number}", by="triage", before="pending"
        )
    return added


async def edit(db: AsyncConnection, comment: Record, text: str) -> None:
    """New text for a contribution that still waits; it passes the gate again."""
    text = comments.checked(text)
    noticed = [sign.stored() for sign in signs.judge(text)]
    await comments.replace_text(db, comment.id, comment.revision, text=text, signs=noticed)
