"""Consultations: their row is there with the first draft, unseen until publication opens or announces it."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, exists, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import InstrumentedAttribute

from consultations import calendar
from consultations.editing import checklist, points, schedule, versions
from consultations.editing.kinds import Gap, Listed, Stored, Written, free
from consultations.editing.versions import Content
from consultations.outcome.frame import slug_of
from consultations.tables import PHASES, Consultation, Phase, Point
from dialogue.kit import clock
from dialogue.kit.database import Record
from dialogue.kit.errors import Conflict
from dialogue.tables import Circle, Comment, Stance, Thread
from moderation import rules

NAME = "consultation"
NEEDED: dict[str, str] = {}  # see checklist
WORDS = ("title", "lead", "about", "contact", "privacy")
_BY_UID = select(Consultation.__table__).where(Consultation.uid == bindparam("uid"))
_LOCKED = select(Consultation.__table__).where(Consultation.uid == bindparam("uid")).with_for_update()
_PHASES = select(Phase.__table__).where(Phase.consultation_id == bindparam("consultation"))
_LIST = select(
    Consultation.uid,
    Consultation.slug,
    Consultation.title,
    Consultation.starts_on,
    Consultation.ends_on,
    (Consultation.published_at <= func.now()).label("public"),
).order_by(Consultation.ends_on.desc().nulls_first(), Consultation.id.desc())
_CIRCLES = select(Circle.id, Circle.name).order_by(Circle.name)


def _day(value: date | datetime | None) -> str:
    if isinstance(value, datetime):
        value = value.astimezone(clock.BERLIN).date()
    return value.isoformat() if value else ""


async def stored(db: AsyncConnection, uid: UUID) -> Stored | None:
    row = (await db.execute(_BY_UID, {"uid": uid})).first()
    if row is None:
        return None
    content: Content = {name: getattr(row, name) for name in ("slug", *WORDS)} | {
        "starts_on": _day(row.starts_on),
        "ends_on": _day(row.ends_on),
        "sealed_until": _day(row.sealed_until),
        "moderation": "pre" if row.checks_first else "post",
        "guests_write": row.guests_write,
        "guests_vote": row.guests_vote,
        "rulebook": str(row.rulebook_id or ""),
        "circle": str(row.circle_id or ""),
    }
    for phase in await db.execute(_PHASES, {"consultation": row.id}):
        days = {"starts_on": _day(phase.starts_on), "ends_on": _day(phase.ends_on)}
        content[phase.kind] = {"title": phase.title, "text": phase.text} | (
            {} if phase.kind == "participation" else days
        )
    return Stored(content, row.published_at, row.published_at is not None)


async def complete(db: AsyncConnection, uid: UUID, content: Content) -> Content:
    """The address follows from the first title and stays: links to it do."""
    if content.get("slug"):
        return content
    wanted = slug_of(str(content.get("title")), "beteiligung")
    return content | {"slug": await free(db, Consultation, Consultation.slug, uid, wanted)}


async def keep(db: AsyncConnection, uid: UUID, content: Content) -> None:
    """The row of a draft, to which rooms and points belong; what citizens read is written at publication."""
    row = upsert(Consultation).values(
        uid=uid, slug=content["slug"], title=content["title"], lead="", about=""
    )
    named = {"slug": content["slug"], "title": content["title"]}
    unseen = Consultation.published_at.is_(None)
    await db.execute(row.on_conflict_do_update(index_elements=[Consultation.uid], set_=named, where=unseen))


async def drop(db: AsyncConnection, uid: UUID) -> None:
    """The row of a draft thrown away, if nothing was ever made in it and no role given for it."""
    unused = ~exists().where(Point.consultation_id == Consultation.id)
    unseen = Consultation.published_at.is_(None), Consultation.room_id.is_(None)
    await db.execute(delete(Consultation).where(Consultation.uid == uid, *unseen, unused))


async def gaps(db: AsyncConnection, uid: UUID, content: Content) -> list[Gap]:
    """What is missing before it may open, in itself and in its points."""
    drafts = await drafted_points(db, uid)
    mine = [each for each in await points.listed(db) if each.home == uid]
    has_rules = (await rules.current(db)).book is not None
    found = checklist.of(uid, content, points=len({each.uid for each in mine} | set(drafts)), rules=has_rules)
    found += await days(db, uid, content)
    if (circle := content.get("circle")) and circle not in dict(await circles(db)):
        found.append(Gap("Diesen Kreis gibt es nicht mehr. Bitte wählen Sie einen anderen.", field="circle"))
    for point, draft in drafts.items():
        found += [
            Gap(f"Punkt {draft.content['code']}: {gap.text}", kind="point", uid=point, field=gap.field)
            for gap in await points.own_gaps(db, point, draft.content)
        ]
    return found


async def days(db: AsyncConnection, uid: UUID, content: Content) -> list[Gap]:
    """Days that cannot be, and promises that would be broken."""
    found = problems(content, await stored(db, uid))
    return [Gap(text, field=name) for name, text in found]


def problems(content: Content, there: Stored | None) -> list[schedule.Problem]:
    """The same by field. The row has a circle only once it was published for it, and keeps it when taken back."""
    public = there.content if there and there.public else None
    circle = there.content["circle"] if there else ""
    return list(schedule.problems(content, public, clock.today(), circle))


async def drafted_points(db: AsyncConnection, uid: UUID) -> dict[UUID, Record]:
    """Drafts of points made for this consultation, each with the number of its step."""
    return {
        row.subject: row
        for row in await versions.standing(db, versions.DRAFT)
        if row.kind == "point" and row.content.get("consultation") == str(uid)
    }


async def apply(db: AsyncConnection, uid: UUID, content: Content, actor: UUID) -> Written:
    """Write the row; the first publication brings its points along, and from then on citizens see it."""
    row = (await db.execute(_LOCKED, {"uid": uid})).one()
    book = (await rules.current(db)).book
    values: dict[str, Any] = {name: content.get(name) or "" for name in WORDS} | {
        "slug": content["slug"],
        "starts_on": schedule.day(content["starts_on"]),
        "ends_on": schedule.day(content["ends_on"]),
        "sealed_until": _moment(content.get("sealed_until")),
        "checks_first": content.get("moderation") != "post",
        "guests_write": bool(content.get("guests_write")),
        "guests_vote": bool(content.get("guests_vote")),
        "rulebook_id": int(content.get("rulebook") or 0) or row.rulebook_id or (book.id if book else None),
        "circle_id": int(content.get("circle") or 0) or None,
    }
    if row.published_at is None:
        values["published_at"] = func.now()
        for draft in (await drafted_points(db, uid)).values():
            await _publish_point(db, draft, actor)
    await db.execute(update(Consultation).where(Consultation.id == row.id).values(**values))
    await _write_phases(db, row.id, content)
    await calendar.apply(db, row.id)
    return Written(f"consultation:{content['slug']}")


def _moment(text: str | None) -> datetime | None:
    day = schedule.day(text)
    return clock.start_of(day) if day else None


async def _publish_point(db: AsyncConnection, draft: Record, actor: UUID) -> None:
    """Publish the step that was read; when there is a later one already, nothing is."""
    uid = draft.subject
    written = await points.apply(db, uid, draft.content, actor)
    content = draft.content | written.facts
    if not await versions.add(db, "point", uid, draft.number, "published", content, actor):
        raise Conflict(
            "Gerade hat jemand einen Punkt geändert. Bitte sehen Sie sich die Vorschau noch einmal an."
        )


async def _write_phases(db: AsyncConnection, consultation_id: int, content: Content) -> None:
    await db.execute(delete(Phase).where(Phase.consultation_id == consultation_id))
    for kind in PHASES:
        first, last = schedule.span(content, kind)
        if first is None:
            continue
        words = content.get(kind) or {}
        await db.execute(
            insert(Phase).values(
                consultation_id=consultation_id,
                kind=kind,
                title=words.get("title") or schedule.TITLES[kind],
                text=words.get("text") or "",
                starts_on=first,
                ends_on=last,
            )
        )


async def withdraw(db: AsyncConnection, uid: UUID) -> Record:
    """Take a published one back to a draft, as long as nobody has said anything in it."""
    row = (await db.execute(_LOCKED, {"uid": uid})).first()
    if row is None or row.published_at is None:
        raise Conflict("Diese Beteiligung ist schon ein Entwurf.")
    # A comment being written holds its thread: here we wait for it, and it waits for us.
    home = select(Point.thread_id).where(Point.consultation_id == row.id)
    threads = (
        (await db.execute(select(Thread.id).where(Thread.id.in_(home)).with_for_update())).scalars().all()
    )
    if await _any(db, Comment.thread_id, threads) or await _any(db, Stance.thread_id, threads):
        raise Conflict(
            "Hier hat schon jemand etwas gesagt. Eine Beteiligung lässt sich nur zurücknehmen, solange sie leer ist."
        )
    await db.execute(update(Consultation).where(Consultation.id == row.id).values(published_at=None))
    await calendar.apply(db, row.id)
    return row


async def _any(db: AsyncConnection, column: InstrumentedAttribute[int], ids: Iterable[int]) -> bool:
    return (await db.execute(select(column).where(column.in_(list(ids))).limit(1))).first() is not None


async def listed(db: AsyncConnection) -> list[Listed]:
    return [Listed(row.uid, row.title, public=bool(row.public)) for row in await rows(db)]


async def rows(db: AsyncConnection) -> list[Record]:
    """All consultations with their days, drafts first."""
    return list(await db.execute(_LIST))


async def circles(db: AsyncConnection) -> list[tuple[str, str]]:
    """The circles a consultation may be kept for."""
    return [(str(row.id), row.name) for row in await db.execute(_CIRCLES)]
