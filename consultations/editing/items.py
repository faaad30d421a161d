"""One thing being edited, whatever its kind: find, save, publish, discard, restore – nobody overwrites anybody."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from consultations.editing import areas, consultations, measures, names, pages, points, rulebooks, versions
from consultations.editing.kinds import Gap, Kind, Stored
from consultations.editing.versions import Content
from dialogue import journal
from dialogue.kit.database import Record
from dialogue.kit.errors import Conflict, NotFound, Refusal

KINDS: dict[str, Kind] = {
    module.NAME: module for module in (consultations, points, areas, measures, pages, rulebooks)
}
TAKEN = "Dieses Kürzel oder diese Adresse ist gerade vergeben worden. Bitte wählen Sie ein anderes."
FIXED = ("code", "slug", "consultation")
Starts = Mapping[UUID, Content]  # texts to begin with where nothing is stored yet


class Overtaken(Conflict):
    """Somebody else saved in between."""

    title = "Inzwischen hat jemand anderes gespeichert"

    def __init__(self, item: "Item") -> None:
        super().__init__("Beide Fassungen stehen hier nebeneinander. Nichts ist verloren.")
        self.item = item


class Unready(Refusal):
    """Something is missing before it may be published."""

    status = 422
    title = "Vor der Veröffentlichung fehlt noch etwas"

    def __init__(self, gaps: list[Gap]) -> None:
        super().__init__(" ".join(gap.text for gap in gaps))
        self.gaps = gaps


@dataclass(frozen=True)
class Item:
    """A thing as editors find it: the draft if there is one, else what is stored, else a text to begin with."""

    kind: Kind
    uid: UUID
    content: Content
    latest: Record | None = None
    stored: Stored | None = None

    @property
    def number(self) -> int:
        """The step this stands on; 0 before the first."""
        return self.latest.number if self.latest else 0

    @property
    def draft(self) -> bool:
        return self.latest is not None and self.latest.act in versions.DRAFT

    @property
    def public(self) -> Stored | None:
        """What citizens see."""
        return self.stored if self.stored and self.stored.public else None

    @property
    def gone(self) -> bool:
        """Thrown away, and never published."""
        return self.latest is not None and not self.draft and self.stored is None


async def find(db: AsyncConnection, name: str, uid: UUID, starts: Starts) -> Item:
    """The thing, also one thrown away; NotFound when there never was one."""
    kind = KINDS[name]
    latest, stored = await versions.latest(db, name, uid), await kind.stored(db, uid)
    if latest and latest.act in versions.DRAFT:
        content = latest.content
    elif stored:
        content = stored.content
    elif latest or (uid in starts and names.FIXED.get(uid) == name):
        content = dict(starts.get(uid, {}))
    else:
        raise NotFound
    return Item(kind, uid, content, latest, stored)


async def save(db: AsyncConnection, item: Item, base: int, changes: Content, person_id: int) -> Content:
    """The next draft on top of step `base`. Raises Overtaken when there is a later one already.

    The same again is no new step; nor is what already stands there.
    """
    content = await item.kind.complete(db, item.uid, item.content | changes)
    actor = await journal.actor(db, person_id)
    if _says(item, changes) and (base == item.number or _is_of(item.latest, actor)):
        return item.content
    if base != item.number:
        raise Overtaken(item)
    await _step(db, item, base, "saved", content, actor)
    return content


def _says(item: Item, changes: Content) -> bool:
    """Whether these words stand there already, as a draft or in public."""
    there = item.draft or item.public is not None
    return there and all(item.content.get(name) == value for name, value in changes.items())


def _is_of(step: Record | None, actor: UUID) -> bool:
    return step is not None and step.actor_id == actor


async def _step(db: AsyncConnection, item: Item, base: int, act: str, content: Content, actor: UUID) -> None:
    """One more step. What was public before anybody edited it becomes the first."""
    name = item.kind.NAME
    if base == 0 and await names.is_others(db, name, item.uid):
        raise NotFound
    if base == 0 and item.public:
        if not await versions.add(db, name, item.uid, 0, "published", item.public.content, None):
            raise Overtaken(await find(db, name, item.uid, {}))
        base = 1
    if not await versions.add(db, name, item.uid, base, act, content, actor):
        raise Overtaken(await find(db, name, item.uid, {}))
    if name == "consultation" and act != "discarded":
        try:
            await consultations.keep(db, item.uid, content)
        except IntegrityError as error:
            raise Conflict(TAKEN) from error


async def restore(db: AsyncConnection, item: Item, base: int, number: int, person_id: int) -> None:
    """What a step held, as a new draft."""
    steps = await versions.history(db, item.kind.NAME, item.uid)
    old = next((step for step in steps if step.number == number and step.content), None)
    if old is None:
        raise NotFound
    _must_stand_on(item, base)
    content = {name: value for name, value in old.content.items() if name != "slug"}
    if item.stored is not None:  # what others link to stays
        content |= {name: item.stored.content[name] for name in FIXED if name in item.stored.content}
    content = await item.kind.complete(db, item.uid, content)
    await _step(db, item, base, "restored", content, await journal.actor(db, person_id))


async def discard(db: AsyncConnection, item: Item, base: int, person_id: int) -> None:
    """Throw the draft away; what is public stays, and the history keeps the draft."""
    _must_stand_on(item, base)
    if not item.draft:
        return
    await _step(db, item, base, "discarded", {}, await journal.actor(db, person_id))
    if item.kind.NAME == "consultation":
        await consultations.drop(db, item.uid)


async def publish(db: AsyncConnection, item: Item, base: int, person_id: int) -> None:
    """Make the draft public; the same again does nothing. Raises Unready with everything that is missing."""
    actor = await journal.actor(db, person_id)
    if (
        item.number == base + 1
        and item.latest
        and item.latest.act == "published"
        and _is_of(item.latest, actor)
    ):
        return
    if not item.draft or base != item.number:
        raise Overtaken(item)
    if gaps := await item.kind.gaps(db, item.uid, item.content):
        raise Unready(gaps)
    try:
        written = await item.kind.apply(db, item.uid, item.content, actor)
    except IntegrityError as error:  # somebody took the same code or address a moment ago
        raise Conflict(TAKEN) from error
    content = item.content | written.facts
    if not await versions.add(db, item.kind.NAME, item.uid, base, "published", content, actor):
        raise Conflict(
            "Gerade hat jemand anderes gespeichert. Bitte sehen Sie sich die Vorschau noch einmal an."
        )
    name, _, _ = written.subject.partition(":")
    await journal.record(db, f"{name}.published", written.subject, person_id=person_id, version=base + 1)


async def withdraw(db: AsyncConnection, item: Item, base: int, person_id: int) -> None:
    """Take a consultation back to a draft, before anything was said in it."""
    if item.kind.NAME != "consultation":
        raise NotFound
    _must_stand_on(item, base)
    row = await consultations.withdraw(db, item.uid)
    await _step(db, item, base, "withdrawn", item.content, await journal.actor(db, person_id))
    await journal.record(db, "consultation.withdrawn", f"consultation:{row.slug}", person_id=person_id)


def _must_stand_on(item: Item, base: int) -> None:
    if base != item.number:
        raise Overtaken(item)
