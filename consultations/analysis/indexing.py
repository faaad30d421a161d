"""Compounds for the search: taken apart beside the event loop, stored beside the words they belong to."""

from collections.abc import Callable
from typing import Any

from anyio import to_thread
from sqlalchemy import BigInteger, bindparam, select, update

from consultations.analysis import compounds
from consultations.tables import Point
from dialogue import search
from dialogue.kit.database import Database

_said: Any = Point.title + " " + Point.text + " " + Point.easy + " " + Point.rationale
_id = bindparam("point", type_=BigInteger)
_UNSPLIT = select(Point.id, _said.label("said")).where(Point.split.is_(False)).order_by(Point.id)
_ADD_PARTS = (
    update(Point)
    .where(Point.id == _id, _said == bindparam("said"), Point.split.is_(False))
    .values(words=Point.words.op("||")(search.PARTS), split=True)
)


async def comment(database: Database, comment_id: int) -> bool:
    """The compounds of one public comment; nothing when it is public no longer, or was done before."""
    async with database.reading() as db:
        said = await search.unsplit_text(db, comment_id)
    if said is None:
        return False
    parts = await to_thread.run_sync(compounds.parts, said)
    async with database.writing() as db:
        return await search.add_parts(db, comment_id, said, parts)


async def points(database: Database) -> int:
    """The compounds of all points that are new or have changed; returns how many."""
    async with database.reading() as db:
        waiting = list(await db.execute(_UNSPLIT))
    for row in waiting:
        parts = await to_thread.run_sync(compounds.parts, row.said)
        async with database.writing() as db:
            await db.execute(_ADD_PARTS, {"point": row.id, "said": row.said, "parts": " ".join(parts)})
    return len(waiting)


async def everything(database: Database, say: Callable[[str], None] = lambda _: None) -> int:
    """All that is not done yet, points first; returns how many texts. A second run has nothing to do."""
    done, after = await points(database), 0
    while True:
        async with database.reading() as db:
            waiting = await search.unsplit(db, after)
        if not waiting:
            return done
        for comment_id in waiting:
            done += await comment(database, comment_id)
        after = waiting[-1]
        say(f"{done} Texte")
