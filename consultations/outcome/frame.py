"""The frame around a conversation that is loaded at once: consultation, phases, one point, its thread."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from consultations import calendar
from consultations.tables import Consultation, Phase, Point
from dialogue import search
from dialogue.kit import clock
from dialogue.kit.errors import Conflict
from dialogue.tables import Thread
from moderation import rules

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


@dataclass(frozen=True)
class Frame:
    """What is said around the comments; the days include the last one."""

    title: str
    lead: str
    about: str
    first: date
    last: date
    checks_first: bool
    letter: str
    question: str
    rationale: str
    phases: tuple[dict[str, Any], ...]
    attribution: str = ""
    digest: str | None = None


def phase(kind: str, title: str, text: str, first: date, last: date | None) -> dict[str, Any]:
    """One of a frame's phases; without a last day it stays."""
    return {"kind": kind, "title": title, "text": text, "starts_on": first, "ends_on": last}


async def create(db: AsyncConnection, slug: str, frame: Frame) -> int:
    """Store the frame under a free address; returns the thread's id."""
    consultation_id = await _consultation(db, slug, frame)
    code = await _free_code(db, frame.letter)
    thread_id = await _insert(db, Thread, title=frame.title, address=f"/punkte/{code}")
    point = {"code": code, "title": frame.title, "text": frame.question, "rationale": frame.rationale}
    home = {"consultation_id": consultation_id, "thread_id": thread_id}
    await _insert(db, Point, **point, **home, edition="1.0", position=0)
    await calendar.apply(db, consultation_id)
    await search.enqueue_all(db)
    return thread_id


async def _rulebook(db: AsyncConnection, frame: Frame) -> int | None:
    """The rules for what is still open or will be; what is over never had any of ours."""
    if frame.last < clock.today():
        return None
    if (book := (await rules.current(db)).book) is None:
        raise Conflict(
            "Die Netiquette fehlt: Ohne Regeln öffnet keine Beteiligung. Veröffentlichen Sie zuerst eine."
        )
    return int(book.id)


async def _consultation(db: AsyncConnection, slug: str, frame: Frame) -> int:
    consultation_id = await _insert(
        db,
        Consultation,
        slug=slug,
        title=frame.title,
        lead=frame.lead,
        about=frame.about,
        starts_on=frame.first,
        ends_on=frame.last,
        checks_first=frame.checks_first,
        rulebook_id=await _rulebook(db, frame),
        published_at=func.now(),
        attribution=frame.attribution,
        import_digest=frame.digest,
    )
    for each in frame.phases:
        await db.execute(insert(Phase).values(consultation_id=consultation_id, **each))
    return consultation_id


async def _insert(db: AsyncConnection, table: type[Any], **values: Any) -> int:
    return int((await db.execute(insert(table).values(**values).returning(table.id))).scalar_one())


def slug_of(title: str, otherwise: str) -> str:
    """Produktion und Konsum → produktion-und-konsum; `otherwise` for a title without Latin letters."""
    plain = (
        unicodedata.normalize("NFKD", title.lower().translate(_UMLAUTS)).encode("ascii", "ignore").decode()
    )
    words = "-".join(re.findall(r"[a-z0-9]+", plain))
    return (words if len(words) <= 60 else words[:61].rpartition("-")[0] or words[:60]) or otherwise


async def free_slug(db: AsyncConnection, wanted: str) -> str:
    """The address, or the next one with -2, -3 … behind it."""
    taken = set((await db.execute(select(Consultation.slug))).scalars())
    number, slug = 1, wanted
    while slug in taken:
        number += 1
        slug = f"{wanted}-{number}"
    return slug


async def _free_code(db: AsyncConnection, letter: str) -> str:
    taken = (
        await db.execute(select(Point.code).where(Point.code.regexp_match(f"^{letter}[0-9]+$")))
    ).scalars()
    return f"{letter}{max((int(code.removeprefix(letter)) for code in taken), default=0) + 1}"
