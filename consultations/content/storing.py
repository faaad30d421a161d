"""Stores a city's content: terms, Netiquette, areas, points, measures, consultations. What is there stays as it is."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from anyio import to_thread
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from consultations import calendar
from consultations.content import reading, shapes
from consultations.outcome import bulk
from consultations.tables import Area, Consultation, Measure, Phase, Point
from dialogue import journal, search
from dialogue.kit import clock
from dialogue.tables import Circle, Terms, Thread
from moderation.tables import Rule, Rulebook

Say = Callable[[str], None]
STATES = {"geplant": "planned", "läuft": "running", "fertig": "done"}
WORDS = {
    Terms: "Teilnahmebedingungen",
    Rulebook: "Netiquette",
    Area: "Handlungsfelder",
    Measure: "Maßnahmen",
    Consultation: "Beteiligungen",
    Point: "Punkte",
}

COPIED = {"slug", "title", "lead", "about", "contact", "privacy", "guests_write", "guests_vote"}


@dataclass
class Stored:
    """Ids by the keys the files use, and how many of each kind are new or were there before."""

    today: date
    published_at: datetime
    rulebook: int | None = None
    rules: dict[str, int] = field(default_factory=dict)
    areas: dict[str, int] = field(default_factory=dict)
    consultations: dict[str, int] = field(default_factory=dict)
    points: dict[str, tuple[int, int]] = field(default_factory=dict)
    new: Counter[type[Any]] = field(default_factory=Counter)
    there: Counter[type[Any]] = field(default_factory=Counter)


async def load(db: AsyncConnection, folder: Path, say: Say) -> list[str]:
    """Store what a folder holds and is not there yet; returns the addresses of its consultations.

    Raises reading.Broken before anything is stored.
    """
    content = await to_thread.run_sync(reading.read, folder)
    stored = await store(db, content, clock.now())
    for counted, what in ((stored.new, "Neu"), (stored.there, "Schon da, unverändert gelassen")):
        if listed := ", ".join(f"{WORDS[table]}: {counted[table]}" for table in WORDS if counted[table]):
            say(f"{what} – {listed}")
    if stored.new:
        counts = {table.__tablename__: count for table, count in stored.new.items()}
        await journal.record(db, "content.imported", "city", **counts)
    return list(stored.consultations)


async def store(db: AsyncConnection, content: shapes.Content, published_at: datetime) -> Stored:
    """Everything of the files in the caller's transaction; other loads wait."""
    await bulk.alone(db)
    stored = Stored(clock.today(), published_at)
    await _terms(db, stored, content.terms)
    await _rules(db, stored, content.netiquette)
    for position, area in enumerate(content.strategy.area):
        values = area.model_dump() | {"position": position}
        stored.areas[area.key], _ = await _once(db, stored, Area.key, values)
    for consultation in content.consultations:
        await _consultation(db, stored, consultation)
    for position, point in enumerate(content.strategy.point):
        await _point(db, stored, point, position)
    for position, measure in enumerate(content.strategy.measure):
        values = measure.model_dump(exclude={"area"}) | {"state": STATES[measure.state]}
        home = {"area_id": stored.areas[measure.area], "position": position}
        await _once(db, stored, Measure.code, values | home)
    if stored.new[Point]:
        await search.enqueue_all(db)
    return stored


async def _once(
    db: AsyncConnection, stored: Stored, unique: Any, values: Mapping[str, Any]
) -> tuple[int, bool]:
    """Id of the row with the value that is unique, and whether it is new; one that is there stays as it is."""
    table = unique.class_
    there = (await db.execute(select(table.id).where(unique == values[unique.key]))).scalar()
    (stored.new if there is None else stored.there)[table] += 1
    return (await _add(db, table, **values), True) if there is None else (int(there), False)


async def _add(db: AsyncConnection, table: type[Any], **values: Any) -> int:
    return int((await db.execute(insert(table).values(**values).returning(table.id))).scalar_one())


async def _terms(db: AsyncConnection, stored: Stored, terms: shapes.TermsFile) -> None:
    sections = [section.model_dump() for section in terms.section]
    values = {"version": terms.version, "title": terms.title, "sections": sections}
    await _once(db, stored, Terms.version, values)


async def _rules(db: AsyncConnection, stored: Stored, book: shapes.NetiquetteFile) -> None:
    values: dict[str, Any] = {"version": book.version, "title": book.title, "intro": book.intro}
    values["valid_from"] = stored.published_at  # before the first contribution it is applied to
    book_id, new = await _once(db, stored, Rulebook.version, values)
    if new:
        for rule in book.rule:
            row = rule.model_dump() | {"number": int(rule.number), "rulebook_id": book_id}
            await db.execute(insert(Rule).values(**row))
    rows = await db.execute(select(Rule.number, Rule.id).where(Rule.rulebook_id == book_id))
    stored.rulebook = book_id
    stored.rules = {str(row.number): row.id for row in rows}


async def _consultation(db: AsyncConnection, stored: Stored, found: shapes.Consultation) -> None:
    values = found.model_dump(include=COPIED) | {
        "starts_on": found.first(stored.today),
        "ends_on": found.last(stored.today),
        "checks_first": found.moderation == "pre",
        "published_at": stored.published_at,
        "results": [result.model_dump() for result in found.result],
        "rulebook_id": stored.rulebook,
        "circle_id": await _circle(db, found.circle) if found.circle else None,
    }
    consultation_id, new = await _once(db, stored, Consultation.slug, values)
    stored.consultations[found.slug] = consultation_id
    for phase in found.phase if new else ():
        dates = {"starts_on": phase.first(stored.today), "ends_on": phase.last(stored.today)}
        words = phase.model_dump(include={"kind", "title", "text"})
        await db.execute(insert(Phase).values(consultation_id=consultation_id, **words, **dates))


async def _circle(db: AsyncConnection, name: str) -> int:
    """The circle of this name; without members until somebody takes them in."""
    there = (await db.execute(select(Circle.id).where(Circle.name == name))).scalar()
    return int(there) if there is not None else await _add(db, Circle, name=name)


async def _point(db: AsyncConnection, stored: Stored, point: shapes.Point, position: int) -> None:
    home = stored.consultations[point.consultation]
    found = select(Point.id, Point.thread_id, Point.consultation_id).where(Point.code == point.code)
    there = (await db.execute(found)).first()
    (stored.new if there is None else stored.there)[Point] += 1
    if there is None:
        stored.points[point.code] = await _new_point(db, stored, point, position)
    elif there.consultation_id == home:
        stored.points[point.code] = (there.id, there.thread_id)
    else:
        raise reading.Broken(
            f"strategy.toml, point ({point.code}): Dieses Kürzel gehört schon zu einer anderen Beteiligung."
        )


async def _new_point(
    db: AsyncConnection, stored: Stored, point: shapes.Point, position: int
) -> tuple[int, int]:
    home = stored.consultations[point.consultation]
    thread_id = await _add(db, Thread, title=point.title, address=f"/punkte/{point.code}")
    point_id = await _add(
        db,
        Point,
        area_id=stored.areas[point.area],
        consultation_id=home,
        thread_id=thread_id,
        changed_at=clock.now() - timedelta(days=point.changed_days_ago),
        documents=[
            document.model_dump(exclude_defaults=True) | {"note": document.note}
            for document in point.documents
        ],
        position=position,
        **point.model_dump(include={"code", "title", "text", "rationale", "easy", "edition"}),
    )
    await calendar.apply(db, home)
    return point_id, thread_id
