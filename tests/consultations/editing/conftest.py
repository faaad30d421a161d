"""A desk for the tests of editing: save, publish and find as an editor would."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from consultations.editing import items, rulebooks
from consultations.editing.items import KINDS, Item
from dialogue.kit import clock
from dialogue.kit.errors import NotFound

AREA = {"title": "Ethik", "summary": "Was gelten soll."}
POINT = {"title": "Kennzeichnung", "text": "Es soll draufstehen.", "rationale": "Man will es wissen."}
PAGE = {"title": "So geht es", "text": "Erst lesen."}
RULES = {
    "title": "Netiquette",
    "intro": "So reden wir.",
    "rules": [
        {
            "title": "Respekt",
            "text": "Freundlich.",
            "easy": "Seien Sie nett.",
            "reason": "Bitte bleiben Sie freundlich.",
        }
    ],
}


def consultation(**more):
    """All a consultation needs, open from today."""
    today = clock.today()
    words = dict.fromkeys(("title", "lead", "about", "contact", "privacy"), "Ein Satz.")
    days = {"starts_on": today.isoformat(), "ends_on": (today + timedelta(days=9)).isoformat()}
    return words | days | {"moderation": "pre", "rulebook": "", "circle": "", "sealed_until": ""} | more


class Desk:
    """What one editor does, each step in a transaction of its own."""

    def __init__(self, database, person):
        self.database, self.person = database, person

    async def find(self, kind, uid):
        async with self.database.reading() as db:
            return await items.find(db, kind, uid, {})

    async def save(self, kind, uid=None, *, base=None, **words):
        """Save on top of what is there, or of step `base`; returns the lasting name."""
        uid = uid or uuid4()
        async with self.database.writing() as db:
            try:
                item = await items.find(db, kind, uid, {})
            except NotFound:
                item = Item(KINDS[kind], uid, {})
            await items.save(db, item, item.number if base is None else base, words, self.person.id)
        return uid

    async def act(self, do, kind, uid, *more, base=None):
        async with self.database.writing() as db:
            item = await items.find(db, kind, uid, {})
            await do(db, item, item.number if base is None else base, *more, self.person.id)

    async def publish(self, kind, uid, *, base=None):
        await self.act(items.publish, kind, uid, base=base)

    async def published(self, kind, **words):
        uid = await self.save(kind, **words)
        await self.publish(kind, uid)
        return uid

    async def rules(self, **words):
        await self.save("rulebook", rulebooks.UID, **(RULES | words))
        await self.publish("rulebook", rulebooks.UID)

    async def opened(self, **words) -> tuple[UUID, UUID]:
        """A consultation with one point, published; the names of both."""
        home = await self.save("consultation", **consultation(**words))
        point = await self.save("point", **(POINT | {"consultation": str(home)}))
        await self.publish("consultation", home)
        return home, point


@pytest.fixture
async def desk(database, make):
    return Desk(database, await make.person("editor"))


@pytest.fixture
async def second(database, make):
    return Desk(database, await make.person("editor"))
