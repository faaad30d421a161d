"""The learned order: how much a text reads like those that had to be looked at closely. Pure.

A text is as striking as its most striking sentence. Two thresholds make levels of the score, set where 2 %
and 5 % of harmless texts lie above them. The score is no probability, leaves this module only as a level,
and decides nothing.
"""

import io
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zipfile import BadZipFile

import numpy as np

from moderation.triage import features
from moderation.triage.levels import HIGH, MIDDLE
from moderation.triage.signs import Sign

KIND, LABEL = "learned", "Bitte genau lesen"
ALARMS = {HIGH: 0.02, MIDDLE: 0.05}  # share of harmless texts that reach a level
SHOWN = 160  # characters of the sentence named; the whole of it is marked in the text


@dataclass(frozen=True)
class Learned(Sign):
    """What the learned order noticed: the sentence, and how far up it stands."""

    level: str = MIDDLE


class Unfit(ValueError):
    """Stored weights that this version cannot read."""


@dataclass(frozen=True)
class Order:
    """A trained order: rarity and weight of each place, and the score at which a level begins."""

    rare: tuple[np.ndarray, ...]
    weights: np.ndarray
    bias: float
    thresholds: Mapping[str, float]

    def read(self, text: str) -> Learned | None:
        """The most striking sentence of a text, when it reaches a level."""
        places = features.sentences(text)
        if not places:
            return None
        scores = self._of([text[start:end] for start, end in places])
        at = int(scores.argmax())
        level = self.level(scores[at])
        if not level:
            return None
        start, end = places[at]
        return Learned(KIND, LABEL, (_short(text[start:end]),), ((start, end),), level=level)

    def level(self, score: float) -> str:
        """The level a score reaches; empty for the lowest."""
        return next((level for level in ALARMS if score > self.thresholds[level]), "")

    def scores(self, texts: Sequence[str]) -> np.ndarray:
        """The score of each text: the highest of its sentences."""
        parts = [
            (row, text[start:end])
            for row, text in enumerate(texts)
            for start, end in features.sentences(text)
        ]
        highest = np.full(len(texts), -np.inf)
        if parts:
            np.maximum.at(highest, [row for row, _ in parts], self._of([part for _, part in parts]))
        return highest

    def _of(self, parts: Sequence[str]) -> np.ndarray:
        found: np.ndarray = features.weighed(features.counts(parts), self.rare) @ self.weights + self.bias
        return found

    def stored(self) -> bytes:
        """The arrays as a file of numpy's, without pickle: reading it runs nothing."""
        file = io.BytesIO()
        np.savez_compressed(
            file,
            recipe=np.array(features.RECIPE),
            words=self.rare[0],
            pieces=self.rare[1],
            weights=self.weights,
            bias=np.array(self.bias),
            thresholds=np.array([self.thresholds[level] for level in ALARMS]),
        )
        return file.getvalue()


def load(stored: bytes) -> Order:
    """The order as it was stored, or Unfit when it was trained by another recipe."""
    try:
        with np.load(io.BytesIO(stored), allow_pickle=False) as found:
            if int(found["recipe"]) != features.RECIPE:
                raise Unfit(f"recipe {int(found['recipe'])}")
            levels = dict(zip(ALARMS, (float(score) for score in found["thresholds"]), strict=True))
            rare = (found["words"], found["pieces"])
            return Order(rare, found["weights"], float(found["bias"]), levels)
    except (OSError, KeyError, ValueError, EOFError, BadZipFile, zlib.error) as broken:
        raise Unfit(str(broken)) from None


def _short(sentence: str) -> str:
    return sentence if len(sentence) <= SHOWN else f"{sentence[: SHOWN - 1].rstrip()}…"
