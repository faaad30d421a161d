"""What every kind of thing that editors change has to say about itself."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import InstrumentedAttribute

from consultations.editing.versions import Content
from consultations.tables import Version

_CODES = select(Version.content["code"].as_string()).where(Version.kind == bindparam("kind"))


@dataclass(frozen=True)
class Stored:
    """What stands in the rows: as content of the form, since when, and whether citizens can see it."""

    content: Content
    at: datetime | None = None
    public: bool = True


@dataclass(frozen=True)
class Gap:
    """What stands against publication, and where to mend it: a field, or another thing."""

    text: str
    field: str = ""
    kind: str = ""
    uid: UUID | None = None
    about: UUID | None = None  # a new thing made for this one


@dataclass(frozen=True)
class Written:
    """What publication has written: the journal's subject, and what only the row could tell."""

    subject: str
    facts: dict[str, Any] = field(default_factory=dict)  # kept with the published version


@dataclass(frozen=True)
class Listed:
    """A row in the list of a kind."""

    uid: UUID
    title: str
    code: str = ""
    public: bool = True
    home: UUID | None = None  # the consultation of a point


class Kind(Protocol):
    """One kind: modules of this folder, as functions."""

    NAME: str
    NEEDED: dict[str, str]  # field: the sentence when it is empty at publication

    async def stored(self, db: AsyncConnection, uid: UUID) -> Stored | None: ...
    async def complete(self, db: AsyncConnection, uid: UUID, content: Content) -> Content: ...
    async def gaps(self, db: AsyncConnection, uid: UUID, content: Content) -> list[Gap]: ...
    async def apply(self, db: AsyncConnection, uid: UUID, content: Content, actor: UUID) -> Written: ...
    async def listed(self, db: AsyncConnection) -> list[Listed]: ...


def empty(needed: dict[str, str], content: Content) -> list[Gap]:
    return [Gap(sentence, field=name) for name, sentence in needed.items() if not content.get(name)]


async def id_of(db: AsyncConnection, table: type[Any], uid: str | None) -> int | None:
    """The row's key behind a lasting name, None without one."""
    if not uid:
        return None
    return (await db.execute(select(table.id).where(table.uid == UUID(uid)))).scalar()


async def free(
    db: AsyncConnection, table: type[Any], column: InstrumentedAttribute[str], uid: UUID, wanted: str
) -> str:
    """The wanted word, or the next one with -2, -3 … behind it, that no other row has."""
    taken = set((await db.execute(select(column).where(table.uid != uid))).scalars())
    number, word = 1, wanted
    while word in taken:
        number += 1
        word = f"{wanted}-{number}"
    return word


async def next_code(db: AsyncConnection, table: type[Any], letter: str) -> str:
    """E1, E2 … – the one after all that are there or drafted."""
    rows = await db.execute(select(table.code))
    drafts = await db.execute(_CODES, {"kind": table.__tablename__.removesuffix("s")})
    codes = [code for code in (*rows.scalars(), *drafts.scalars()) if code]
    numbers = [int(code[len(letter) :]) for code in codes if re.fullmatch(f"{letter}[0-9]{{1,9}}", code)]
    return f"{letter}{max(numbers, default=0) + 1}"


async def is_taken(
    db: AsyncConnection, table: type[Any], column: InstrumentedAttribute[str], uid: UUID, word: str
) -> bool:
    found = await db.execute(select(table.id).where(column == word, table.uid != uid))
    return found.first() is not None
