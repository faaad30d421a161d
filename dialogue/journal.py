"""The journal: append-only and hash-chained, with opaque actor ids instead of names.

The database chains each entry in a trigger, so that two writers cannot fork it:
hash = SHA-256 of {"entry":BODY,"id":ID,"prev":"HEX OF THE PREVIOUS HASH"} in UTF-8, where BODY is
the canonical JSON below and the first prev is 32 zero bytes.

Nobody sees from a chain that its end is missing, or that all of it was made anew: so its head (the number of
entries and the last hash) is published every day, and `verify` compares the chain with all heads there are.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, DateTime, bindparam, cast, func, literal, select, true
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from dialogue.kit import clock
from dialogue.kit.messages import short_date
from dialogue.tables import Actor, Head, JournalEntry

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
class Known:
    """A head that somebody knows: how many entries there were and the last hash; the day it was published, or
    None when somebody noted it."""

    entries: int
    hash: bytes
    day: date | None = None


@dataclass(frozen=True)
class Verdict:
    """Outcome of a verification: how many entries, the head, and what is wrong: the first broken entry, or the
    first known head the chain does not pass through."""

    entries: int
    head: str
    broken: int | None = None
    missed: Known | None = None

    @property
    def problem(self) -> str:
        """What is wrong, as a sentence; empty when the journal is whole."""
        if self.broken is not None:
            return f"Das Protokoll ist ab Eintrag {self.broken} verändert."
        if self.missed is None:
            return ""
        named = f"vom {short_date(self.missed.day)}" if self.missed.day else "aus Ihrer Notiz"
        return (
            f"Das Protokoll passt nicht zur Prüfsumme {named} ({self.missed.entries} Einträge): "
            "Seitdem wurde etwas geändert oder entfernt."
        )


async def verify(db: AsyncConnection, noted: Known | None = None) -> Verdict:
    """Recompute the whole chain, and compare it with the published heads and the one somebody noted.

    What was changed, removed, swapped or forged is found, at the end of the chain from the next head on.
    """
    known = [*await heads(db), *([noted] if noted else [])]
    by_entries: dict[int, list[Known]] = {}
    for each in known:
        by_entries.setdefault(each.entries, []).append(each)
    prev, count = START, 0
    missed = _missed(by_entries, count, prev)
    async for entry in _entries(db):
        count += 1
        if (entry.id, bytes(entry.prev)) != (count, prev) or bytes(entry.hash) != link(
            entry.body, count, prev
        ):
            return Verdict(count, prev.hex(), broken=count)
        prev = bytes(entry.hash)
        missed = missed or _missed(by_entries, count, prev)
    beyond = sorted((each for each in known if each.entries > count), key=lambda each: each.entries)
    return Verdict(count, prev.hex(), missed=missed or next(iter(beyond), None))


def _missed(known: dict[int, list[Known]], count: int, reached: bytes) -> Known | None:
    return next((each for each in known.get(count, ()) if each.hash != reached), None)


def link(body: str, number: int, prev: bytes) -> bytes:
    return sha256(f'{{"entry":{body},"id":{number},"prev":"{prev.hex()}"}}'.encode()).digest()


async def _entries(db: AsyncConnection) -> AsyncIterator[Any]:
    columns = (JournalEntry.id, JournalEntry.body, JournalEntry.prev, JournalEntry.hash)
    result = await db.stream(select(*columns).order_by(JournalEntry.id).execution_options(yield_per=1000))
    async for entry in result:
        yield entry


_HEADS = select(Head.entries, Head.hash, Head.day).order_by(Head.day.desc())
_at = cast(cast(JournalEntry.body, JSONB)["at"].astext, DateTime(timezone=True))
_later = (
    select(JournalEntry.id)
    .where(JournalEntry.id > bindparam("after", type_=BigInteger), _at >= bindparam("end"))
    .order_by(JournalEntry.id)
    .limit(1)
    .scalar_subquery()
)
_STOOD = (
    select(JournalEntry.id, JournalEntry.hash)
    .where(JournalEntry.id < func.coalesce(_later, 2**62))
    .order_by(JournalEntry.id.desc())
    .limit(1)
)
_PUBLISH = insert(Head).on_conflict_do_nothing()


async def heads(db: AsyncConnection, most: int | None = None) -> list[Known]:
    """The published heads, the newest first."""
    return [Known(row.entries, bytes(row.hash), row.day) for row in await db.execute(_HEADS.limit(most))]


async def publish_heads(db: AsyncConnection) -> None:
    """Publish where the chain stood at the end of yesterday, and of the days missed since the last head.

    The same again changes nothing: the application may only add heads.
    """
    yesterday = clock.today() - timedelta(days=1)
    last = next(iter(await heads(db, 1)), None)
    day = last.day + timedelta(days=1) if last and last.day else yesterday
    after = last.entries if last else 0
    while day <= yesterday:
        values = {"after": after, "end": clock.start_of(day + timedelta(days=1))}
        if stood := (await db.execute(_STOOD, values)).first():
            await db.execute(_PUBLISH, {"day": day, "entries": stood.id, "hash": stood.hash})
            after = stood.id
        day += timedelta(days=1)


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
