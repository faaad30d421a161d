"""The log of everything editors do, each step a row; the only place where drafts live."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Select, Text, Uuid, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from consultations.tables import Version
from dialogue.kit.database import Record
from dialogue.tables import Actor, Person

DRAFT = frozenset({"saved", "restored", "withdrawn"})  # acts after which something is not public yet
Content = dict[str, Any]

_ADD = insert(Version).on_conflict_do_nothing().returning(Version.number)


async def add(
    db: AsyncConnection,
    kind: str,
    subject: UUID,
    base: int,
    act: str,
    content: Content,
    actor_id: UUID | None,
) -> bool:
    """Write the step after number `base`; False when somebody else already has."""
    values = {"kind": kind, "subject": subject, "number": base + 1}
    values |= {"act": act, "content": content, "actor_id": actor_id}
    return (await db.execute(_ADD, values)).first() is not None


def _steps() -> Select[Any]:
    return (
        select(*Version.__table__.c, func.coalesce(Person.pseudonym, "").label("who"))
        .outerjoin(Actor, Actor.id == Version.actor_id)
        .outerjoin(Person, Person.id == Actor.person_id)
    )


_HISTORY = (
    _steps()
    .where(Version.subject == bindparam("subject"), Version.kind == bindparam("kind"))
    .order_by(Version.number.desc())
)
_LATEST = _HISTORY.limit(1)
_newest = (
    select(Version.subject, Version.kind, func.max(Version.number).label("number"))
    .group_by(Version.subject, Version.kind)
    .subquery()
)
_STANDING = (
    _steps()
    .join(
        _newest,
        (_newest.c.subject == Version.subject)
        & (_newest.c.kind == Version.kind)
        & (_newest.c.number == Version.number),
    )
    .where(Version.act == func.any(bindparam("acts", type_=ARRAY(Text))))
    .order_by(Version.saved_at.desc(), Version.subject)
)


async def latest(db: AsyncConnection, kind: str, subject: UUID) -> Record | None:
    """The newest step, with the pseudonym of whoever took it."""
    found: Record | None = (await db.execute(_LATEST, {"kind": kind, "subject": subject})).first()
    return found


async def history(db: AsyncConnection, kind: str, subject: UUID) -> list[Record]:
    """All steps, the newest first."""
    return list(await db.execute(_HISTORY, {"kind": kind, "subject": subject}))


async def standing(db: AsyncConnection, acts: Iterable[str]) -> list[Record]:
    """The newest step of everything whose newest step is one of these, the latest first."""
    return list(await db.execute(_STANDING, {"acts": list(acts)}))


_PUBLISHED = (
    select(Version.number, Version.content, Version.saved_at)
    .where(Version.subject == bindparam("subject"), Version.kind == "point", Version.act == "published")
    .order_by(Version.number)
)


async def published(db: AsyncConnection, subject: UUID) -> list[Record]:
    """What was public of a point, one wording after the other. The only reading that is not for editors."""
    return list(await db.execute(_PUBLISHED, {"subject": subject}))


_TITLES = (
    select(Version.subject, Version.content["title"].as_string().label("title"))
    .where(
        Version.subject == func.any(bindparam("subjects", type_=ARRAY(Uuid))),
        Version.content["title"].as_string() != "",
    )
    .order_by(Version.number)
)


async def titles(db: AsyncConnection, subjects: Sequence[UUID]) -> dict[UUID, str]:
    """The title each thing had last."""
    rows = await db.execute(_TITLES, {"subjects": list(subjects)})
    return {row.subject: row.title for row in rows}
