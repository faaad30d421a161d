"""Training the learned order, and measuring it on texts it has not seen. Pure; takes half a minute.

Where a level begins is set on harmless texts of processes that were left out whole: another process has other
words and longer texts, and a threshold set on known ones alarms there more than twice as often as it says
(docs/decisions/0014).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from moderation.triage import features
from moderation.triage.learned import ALARMS, Order

FOLDS, SEED = 5, 0
STRENGTH = 4.0  # C of the regression: the best of 1, 2, 4 and 8
FEWEST, FEWEST_HARMLESS = 50, 100  # below that the figures, and 2 % of the harmless texts, are luck
WHOLE = 50  # texts of a process from which on it weighs as much as any other
Say = Callable[[str], None]


@dataclass(frozen=True)
class Examples:
    """Texts to learn from: striking ones, plain ones of the same kind, and harmless ones by their process."""

    striking: Sequence[str]
    plain: Sequence[str]
    harmless: Mapping[str, Sequence[str]]

    @property
    def quiet(self) -> list[str]:
        """All harmless texts."""
        return [text for texts in self.harmless.values() for text in texts]


def fit(examples: Examples) -> Order:
    """An order without thresholds: a harmless text is harmless in each of its sentences."""
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - a second

    quiet = [text[start:end] for text in examples.quiet for start, end in features.sentences(text)]
    counted = features.counts([*examples.striking, *examples.plain, *quiet])
    rare = features.rarity(counted)
    rows = features.weighed(counted, rare)
    labels = np.zeros(rows.shape[0])
    labels[: len(examples.striking)] = 1
    occupied = np.unique(rows.indices)  # all other places weigh nothing: a tenth of the time
    regression = LogisticRegression(C=STRENGTH, solver="liblinear", random_state=SEED)
    regression.fit(rows[:, occupied], labels)
    weights = np.zeros(rows.shape[1], dtype=np.float32)
    weights[occupied] = regression.coef_[0]
    return Order(tuple(rare), weights, float(regression.intercept_[0]), {})


def train(examples: Examples, say: Say) -> tuple[Order, dict[str, Any]]:
    """The order learned from all examples, with thresholds and figures from those left out in turn."""
    left_out = _left_out(examples, say)
    order = fit(examples)
    thresholds = {
        level: threshold(left_out.quiet, share, left_out.weights) for level, share in ALARMS.items()
    }
    figures = {
        "striking": len(examples.striking),
        "plain": len(examples.plain),
        "harmless": {name: len(texts) for name, texts in examples.harmless.items()},
        "folds": FOLDS,
        "levels": {level: left_out.at(score) for level, score in thresholds.items()},
    }
    return Order(order.rare, order.weights, order.bias, thresholds), figures


def threshold(scores: np.ndarray, alarms: float, weights: np.ndarray | None = None) -> float:
    """The lowest of these scores above which lies at most this share of them, by weight."""
    order = np.argsort(-scores, kind="stable")
    above = np.cumsum(np.full(len(scores), 1.0) if weights is None else weights[order])
    allowed = np.searchsorted(above, above[-1] * alarms * (1 + 1e-9), side="right")
    return float(scores[order][min(allowed, len(scores) - 1)])


@dataclass(frozen=True)
class LeftOut:
    """The scores of all examples, each by an order that was trained without it. A process weighs as any other."""

    striking: np.ndarray
    plain: np.ndarray
    quiet: np.ndarray
    weights: np.ndarray

    def at(self, score: float) -> dict[str, float]:
        """What lies above a score, as shares."""
        alarms = float(self.weights[self.quiet > score].sum() / self.weights.sum())
        recall, plain = (
            float((each > score).mean()) if len(each) else 0.0 for each in (self.striking, self.plain)
        )
        shares = {"recall": recall, "alarms_plain": plain, "alarms_harmless": alarms}
        return {"threshold": round(score, 4)} | {name: round(share, 3) for name, share in shares.items()}


def _left_out(examples: Examples, say: Say) -> LeftOut:
    groups = (examples.striking, examples.plain, examples.quiet)
    sizes = [len(texts) for texts in examples.harmless.values()]
    turns = (_dealt(len(groups[0])), _dealt(len(groups[1])), _by_process(sizes))
    scores = (np.empty(len(groups[0])), np.empty(len(groups[1])), np.empty(len(groups[2])))
    for turn in range(FOLDS):
        out = [at == turn for at in turns]
        striking, plain, quiet = ([*_where(~left, texts)] for left, texts in zip(out, groups, strict=True))
        order = fit(Examples(striking, plain, {"": quiet}))
        for score, left, texts in zip(scores, out, groups, strict=True):
            score[left] = order.scores(_where(left, texts))
        say(f"Durchgang {turn + 1} von {FOLDS} geprüft")
    return LeftOut(*scores, np.concatenate([np.full(size, min(size, WHOLE) / size) for size in sizes]))


def _where(chosen: np.ndarray, texts: Sequence[str]) -> list[str]:
    return [text for text, here in zip(texts, chosen, strict=True) if here]


def _dealt(size: int) -> np.ndarray:
    return np.random.default_rng(SEED).permutation(size) % FOLDS


def _by_process(sizes: Sequence[int]) -> np.ndarray:
    """The turn in which each harmless text is left out: with its whole process, if there are several."""
    if len(sizes) == 1:
        return _dealt(sizes[0])
    turns, loads = np.empty(len(sizes), dtype=int), np.zeros(FOLDS)
    largest_first = np.argsort(-np.array(sizes), kind="stable")
    for process in largest_first:
        turns[process] = loads.argmin()
        loads[turns[process]] += sizes[process]
    return np.repeat(turns, sizes)
