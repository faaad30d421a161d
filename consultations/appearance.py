"""How the installation looks: name, contact, accent, logo, languages. Each save is a new row; the newest holds."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, delete, exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from consultations.tables import Appearance, Logo
from dialogue import journal
from dialogue.kit.database import Record
from dialogue.kit.errors import Conflict, NotFound
from dialogue.kit.images import Picture

WORDS = ("name", "platform", "claim", "question", "intro", "office", "address", "mail", "phone", "accent")
PARTS = (*WORDS, "logo", "languages")
AS_IN_FILE: dict[str, Any] = dict.fromkeys(WORDS) | {"logo": None, "languages": ["de"]}
SHOWN = 20  # of the history
FORGOTTEN = timedelta(days=1)

_columns = [Appearance.__table__.c[name] for name in ("id", *PARTS, "saved_at")]
_LOOKS = (
    select(*_columns, Logo.kind, Logo.width, Logo.height)
    .outerjoin(Logo, Logo.digest == Appearance.logo)
    .order_by(Appearance.id.desc())
)
_NEWEST = _LOOKS.limit(1)
_HISTORY = _LOOKS.limit(SHOWN)
_ONE = _LOOKS.where(Appearance.id == bindparam("wanted"))
_SAVE = (
    insert(Appearance).on_conflict_do_nothing(index_elements=[Appearance.follows]).returning(Appearance.id)
)
_KEEP = insert(Logo)
_KEEP = _KEEP.on_conflict_do_update(index_elements=[Logo.digest], set_={"created_at": func.now()})
_LOGO = select(Logo.digest, Logo.kind, Logo.width, Logo.height).where(Logo.digest == bindparam("wanted"))
_FILE = select(Logo.data).where(Logo.digest == bindparam("wanted"), Logo.kind == bindparam("type"))
_shown = exists().where(Appearance.logo == Logo.digest)
_SWEEP = delete(Logo).where(Logo.created_at < func.now() - FORGOTTEN, ~_shown)


class Overtaken(Conflict):
    text = (
        "Inzwischen hat jemand anderes das Erscheinungsbild geändert. Ihre Eingaben stehen noch hier: "
        "Bitte prüfen Sie sie und speichern Sie noch einmal, dann gelten Ihre."
    )


async def newest(db: AsyncConnection) -> Record | None:
    """What holds; None while all is as in the city's file."""
    return (await db.execute(_NEWEST)).first()


async def history(db: AsyncConnection) -> list[Record]:
    """What was saved, newest first."""
    return list(await db.execute(_HISTORY))


async def one(db: AsyncConnection, id: int) -> Record:
    found = (await db.execute(_ONE, {"wanted": id})).first()
    if found is None:
        raise NotFound
    return found


async def save(db: AsyncConnection, look: Mapping[str, Any], *, follows: int, person_id: int) -> int:
    """Store a look unless it holds already; returns the number of the one that holds now.

    Of two who save at once the second is told (Overtaken).
    Ends with the journal's entry: call it last in a transaction.
    """
    now = await newest(db)
    before = {name: getattr(now, name) for name in PARTS} if now else AS_IN_FILE
    changed = [name for name in PARTS if look[name] != before[name]]
    if not changed:
        return now.id if now else 0
    if follows != (now.id if now else 0):
        raise Overtaken
    values = {name: look[name] for name in PARTS} | {"follows": follows}
    id = (await db.execute(_SAVE, values)).scalar()
    if id is None:
        raise Overtaken
    await journal.record(db, "appearance.saved", f"appearance:{id}", person_id=person_id, changed=changed)
    return int(id)


async def restore(db: AsyncConnection, id: int, *, person_id: int) -> int:
    """Let an earlier look hold again; 0 is the city's file. The same twice is done once."""
    earlier = await one(db, id) if id else None
    now = await newest(db)
    look = {name: getattr(earlier, name) for name in PARTS} if earlier else AS_IN_FILE
    return await save(db, look, follows=now.id if now else 0, person_id=person_id)


async def keep_logo(db: AsyncConnection, picture: Picture) -> Record:
    """Store a picture under its digest, so that a form that is sent again need not bring it again."""
    values = {"kind": picture.kind, "width": picture.width, "height": picture.height, "data": picture.data}
    await db.execute(_KEEP, values | {"digest": picture.digest})
    found = await logo(db, picture.digest)
    assert found is not None
    return found


async def logo(db: AsyncConnection, digest: str) -> Record | None:
    """A stored logo: digest, kind and size."""
    return (await db.execute(_LOGO, {"wanted": digest})).first()


async def logo_file(db: AsyncConnection, digest: str, kind: str) -> bytes:
    """The logo itself, else NotFound."""
    found = (await db.execute(_FILE, {"wanted": digest, "type": kind})).scalar()
    if found is None:
        raise NotFound
    return bytes(found)


async def sweep(db: AsyncConnection) -> None:
    """Forget logos that were uploaded and never saved."""
    await db.execute(_SWEEP)
