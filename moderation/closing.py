"""Closing a thread before its time, and opening it again: one record per act, with rule and reasons."""

from hashlib import sha256
from typing import Any

from sqlalchemy import ARRAY, BigInteger, bindparam, func, insert, null, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialogue import journal
from dialogue.accounts import Current
from dialogue.comments import Viewer
from dialogue.kit.database import Record
from dialogue.kit.errors import Conflict, NotFound
from dialogue.tables import Thread
from dialogue.threads import COLUMNS
from moderation import rules
from moderation.decisions import given, proof
from moderation.tables import Decision, Rule

_rooms = bindparam("rooms", type_=ARRAY(BigInteger))  # NULL: all of them
_hosted = or_(_rooms.is_(None), Thread.room_id == func.any(_rooms))
_THREAD = select(*COLUMNS).where(Thread.id == bindparam("thread"), Thread.opens_at.is_not(None), _hosted)
_HISTORY = (
    select(
        Decision.decision,
        Decision.decided_at,
        Decision.reasons,
        Rule.number.label("rule_number"),
        Rule.title.label("rule_title"),
    )
    .outerjoin(Rule, Rule.id == Decision.rule_id)
    .where(Decision.thread_id == bindparam("thread"))
    .order_by(Decision.id.desc())
)
_CLOSE = (
    update(Thread)
    .where(Thread.id == bindparam("one"), Thread.closed_at.is_(None), Thread.closes_at > func.now())
    .values(closed_at=func.now())
    .returning(Thread.id)
)
_OPEN = (
    update(Thread)
    .where(Thread.id == bindparam("one"), Thread.closed_at.is_not(None))
    .values(closed_at=null())
    .returning(Thread.id)
)


async def find(db: AsyncConnection, thread_id: int, viewer: Viewer) -> Record:
    """A thread the viewer moderates, else NotFound."""
    values = {"thread": thread_id, "rooms": None if viewer.moderates else list(viewer.rooms)}
    if (found := (await db.execute(_THREAD, values)).first()) is None:
        raise NotFound
    return found


async def history(db: AsyncConnection, thread_id: int) -> list[Record]:
    """What was decided about a thread itself, newest first."""
    return list(await db.execute(_HISTORY, {"thread": thread_id}))


async def standing(db: AsyncConnection, thread_id: int) -> Record | None:
    """Why a closed thread is closed: what everybody reads above its contributions."""
    return (await db.execute(_HISTORY.limit(1), {"thread": thread_id})).first()


async def close(
    db: AsyncConnection, moderator: Current, thread: Record, rule_id: int | None, reasons: str
) -> None:
    """From now on nobody writes or votes there; everything stays readable.

    Invalid without rule and reasons, Conflict when it is closed or over. Call it last in a transaction.
    """
    rule, reasons = await rules.named(db, rule_id, thread.id), given(reasons, needed=True)
    if (await db.execute(_CLOSE, {"one": thread.id})).first() is None:
        raise Conflict("Diese Diskussion ist schon geschlossen oder beendet.")
    await _record(db, moderator, thread, "close_thread", rule, reasons)


async def reopen(db: AsyncConnection, moderator: Current, thread: Record, reasons: str) -> None:
    """Writing and voting go on, within the thread's dates; one that is open stays so. Call it last in a
    transaction."""
    reasons = given(reasons, needed=False)
    if (await db.execute(_OPEN, {"one": thread.id})).first() is None:
        return
    await _record(db, moderator, thread, "open_thread", None, reasons)


async def _record(
    db: AsyncConnection, moderator: Current, thread: Record, kind: str, rule: Record | None, reasons: str
) -> None:
    values: dict[str, Any] = {
        "thread_id": thread.id,
        "snapshot": sha256(thread.title.encode()).digest(),
        "decision": kind,
        "rule_id": rule.id if rule else None,
        "reasons": reasons,
        "actor_id": await journal.actor(db, moderator.id),
        "origin": "own",
    }
    decision_id = (await db.execute(insert(Decision).values(**values).returning(Decision.id))).scalar_one()
    action = "thread.closed" if kind == "close_thread" else "thread.opened"
    about = proof(int(decision_id), rule, reasons)
    await journal.record(
        db, action, f"thread:{thread.id}", person_id=moderator.id, decision=kind, title=thread.title, **about
    )
