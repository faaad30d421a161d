"""The journal: append-only and hash-chained, with opaque actor ids instead of names.

The database chains each entry in a trigger, so that two writers cannot fork it:
hash = SHA-256 of {"entry":BODY,"id":ID,"prev":"HEX OF THE PREVIOUS HASH"} in UTF-8, where BODY is
the canonical JSON below and the first prev is 32 zero bytes.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, literal, select, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from dialogue.kit import clock
from dialogue.tables import Actor, JournalEntry

START = bytes(32)
_ACTOR = select(Actor.id).where(Actor.person_id == bindparam("person"))
_new = insert(Actor).values(person_id=bindparam("person"))
_NEW_ACTOR = _new.on_conflict_do_update(  # two first entries at once: the second waits and finds the row
    index_elements=[Actor.person_id], set_={"person_id": _new.excluded.person_id}
).returning(Actor.id)
_ENTRY = insert(JournalEntry).values(
    body=bindparam("body"), id=literal(0), prev=literal(b""), hash=literal(b"")
)


def canonical(value: Any) -> str:
    """JSON with sorted keys, no blanks, UTF-8 unescaped; only strings, integers, booleans, null inside."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


async def actor(db: AsyncConnection, person_id: int) -> UUID:
    """The opaque id under which a person acts in the journal."""
    values = {"person": person_id}
    known = (await db.execute(_ACTOR, values)).scalar()
    return UUID(str(known or (await db.execute(_NEW_ACTOR, values)).scalar_one()))


async def record(
    db: AsyncConnection, action: str, subject: str, *, person_id: int | None = None, **detail: Any
) -> None:
    """Append one entry. Call it last in a transaction: it holds the chain's lock until the commit."""
    body = canonical(
        {
            "action": action,
            "actor": str(await actor(db, person_id)) if person_id else None,
            "at": clock.now().isoformat(timespec="milliseconds"),
            "detail": detail,
            "subject": subject,
        }
    )
    await db.execute(_ENTRY, {"body": body})


@dataclass(frozen=True)
class Verdict:
    """Outcome of a verification: how many entries, the head, and the first broken entry or None."""

    entries: int
    head: str
    broken: int | None = None


async def verify(db: AsyncConnection) -> Verdict:
    """Recompute the whole chain; a changed, removed, swapped or forged entry is named."""
    prev, count = START, 0
    async for entry in _entries(db):
        count += 1
        if (entry.id, bytes(entry.prev)) != (count, prev) or bytes(entry.hash) != link(
            entry.body, count, prev
        ):
            return Verdict(count, prev.hex(), broken=count)
        prev = bytes(entry.hash)
    return Verdict(count, prev.hex())


def link(body: str, number: int, prev: bytes) -> bytes:
    return sha256(f'{{"entry":{body},"id":{number},"prev":"{prev.hex()}"}}'.encode()).digest()


async def _entries(db: AsyncConnection) -> AsyncIterator[Any]:
    columns = (JournalEntry.id, JournalEntry.body, JournalEntry.prev, JournalEntry.hash)
    result = await db.stream(select(*columns).order_by(JournalEntry.id).execution_options(yield_per=1000))
    async for entry in result:
        yield entry


async def page(
    db: AsyncConnection, before: int | None, size: int = 50, *, which: ColumnElement[bool] | None = None
) -> list[dict[str, Any]]:
    """Newest entries first, each as its parsed body with its id and hash; `which`: only some of them."""
    query = (
        select(JournalEntry.id, JournalEntry.body, JournalEntry.hash)
        .where(true() if which is None else which)
        .order_by(JournalEntry.id.desc())
        .limit(size)
    )
    if before:
        query = query.where(JournalEntry.id < before)
    rows = await db.execute(query)
    return [{"id": row.id, "hash": row.hash.hex(), **json.loads(row.body)} for row in rows]
