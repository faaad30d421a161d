"""False alarms of the hints: `python -m tests.benchmarks.hints FOLDER` with Polis exports, a folder each.

Nobody coordinated these votes as far as is known; who voted first is taken for new on that day, which is harder
than life: there most have had their account for longer.
"""

import csv
import sys
from pathlib import Path

import numpy as np

from moderation import patterns
from moderation.patterns import Votes

DAY = 86_400


def read(file: Path) -> Votes:
    """The last vote of each person on each comment."""
    with file.open(encoding="utf-8") as lines:
        rows = sorted(
            (int(row["timestamp"]) / 1000, int(row["voter-id"]), int(row["comment-id"]), int(row["vote"]))
            for row in csv.DictReader(lines)
        )
    last = {(person, comment): (at, value) for at, person, comment, value in rows}
    first: dict[int, float] = {}
    for at, person, *_ in rows:
        first.setdefault(person, at)
    votes = [(person, comment, value, at) for (person, comment), (at, value) in last.items()]
    person, comment, value = (
        np.array(column, dtype=np.int64) for column in list(zip(*votes, strict=True))[:3]
    )
    at = np.array([each[3] for each in votes])
    return Votes(person, comment, value, at, np.array([at - first[who] < DAY for who, _, _, at in votes]))


def main(folder: Path) -> None:
    total = {"days": 0, "burst": 0, "alike": 0}
    for file in sorted(folder.glob("*/votes.csv")):
        votes = read(file)
        days = np.floor(votes.at / DAY)
        found = {"days": 0, "burst": 0, "alike": 0}
        for day in np.unique(days):
            today = votes.where(days == day)
            found["days"] += 1
            found["burst"] += bool(list(patterns.bursts(today)))
            found["alike"] += patterns.alike(today) is not None
        print(f"{file.parent.name:50} {found}")
        total = {name: total[name] + number for name, number in found.items()}
    print(f"{'all':50} {total}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
