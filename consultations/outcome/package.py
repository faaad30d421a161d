"""What an export holds: comments, votes and points of one consultation, streamed, for one role."""

import asyncio
import hmac
import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC
from hashlib import file_digest
from operator import itemgetter
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from consultations.outcome import contents, readme
from consultations.outcome.formats import FORMATS, Add, Cells, Format
from dialogue.kit import clock
from dialogue.votes import CHOICES

Progress = Callable[[int, str], Awaitable[None]]
WORDS = {value: word for word, value in CHOICES.items()}
_KEY = itemgetter(1)


@dataclass
class _Package:
    """One export while it is written: the open file, and what was counted on the way."""

    db: AsyncConnection
    facts: readme.Facts
    consultation_id: int
    everything: bool
    file: Format
    progress: Progress
    by_thread: dict[int, list[int]] = field(default_factory=dict)

    @property
    def sealed(self) -> bool:
        return self.facts.sealed_until is not None

    async def parts(self, query: contents.Query, **values: Any) -> AsyncIterator[Sequence[Any]]:
        """Rows as the server sends them, never all at once."""
        result = await self.db.stream(query, {"consultation": self.consultation_id} | values)
        async for part in result.partitions():
            yield part

    @contextmanager
    def table(self, name: str) -> Iterator[Add]:
        """A table of the file; its rows are counted."""
        self.facts.named[name] = self.file.named(name)
        self.facts.rows[name] = 0
        with self.file.table(name) as write:

            def add(rows: Iterable[Cells]) -> None:
                written = list(rows)
                self.facts.rows[name] += len(written)
                write(written)

            yield add


async def write(
    db: AsyncConnection,
    slug_or_id: str | int,
    role: str,
    target: Path,
    progress: Progress,
    format: str = "csv",
) -> dict[str, Any]:
    """Write the file; returns slug and rows per table, the comments first.

    Raises NotFound, or OSError when the disk says no. Give it a connection with one snapshot (REPEATABLE
    READ), so that the tables fit together.
    """
    found = await contents.find(db, slug_or_id, role)
    facts = readme.Facts(
        found.slug, found.title, role, clock.now(), found.attribution, found.sealed_until, format
    )
    with _private(target) as opened:
        file = FORMATS[format](opened, facts)
        try:
            package = _Package(db, facts, found.id, role in readme.NOT_PUBLIC, file, progress)
            await _comments(package)
            await _points(package)
            if not package.sealed:
                await _votes(package)
            file.explain(facts)
        finally:
            await _close(file)
    rows = {facts.named[name]: count for name, count in facts.rows.items()}
    return {"slug": facts.slug, "rows": rows}


async def _close(file: Format) -> None:
    """Beside the event loop, for a workbook is put together only now: seconds for many rows. Also whoever is
    stopped meanwhile waits for it: what it writes to is closed next."""
    closing = asyncio.create_task(asyncio.to_thread(file.close))
    try:
        await asyncio.shield(closing)
    except asyncio.CancelledError:
        await asyncio.wait([closing])
        raise


async def _comments(package: _Package) -> None:
    await package.progress(5, "Beiträge")
    none: tuple[int | None, ...] = (None,) * 3 if package.sealed else (0,) * 3
    with package.table(readme.COMMENTS) as add:
        async for part in package.parts(contents.written(package.everything)):
            tallies = {} if package.sealed else await _tallies(package, [row.id for row in part])
            add(_comment(row, tallies.get(row.id, none)) for row in part)
            for row in part:
                counted = package.by_thread.setdefault(row.thread_id, [0, 0])
                counted[0] += 1
                counted[1] += sum(tallies.get(row.id, ()))


async def _tallies(package: _Package, ids: list[int]) -> Mapping[int, tuple[int, ...]]:
    found = await package.db.execute(contents.tallies(package.everything), {"ids": ids})
    return {comment_id: tuple(counts) for comment_id, *counts in found}


def _comment(row: Row[Any], tally: tuple[int | None, ...]) -> Cells:
    moment = row.published_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if row.published_at else ""
    example = "ja" if row.example else "nein"
    said = row.number, row.code, row.parent, row.text, row.pseudonym, row.source, row.status
    return (*said, moment, *tally, example, "ja" if row.merged else "nein")


async def _points(package: _Package) -> None:
    points = await package.db.execute(contents.POINTS, {"consultation": package.consultation_id})
    with package.table(readme.POINTS) as add:
        for thread_id, code, title, text, rationale, edition, *stances in points:
            written, votes = package.by_thread.get(thread_id, (0, 0))
            shown = [None] * 4 if package.sealed else [votes, *stances]
            add([(code, title, text, rationale, edition, written, *shown)])


async def _votes(package: _Package) -> None:
    """Votes comment by comment, each comment's in the order of the keys: the table's order would tell when."""
    secret, done = secrets.token_bytes(32), 0
    total = max(1, package.facts.rows[readme.COMMENTS])
    with package.table(readme.VOTES) as add:
        async for part in package.parts(contents.numbers(package.everything)):
            numbers = {row.id: row.number for row in part}
            kept: dict[int, list[Cells]] = {}
            async for votes in package.parts(contents.cast(package.everything), ids=list(numbers)):
                for comment_id, person_id, value, source in votes:
                    vote = _vote(secret, numbers[comment_id], person_id, value, source)
                    kept.setdefault(comment_id, []).append(vote)
                last = votes[-1].comment_id
                for complete in [comment_id for comment_id in kept if comment_id != last]:
                    add(sorted(kept.pop(complete), key=_KEY))
            for rest in kept.values():
                add(sorted(rest, key=_KEY))
            done += len(part)
            await package.progress(10 + 85 * done // total, "Stimmen")


def _vote(secret: bytes, number: str, person_id: int, value: int, source: str) -> Cells:
    key = hmac.digest(secret, person_id.to_bytes(8, "big"), "sha256")[:10].hex()
    return number, f"p{key}", WORDS[value], value, source


def _private(target: Path) -> BinaryIO:
    """A new file that only its owner may read."""
    return open(target, "xb", opener=lambda path, flags: os.open(path, flags, 0o600))


def measured(target: Path) -> dict[str, Any]:
    """Bytes and SHA-256 of the finished file, after it has reached the disk; slow, so off the event loop."""
    with target.open("rb") as file:
        os.fsync(file.fileno())
        return {"bytes": target.stat().st_size, "sha256": file_digest(file, "sha256").hexdigest()}
