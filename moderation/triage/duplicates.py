"""Near-duplicates: texts of one thread that share most of their groups of four characters. Pure.

Only a hint with the numbers: one "nicht" turns a sentence round, so a person compares and decides.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from moderation.triage.signs import Sign

KIND, LABEL = "duplicate", "Doppelt?"
ALIKE = 0.8  # cosine of the counted groups
SHORTEST = 40  # characters: two who write "Das finde ich gut." copied nobody
PIECES, WIDTH = 12, 10  # pieces of a text by which the database finds what may be its copy
LONGER = 2.5  # times as long, at most: what is longer shares too little
NAMED = 5
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True)
class Other:
    """An earlier contribution: its number and text."""

    number: str
    text: str


def pieces(text: str) -> list[str]:
    """Pieces spread over the text, as `plain` shows it; a copy with some changes still holds one of them."""
    flat = plain(text)
    last = len(flat) - WIDTH
    return sorted({flat[at : at + WIDTH] for at in (last * n // (PIECES - 1) for n in range(PIECES))})


def plain(text: str) -> str:
    """Small letters and single blanks: what does not make another text of it."""
    return _BLANKS.sub(" ", text).strip().lower()


def comparable(text: str) -> bool:
    """Whether a text is long enough to be a copy of another."""
    return len(plain(text)) >= SHORTEST


@cache
def _counter() -> Any:
    from sklearn.feature_extraction.text import HashingVectorizer  # noqa: PLC0415 - a second

    return HashingVectorizer(analyzer="char", ngram_range=(4, 4), n_features=2**20, alternate_sign=False)


def alike(text: str, others: Sequence[str]) -> np.ndarray:
    """The cosine of a text with each of the others."""
    counted = _counter().transform([plain(each) for each in (text, *others)])
    return np.asarray((counted[1:] @ counted[0].T).todense()).ravel()


def sign(text: str, others: Sequence[Other]) -> Sign | None:
    """The numbers of the contributions a text is nearly equal to, the most alike first."""
    if not others or not comparable(text):
        return None
    found = alike(text, [other.text for other in others])
    order = [place for place in np.argsort(-found, kind="stable") if found[place] >= ALIKE]
    return Sign(KIND, LABEL, tuple(others[place].number for place in order[:NAMED])) if order else None
