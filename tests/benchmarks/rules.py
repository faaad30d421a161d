"""What the rules of triage notice in real texts: alarms on harmless ones, recall on insulting ones.

    python -m tests.benchmarks.rules [--show KIND]

The data lies beside the checkout (`../shared/data`, or the folder in DIALOG_BENCH_DATA).
"""

import csv
import os
import sys
from collections import Counter
from pathlib import Path

from moderation.triage import signs

DATA = Path(os.environ.get("DIALOG_BENCH_DATA") or Path(__file__).parents[3] / "shared" / "data")
TESTED = ("Cycling-Dialogue-Bonn", "freiRaum Ottensen (Hamburg, DIPAS)")  # the harmless test part
GRAVE = {"insult", "personal"}


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def harmless() -> dict[str, list[str]]:
    """Contributions to real processes by process, title and text as one."""
    texts: dict[str, list[str]] = {}
    for name in ("cimt_participation", "ottensen_dipas"):
        for row in rows(name):
            texts.setdefault(row["process"], []).append(f"{row['title']}\n{row['text']}")
    texts["Klimarat"] = [row["text"] for row in rows("klimarat_polis_de")]
    return texts


def line(name: str, texts: list[str], show: str = "") -> None:
    kinds: Counter[str] = Counter()
    for text in texts:
        noticed = signs.judge(text)
        found = {sign.kind for sign in noticed}
        kinds.update(found | ({"any"} if found else set()) | ({"grave"} if found & GRAVE else set()))
        for sign in noticed:
            if sign.kind == show:
                print(f"    {sign.detail or sign.kind}: {sign.words}  {_around(text, sign)!r}")
    shares = "  ".join(
        f"{kind} {kinds[kind] / len(texts):6.2%} ({kinds[kind]})" for kind in ("grave", "any", *signs.LABELS)
    )
    print(f"{name[:28]:28} {len(texts):5}  {shares}")


def _around(text: str, sign: signs.Sign) -> str:
    start, end = sign.spans[0] if sign.spans else (0, 0)
    return text[max(0, start - 40) : end + 30]


def main() -> None:
    show = sys.argv[2] if sys.argv[1:2] == ["--show"] else ""
    processes = harmless()
    print("harmless")
    for name, texts in processes.items():
        line(name, texts, show)
    line("Bonn + Ottensen", [text for name in TESTED for text in processes[name]])
    line("all", [text for texts in processes.values() for text in texts])
    print("GermEval 2018")
    tweets = rows("germeval2018_offensive")
    for label in ("OFFENSE", "OTHER"):
        line(label, [row["text"] for row in tweets if row["label"] == label])
    for fine in ("INSULT", "ABUSE", "PROFANITY"):
        line(fine, [row["text"] for row in tweets if row["fine"] == fine])


if __name__ == "__main__":
    main()
