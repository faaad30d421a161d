"""How well triage orders: the learned order, the rules and near-duplicates on public texts. Run by `make bench-triage`.

Harmless texts are split by process: Raddialog Bonn and Ottensen are never trained on. Insults are those of
GermEval 2018, in five folds; as it was written, and inserted into a harmless text without what shows a tweet.
Nothing of an insult under test is seen before: not in training, not when a level is set. One thread, fixed seeds.
"""

import asyncio
import csv
import os
import random
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from uuid import uuid4

import numpy as np
from sqlalchemy import insert, select, text

from dialogue.kit import clock
from dialogue.kit.database import Database
from dialogue.tables import Comment
from moderation import reading
from moderation.triage import duplicates, features, signs, training
from moderation.triage.learned import ALARMS, Order
from moderation.triage.training import FOLDS, Examples
from tests.benchmarks import fresh
from tests.benchmarks.search import spent
from tests.house.test_budgets import NUMBERS
from tests.make import Make

TESTED = "Cycling-Dialogue-Bonn"
TWEET = re.compile(r"@\w+|#\w+|https?://\S+|\|LBR\||\b(?:EMAIL|RT)\b")
THREAD, COPIES = 10_000, 500
Marks = Callable[[Sequence[str]], np.ndarray]


@dataclass(frozen=True)
class Texts:
    """Tweets and whether they offend; harmless texts to train on, by process, and harmless ones to test on."""

    tweets: list[str]
    offending: np.ndarray
    known: dict[str, list[str]]
    unknown: list[str]


