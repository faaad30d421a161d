"""How much one connection may read: counted in this process's memory, so that reading never writes."""

import time
from collections import defaultdict

from starlette.types import Scope

from dialogue.kit.errors import TooMany

READS = (50, 10), (200, 60)  # so many in so many seconds
FREE = {"/healthz", "/readyz"}
TEXT = "Von diesem Anschluss kamen gerade sehr viele Anfragen. Bitte warten Sie einen Moment."


class Window:
    """A sliding window over all keys: what the last whole window counted fades out while the next one fills.

    Two dictionaries that change places: nothing to sweep, nothing to lock, whatever the number of keys.
    """

    def __init__(self, most: int, seconds: int) -> None:
        self.most, self.seconds = most, seconds
        self.ends = 0.0
        self.before: dict[str, int] = {}
        self.current: dict[str, int] = defaultdict(int)

    def take(self, key: str, now: float) -> bool:
        """Count one, or say no."""
        if now >= self.ends:
            self.before = self.current if now < self.ends + self.seconds else {}
            self.current = defaultdict(int)
            self.ends = now + self.seconds if not self.before else self.ends + self.seconds
        fading = self.before.get(key, 0) * (self.ends - now) / self.seconds
        if self.current[key] + fading >= self.most:
            return False
        self.current[key] += 1
        return True


class Readers:
    """Pages that connections have read in this process."""

    def __init__(self) -> None:
        self.windows = [Window(*each) for each in READS]

    def note(self, scope: Scope, line: str) -> None:
        """Count a page read from a connection, or raise TooMany; files and signs of life are free."""
        path = scope["path"]
        if scope["method"] not in {"GET", "HEAD"} or path in FREE or path.startswith("/static/"):
            return
        now = time.monotonic()
        for window in self.windows:
            if not window.take(line, now):
                raise TooMany(TEXT, seconds=window.seconds)
