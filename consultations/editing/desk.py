"""What editors see first: what runs, which drafts wait, what is missing before something may open."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from consultations.editing import checklist, consultations, points, schedule, versions
from consultations.editing.homes import Homes, within
from consultations.editing.kinds import Gap
from dialogue.kit import clock
from dialogue.kit.database import Record
from moderation import rules

GONE = 5  # things thrown away that are shown


@dataclass(frozen=True)
class Planned:
    """A consultation that is not public yet, and what is missing."""

    uid: UUID
    title: str
    gaps: list[Gap]


@dataclass(frozen=True)
class Overview:
    """The desk: public consultations, drafts of everything else, and what was thrown away lately."""

    public: list[tuple[Record, str]]
    planned: list[Planned]
    drafts: list[Record]
    gone: list[tuple[Record, str]]


async def overview(db: AsyncConnection, homes: Homes) -> Overview:
    """Everything an editor may want to go on with."""
    found = await versions.standing(db, versions.DRAFT | {"discarded"})
    drafts = [row for row in found if row.act != "discarded" and _is_in(homes, row)]
    rows = [row for row in await consultations.rows(db) if homes is None or row.uid in homes]
    seen = {row.uid for row in rows if row.public}
    own = [row for row in drafts if row.kind == "consultation" and row.subject not in seen]
    return Overview(
        [(row, _state(row, clock.today())) for row in rows if row.public],
        await _planned(db, own, drafts),
        [row for row in drafts if row not in own],
        await _titled(db, [row for row in found if row.act == "discarded" and homes is None][:GONE]),
    )


def _is_in(homes: Homes, row: Record) -> bool:
    return within(homes, row.kind, row.subject, row.content)


def _state(row: Record, today: date) -> str:
    if today < row.starts_on:
        return "upcoming"
    return "running" if today <= row.ends_on else "ended"


async def _planned(db: AsyncConnection, own: Iterable[Record], drafts: Iterable[Record]) -> list[Planned]:
    there = await points.listed(db)
    has_rules = (await rules.current(db)).book is not None
    found = []
    for row in own:
        mine = {each.uid for each in there if each.home == row.subject} | {
            draft.subject for draft in drafts if draft.content.get("consultation") == str(row.subject)
        }
        gaps = checklist.of(row.subject, row.content, points=len(mine), rules=has_rules)
        gaps += [Gap(text, field=name) for name, text in schedule.problems(row.content, None, clock.today())]
        found.append(Planned(row.subject, row.content["title"], gaps))
    return found


async def _titled(db: AsyncConnection, gone: list[Record]) -> list[tuple[Record, str]]:
    """Each with the title its last draft had."""
    titles = await versions.titles(db, [row.subject for row in gone])
    return [(row, titles.get(row.subject, "")) for row in gone]