def read(folder: Path) -> Texts:
    def rows(name: str) -> list[dict[str, str]]:
        with (folder / name / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    tweets, known, unknown = (
        rows("germeval2018_offensive"),
        {},
        [row["text"] for row in rows("ottensen_dipas")],
    )
    for row in rows("cimt_participation"):
        (unknown if row["process"] == TESTED else known.setdefault(row["process"], [])).append(row["text"])
    known["Klimarat"] = [row["text"] for row in rows("klimarat_polis_de")]
    offending = np.array([row["label"] == "OFFENSE" for row in tweets])
    return Texts([row["text"] for row in tweets], offending, known, unknown)


def inserted(tweet: str, text: str, rng: random.Random) -> str:
    """A tweet without handles, hash tags and links between two sentences of a harmless text, or "" for none left."""
    bare = " ".join(TWEET.sub(" ", tweet).split())
    if not bare:
        return ""
    parts = [text[start:end] for start, end in features.sentences(text)]
    at = rng.randint(0, len(parts))
    return " ".join([*parts[:at], bare if bare[-1] in ".!?…" else f"{bare}.", *parts[at:]])


@dataclass(frozen=True)
class Fold:
    """What one order, or the rules, say to tweets it never saw, to the same tweets inserted, and to harmless texts."""

    tweets: np.ndarray
    inserted: np.ndarray
    offending: np.ndarray
    unknown: np.ndarray

    def shares(self, level: float) -> list[float]:
        """Alarms on harmless texts; recall and alarms on tweets; the same on inserted ones."""
        found = [self.unknown > level]
        for scores in (self.tweets, self.inserted):
            there = np.isfinite(scores)
            found += [(scores > level)[there & self.offending], (scores > level)[there & ~self.offending]]
        return [float(each.mean()) for each in found]


def fold(texts: Texts, chosen: np.ndarray, score: Marks, rng: random.Random) -> Fold:
    tweets = [texts.tweets[at] for at in np.flatnonzero(chosen)]
    hosts = [inserted(tweet, rng.choice(texts.unknown), rng) for tweet in tweets]
    within = np.where([bool(text) for text in hosts], score([text or " " for text in hosts]), -np.inf)
    return Fold(score(tweets), within, texts.offending[chosen], score(texts.unknown))


def ordered(texts: Texts) -> list[tuple[Order, Fold]]:
    """For each fold the order trained without it, and what it says."""
    rng, turns = random.Random(1), np.random.default_rng(0).permutation(len(texts.tweets)) % FOLDS
    found = []
    for turn in range(FOLDS):
        kept = [(texts.tweets[at], texts.offending[at]) for at in np.flatnonzero(turns != turn)]
        striking, plain = (
            [text for text, offends in kept if bool(offends) is each] for each in (True, False)
        )
        order, _ = training.train(Examples(striking, plain, texts.known), lambda _: None)
        found.append((order, fold(texts, turns == turn, order.scores, rng)))
        print(f"fold {turn + 1} of {FOLDS}", file=sys.stderr, flush=True)
    return found


def row(name: str, shares: Iterable[Sequence[float]]) -> str:
    means = np.mean(list(shares), axis=0)
    return f"| {name} | " + " | ".join(f"{100 * share:.1f} %" for share in means) + " |"


def learned(texts: Texts) -> list[str]:
    found = ordered(texts)
    lines = []
    for level, alarms in ALARMS.items():
        at = [each.shares(training.threshold(each.unknown, alarms)) for _, each in found]
        lines.append(row(f"learned, at {alarms:.0%} alarms there", at))
        if level == "hoch":
            assert np.mean([each[1] for each in at]) >= 0.60, at
            assert np.mean([each[3] for each in at]) >= 0.50, at
    lines += [
        row(
            f"learned, level {level} as trained",
            (each.shares(order.thresholds[level]) for order, each in found),
        )
        for level in ALARMS
    ]
    return lines


def rules(texts: Texts) -> list[str]:
    """The rules have one working point; each kind is shown that speaks up at all."""
    everybody, lines = np.full(len(texts.tweets), True), []
    for kind in ("", *signs.LABELS):
        shares = fold(texts, everybody, partial(_marks, kind), random.Random(1)).shares(0.5)
        assert kind != "insult" or shares[0] <= 0.01, shares
        lines += [row(f"rules, {kind or 'any sign'}", [shares])] if any(shares) else []
    return lines


def _marks(kind: str, judged: Sequence[str]) -> np.ndarray:
    kinds = ({sign.kind for sign in signs.judge(text)} for text in judged)
    return np.array([float(kind in found if kind else bool(found)) for found in kinds])


# --- near-duplicates --------------------------------------------------------------------------------


def altered(text: str, rng: random.Random) -> str:
    """A copy as people make them: slips of the hand in one word of ten, and a greeting, a cut or one "nicht"."""
    words = [_slip(word, rng) if rng.random() < 0.1 else word for word in text.split()]
    way = rng.randrange(4)
    if way == 0:
        words = ["Guten", "Tag,", *words]
    elif way == 1:
        words = words[: max(1, len(words) - len(words) // 10)]
    elif way == 2:
        words.insert(rng.randint(0, len(words)), "nicht")
    return " ".join(words) if way < 3 else " ".join(words).upper()


def _slip(word: str, rng: random.Random) -> str:
    at = rng.randrange(max(1, len(word) - 1))
    return word[:at] + word[at + 1 : at + 2] + word[at : at + 1] + word[at + 2 :]


async def copied(texts: Texts) -> list[str]:
    """Contributions copied into a thread of 10 000, and read by triage as its job does."""
    rng = random.Random(2)
    said = list(
        dict.fromkeys([*texts.unknown, *(text for process in texts.known.values() for text in process)])
    )
    said = (said + texts.tweets)[:THREAD]
    long = [at for at, text in enumerate(said[:7_000]) if duplicates.comparable(text)]
    chosen = rng.sample(long, 2 * COPIES)
    originals, others = chosen[:COPIES], chosen[COPIES:]
    async with fresh.city() as (_, url):
        database = Database(url, statement_ms=600_000, patient=True)
        ids = await _said(database, [*said, *(altered(said[at], rng) for at in originals)])
        found, took = [], []
        for comment_id in [*ids[THREAD:], *(ids[at] for at in others)]:
            numbers, milliseconds = await _named(database, comment_id)
            found.append(numbers)
            took.append(milliseconds)
        names = await _numbers(database, [ids[at] for at in originals])
        await database.close()
    hits = sum(name in named for name, named in zip(names, found[:COPIES], strict=True))
    false = sum(bool(named) for named in found[COPIES:])
    p95 = sorted(took)[int(0.95 * len(took))]
    return [
        f"| altered copies whose original is named | {100 * hits / COPIES:.1f} % of {COPIES} |",
        f"| contributions nobody copied, yet with a name | {false} of {COPIES} |",
        f"| CPU milliseconds to compare one with {THREAD:,} others, median / p95 | {median(took):.0f} / {p95:.0f} |",
    ]


async def _said(database: Database, texts: Sequence[str]) -> list[int]:
    make = Make(database)
    thread, author = await make.thread(), await make.person(password=None)
    same = {"thread_id": thread.id, "author_id": author.id, "status": "pending"}
    rows = [
        same | {"number": number, "text": text, "once": uuid4(), "created_at": clock.now()}
        for number, text in zip(NUMBERS, texts, strict=False)
    ]
    async with database.writing() as db:
        await db.execute(insert(Comment), rows)
        return list((await db.execute(select(Comment.id).order_by(Comment.id))).scalars())


async def _named(database: Database, comment_id: int) -> tuple[tuple[str, ...], float]:
    """The numbers named, and the CPU milliseconds of both processes."""
    async with database.reading() as db:
        pid = (await db.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        case = (await db.execute(reading.CASE, {"comment": comment_id, "seen": 1})).one()
        before = spent(pid) + spent(os.getpid())
        sign = duplicates.sign(case.text, await reading.earlier(db, case))
        return (sign.words if sign else ()), spent(pid) + spent(os.getpid()) - before


async def _numbers(database: Database, ids: Sequence[int]) -> list[str]:
    async with database.reading() as db:
        rows = await db.execute(select(Comment.id, Comment.number).where(Comment.id.in_(ids)))
        known = {row.id: row.number for row in rows}
    return [known[comment_id] for comment_id in ids]


COLUMNS = (
    "triage",
    "harmless, unknown process",
    "tweets: offending",
    "other",
    "inserted: offending",
    "other",
)


def run(folder: Path) -> None:
    texts = read(folder)
    print(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}")
    print("\n".join([*learned(texts), *rules(texts)]), flush=True)
    print("\n| near-duplicates | |\n|---|---|")
    print("\n".join(asyncio.run(copied(texts))))


if __name__ == "__main__":
    run(Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data"))
