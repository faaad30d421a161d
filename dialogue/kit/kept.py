"""What a counting statement found, kept by the process: its cost is paid once, however many look."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import structlog

SECONDS = 3
LASTING = 100  # times as long is kept what no longer changes by itself: five minutes
PATIENCE = 10  # times as old as it should be, and everyone waits for the new one
SHARE = 0.1  # of its time a process counts one thing, at most
ROOM = 256  # things kept; the one nobody asked for the longest goes first
log = structlog.get_logger()
K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True)
class _Kept(Generic[V]):
    value: V
    due: float  # from this moment it is counted again
    end: float  # from this moment nobody gets it without waiting for the new one


class Kept(Generic[K, V]):
    """Values by key, kept for three seconds, and for minutes once what they count is over.

    Each key is counted once at a time, however many ask. Meanwhile they get the old value, unless it is far
    too old; when counting fails, the old one stays. What takes long is counted less often. `count` opens its
    own connection and answers for every key it is given.
    """

    def __init__(
        self,
        count: Callable[[Collection[K]], Awaitable[Mapping[K, V]]],
        seconds: float = SECONDS,
        room: int = ROOM,
    ) -> None:
        self._count, self._seconds, self._room = count, seconds, room
        self._kept: dict[K, _Kept[V]] = {}
        self._running: dict[K, asyncio.Task[Mapping[K, V] | Exception]] = {}

    async def get(self, wanted: Mapping[K, bool]) -> dict[K, V]:
        """By key; `wanted` says of each whether it is over. Raises what went wrong where not even an old
        value is there."""
        now = time.monotonic()
        if due := {key: over for key, over in wanted.items() if self._is_due(key, now)}:
            self._running |= dict.fromkeys(due, asyncio.create_task(self._work(due)))
        waiting = {self._running[key] for key in wanted if self._is_late(key, now)}
        found = {key: self._again(key).value for key in wanted if key in self._kept}
        if waiting:
            await asyncio.wait(waiting)
        failed = None
        for task in waiting:
            if isinstance(counted := task.result(), Exception):
                failed = counted
            else:
                found |= {key: value for key, value in counted.items() if key in wanted}
        if failed is not None and len(found) < len(wanted):
            raise failed
        return {key: found[key] for key in wanted}

    def _is_due(self, key: K, now: float) -> bool:
        return key not in self._running and (key not in self._kept or self._kept[key].due <= now)

    def _is_late(self, key: K, now: float) -> bool:
        return key not in self._kept or self._kept[key].end <= now

    def _again(self, key: K) -> _Kept[V]:
        """What is kept, moved to the end of those that may go."""
        self._kept[key] = kept = self._kept.pop(key)
        return kept

    async def _work(self, due: dict[K, bool]) -> Mapping[K, V] | Exception:
        """Count some of them; returns what went wrong, for nobody may be waiting."""
        begun = time.monotonic()
        try:
            found = await self._count(due)
        except Exception as error:
            log.warning("count_failed", kind=type(error).__name__)
            self._keep({key: self._kept[key].value for key in due if key in self._kept}, due, begun)
            return error
        else:
            self._keep(found, due, begun)
            return found
        finally:
            for key in due:
                del self._running[key]

    def _keep(self, found: Mapping[K, V], due: dict[K, bool], begun: float) -> None:
        now = time.monotonic()
        for key, value in found.items():
            seconds = self._seconds * (LASTING if due[key] else 1)
            lasts = seconds and max(seconds, (now - begun) / SHARE)
            self._kept.pop(key, None)
            self._kept[key] = _Kept(value, now + lasts, now + PATIENCE * lasts)
        while len(self._kept) > self._room:
            del self._kept[next(iter(self._kept))]

    async def close(self) -> None:
        """End what is being counted."""
        running = set(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
