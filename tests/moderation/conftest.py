"""What the tests of the procedure share."""

from typing import Any

import pytest
from sqlalchemy import select

from dialogue import comments
from moderation import decisions
from tests.journeys.scenes import current

REASONS = "Bitte lassen Sie die Beleidigung weg, dann gern noch einmal."


@pytest.fixture
def table(database) -> Any:
    """All rows of a table, oldest first."""

    async def rows(of: Any) -> list[Any]:
        async with database.reading() as db:
            order = list(of.__table__.primary_key)
            return list(await db.execute(select(of.__table__).order_by(*order)))

    return rows


@pytest.fixture
def decide(database, make) -> Any:
    """A decision of a moderator, through the same door as the page's; returns who made it."""

    async def made(comment: Any, kind: str, by: Any = None, **ruling: Any) -> Any:
        by = by or await make.moderator()
        async with database.writing() as db:
            found = await comments.by_number(db, comment.number, comments.Viewer(moderates=True))
            values = {"reasons": REASONS} | ruling
            await decisions.decide(
                db, current(by, "moderator"), found, decisions.Ruling(kind, found.revision, **values)
            )
        return by

    return made
