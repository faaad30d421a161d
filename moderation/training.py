"""Training the learned order: labelled texts and harmless ones from files, and what the city itself decided.

Of the city's own contributions count those on which a person decided, outside circles: published ones are
harmless, rejected and hidden ones striking. Which rule stood against them is for the caller to say, because a
copy or a phone number teaches nothing about tone.
"""

import csv
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from anyio import to_thread
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialogue.kit.database import Database, Record
from dialogue.kit.errors import Invalid
from dialogue.tables import Comment
from moderation import models
from moderation.tables import Decision, Rule
from moderation.triage import training
from moderation.triage.training import FEWEST, FEWEST_HARMLESS, Examples

LABELS = {"OFFENSE": True, "1": True, "OTHER": False, "0": False}
OWN = "eigene Beiträge"
FEWEST_OWN = 20  # rejected or hidden: fewer are single cases, and no example of anything
Say = Callable[[str], None]
_last = (
    select(Decision.rule_id, Decision.actor_id)
    .where(Decision.comment_id == Comment.id)
    .order_by(Decision.id.desc())
    .limit(1)
    .lateral("last")
)
_OWN = (
    select(Comment.text, Comment.status, Rule.number.label("rule"))
    .select_from(Comment)
    .join(_last, _last.c.actor_id.is_not(None))
    .outerjoin(Rule, Rule.id == _last.c.rule_id)
    .where(
        Comment.status.in_(("published", "rejected", "hidden")),
        ~Comment.internal,
        ~Comment.example,
        Comment.erased_at.is_(None),
    )
    .order_by(Comment.id)
)


@dataclass(frozen=True)
class Sources:
    """Files with texts and labels, files with harmless texts, and the numbers of the rules about tone (empty: all)."""

    labelled: Sequence[Path]
    harmless: Sequence[Path] = ()
    rules: Sequence[int] = ()


async def train(database: Database, sources: Sources, say: Say) -> dict[str, Any]:
    """Learn from all sources, store the order in one transaction, and return its figures."""
    async with database.reading() as db:
        own = await decided(db, sources.rules)
    examples = await to_thread.run_sync(gathered, sources, own)
    order, figures = await to_thread.run_sync(training.train, examples, say)
    checksum = digest(examples)
    async with database.writing() as db:
        model_id = await models.store(db, order, checksum, figures)
    return {"model": model_id, "data_digest": checksum} | figures


async def decided(db: AsyncConnection, rules: Sequence[int]) -> list[Record]:
    """The city's own contributions a person decided on: text, status, and the rule's number if one stood against."""
    rows = await db.execute(_OWN)
    return [row for row in rows if row.status == "published" or not rules or row.rule in rules]


def gathered(sources: Sources, own: Sequence[Record]) -> Examples:
    """All examples, each text once; Invalid with a sentence when a file is not as it should be, or they are few."""
    striking: list[str] = []
    plain: list[str] = []
    harmless: dict[str, list[str]] = {}
    for file in sources.labelled:
        for row in _rows(file, "text", "label"):
            (striking if _label(file, row["label"]) else plain).append(row["text"])
    for file in sources.harmless:
        for row in _rows(file, "text"):
            harmless.setdefault(row.get("process") or file.stem, []).append(row["text"])
    harmless[OWN] = [each.text for each in own if each.status == "published"]
    against = [each.text for each in own if each.status != "published"]
    striking += against if len(against) >= FEWEST_OWN else []
    processes = {name: _once(texts) for name, texts in harmless.items() if texts}
    return _enough(Examples(_once(striking), _once(plain), processes))


def _once(texts: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(texts))


def _enough(examples: Examples) -> Examples:
    for found, needed, what in (
        (len(examples.striking), FEWEST, "auffällige Texte (OFFENSE)"),
        (len(examples.plain), FEWEST, "unauffällige Texte (OTHER)"),
        (len(examples.quiet), FEWEST_HARMLESS, "harmlose Texte (--harmless oder eigene Beiträge)"),
    ):
        if found < needed:
            raise Invalid(f"Zum Trainieren braucht es mindestens {needed} {what}; gefunden: {found}.")
    return examples


def _label(file: Path, label: str) -> bool:
    if label not in LABELS:
        raise Invalid(f"{file.name}: Die Spalte label kennt {', '.join(LABELS)}, nicht „{label or ''}“.")
    return LABELS[label]


def _rows(file: Path, *needed: str) -> Iterable[Mapping[str, str]]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            table = csv.DictReader(lines, strict=True)
            if missing := [name for name in needed if name not in (table.fieldnames or [])]:
                raise Invalid(f"{file.name}: Es fehlt die Spalte {', '.join(missing)}.")
            return [row for row in table if (row["text"] or "").strip()]
    except (OSError, UnicodeError, csv.Error) as error:
        raise Invalid(f"{file.name} lässt sich nicht lesen: {error}.") from None


def digest(examples: Examples) -> str:
    """A checksum of all texts and what they stand for, whatever their order in the files."""
    told = [("striking", text) for text in examples.striking]
    told += [("plain", text) for text in examples.plain]
    told += [("harmless", text) for text in examples.quiet]
    return sha256(json.dumps(sorted(told), ensure_ascii=False).encode()).hexdigest()
