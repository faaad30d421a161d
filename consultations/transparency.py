"""The public account of moderation: figures per consultation and in all, and the journal's heads."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncConnection

from consultations.outcome.csvfile import BOM, line
from consultations.tables import Consultation, Point
from dialogue import threads
from dialogue.journal import Known
from dialogue.kit import clock
from dialogue.kit.errors import NotFound
from dialogue.tables import Thread
from moderation import catalogue
from moderation.catalogue import MEANINGS, Line
from moderation.figures import ALL, Counter, Figures

SCHEMA = "ki-dialog-transparenz/1"
# What is a circle's, not published, or has not begun counts nowhere here.
_PUBLIC = (
    select(
        Consultation.id,
        Consultation.slug,
        Consultation.title,
        func.array_agg(aggregate_order_by(Thread.id, Thread.id)).label("threads"),
    )
    .join(Point, Point.consultation_id == Consultation.id)
    .join(Thread, Thread.id == Point.thread_id)
    .where(
        Consultation.published_at <= func.now(),
        Consultation.circle_id.is_(None),
        ~Thread.internal,
        threads.STARTED,
    )
    .group_by(Consultation.id)
    .order_by(Consultation.ends_on.desc(), Consultation.id.desc())
)


@dataclass(frozen=True)
class Account:
    """The figures of one consultation; slug and title are empty for all together."""

    slug: str
    title: str
    figures: Figures

    @property
    def lines(self) -> dict[str, list[Line]]:
        return catalogue.groups(self.figures)


@dataclass(frozen=True)
class Accounts:
    """In all, and consultation by consultation, the one that ends last first."""

    all: Account
    each: list[Account]

    @property
    def at(self) -> datetime:
        return self.all.figures.at

    def of(self, slug: str) -> Account:
        """One consultation's, NotFound for one that is not public or has not begun."""
        found = next((account for account in self.each if account.slug == slug), None)
        if found is None:
            raise NotFound
        return found


async def accounts(db: AsyncConnection, counter: Counter) -> Accounts:
    """The figures of everything public, as the process keeps them: a minute old, or more when counting takes long."""
    rows = list(await db.execute(_PUBLIC))
    counted = await counter.of(tuple((row.id, tuple(row.threads)) for row in rows))
    each = [Account(row.slug, row.title, counted[row.id]) for row in rows]
    return Accounts(Account("", "Alle Beteiligungen", counted[ALL]), each)


HEAD = ("beteiligung", "titel", "kennzahl", "bezeichnung", "fassung", "wert", "n", "prozent", "stunden")


def table(found: Accounts) -> Iterator[str]:
    """CSV lines for spreadsheets: a line per figure, first in all, then consultation by consultation."""
    yield BOM + line(*HEAD)
    for account in (found.all, *found.each):
        for each in (each for group in account.lines.values() for each in group):
            where = account.slug or "alle", account.title, _key(each), each.label
            version = each.rule.version if each.rule else None
            yield line(*where, version, *map(_german, _numbers(each).values()))


def _german(value: float | None) -> str | int | None:
    """A decimal as German spreadsheets read it; what is whole stays a number."""
    return str(value).replace(".", ",") if isinstance(value, float) else value


def _key(each: Line) -> str:
    return f"{each.key}_{each.rule.number}" if each.rule else each.key


def _numbers(each: Line) -> dict[str, float | None]:
    value = None if each.is_time or each.value is None else int(each.value)
    hours = each.hours if each.is_time else None
    return {"wert": value, "n": each.n, "prozent": each.percent, "stunden": hours}


def document(found: Accounts, heads: list[Known]) -> str:
    """The same for programs, with what each figure means and the journal's heads."""
    everything: Mapping[str, Any] = {
        "schema": SCHEMA,
        "stand": found.at.isoformat(timespec="seconds"),
        "zeitzone": str(clock.BERLIN),
        "kein_anteil_unter_n": catalogue.FEWEST,
        "bedeutung": {key: f"{each.label}: {each.text}" for key, each in MEANINGS.items()},
        "alle": _json(found.all),
        "beteiligungen": [
            {"adresse": account.slug, "titel": account.title} | _json(account) for account in found.each
        ],
        "protokoll": [
            {"tag": str(head.day), "eintraege": head.entries, "pruefsumme": head.hash.hex()} for head in heads
        ],
    }
    return json.dumps(everything, ensure_ascii=False, indent=1) + "\n"


def _json(account: Account) -> dict[str, Any]:
    lines = [each for group in account.lines.values() for each in group]
    rules = [
        {
            "nummer": each.rule.number,
            "titel": each.rule.title,
            "fassung": each.rule.version,
            **_filled(_numbers(each)),
        }
        for each in lines
        if each.rule
    ]
    plain = {each.key: _filled(_numbers(each)) for each in lines if not each.rule}
    return {"zahlen": plain, "regeln": rules}


def _filled(numbers: Mapping[str, float | None]) -> dict[str, float]:
    return {name: number for name, number in numbers.items() if number is not None}
