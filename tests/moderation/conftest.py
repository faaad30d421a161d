"""What the tests of the procedure share: decisions as moderators make them, and guests who solve easy riddles."""

from base64 import b64encode
from json import dumps
from typing import Any

import altcha
import pytest
from sqlalchemy import select

from dialogue import comments, proof
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


def solved(key):
    """What the device of somebody without an account sends along."""
    riddle = altcha.Challenge.from_dict(proof.challenge(key))
    return b64encode(
        dumps(altcha.Payload(riddle, altcha.solve_challenge(riddle)).to_dict()).encode()
    ).decode()


@pytest.fixture
def riddle(monkeypatch, settings):
    """A solved riddle per call."""
    monkeypatch.setattr(proof, "COST", 1)
    return lambda: solved(settings.key)


@pytest.fixture
def write(riddle):
    """Write in a thread as a visitor without an account; `proof` None: without JavaScript."""

    async def written(browser, thread, text="Bitte auch auf Papier.", proof="", **form):
        sent = {"text": text, "guest": "yes", "altcha": proof or riddle()} | form
        if proof is None:
            del sent["altcha"]
        return await browser.post(f"/faden/{thread.id}/schreiben", **sent)

    return written
