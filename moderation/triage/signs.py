"""Triage: what a machine notices in a text, each sign with the words that caused it. Pure; it never rejects."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

LABELS = {
    "insult": "Beleidigung?",
    "personal": "Persönliche Daten?",
    "link": "Link",
    "shouting": "Großschreibung",
    "wordless": "Ohne Worte",
    "long": "Sehr lang",
}
TO_AUTHOR = ("personal", "link")  # a guess about tone would be a judgement, and teach how to evade it
INSULTS = frozenset(
    [
        "arschloch",
        "arschlöcher",
        "blödmann",
        "bastard",
        "depp",
        "deppen",
        "drecksack",
        "dummkopf",
        "dumpfbacke",
        "fresse",
        "hohlkopf",
        "hurensohn",
        "idiot",
        "idioten",
        "idiotin",
        "kotzbrocken",
        "mistkerl",
        "miststück",
        "penner",
        "pisser",
        "sau",
        "schlampe",
        "schwachkopf",
        "schwachsinnige",
        "schwein",
        "schweine",
        "spast",
        "trottel",
        "vollidiot",
        "vollidioten",
        "vollpfosten",
        "wichser",
    ]
)
VERSION = 1  # stored with each sign: another list or pattern is another version
SHOWN, MARKED = 10, 100  # words named per sign, each once; places marked per sign: enough to see why
_WORD = re.compile(r"\w+")
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+\.[\w.-]*\w")  # begins nowhere else: linear in any text
_PHONE = re.compile(r"(?<![\w/-])(?:\+49|0049|0)[\s/().–-]*(?:\d[\s/().–-]?){6,13}\d(?![\w-])")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){3,7}(?:\s?[A-Z0-9]{1,3})?\b")
_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_LOUD = re.compile(r"[!?]{3,}")
LONG = 1_500
Hit = re.Match[str]


@dataclass(frozen=True)
class Sign:
    """One thing noticed: its kind, a German label, the words that show it, and where they stand in the text."""

    kind: str
    label: str
    words: tuple[str, ...]
    spans: tuple[tuple[int, int], ...] = ()

    def stored(self) -> dict[str, Any]:
        return asdict(self) | {
            "words": list(self.words),
            "spans": [list(span) for span in self.spans],
            "version": VERSION,
        }


def judge(text: str) -> list[Sign]:
    """All signs in a text, gravest first; an empty list means: nothing noticed."""
    found = (
        ("insult", _insults(text)),
        ("personal", _personal(text)),
        ("link", _LINK.finditer(text)),
        ("shouting", _shouting(text)),
    )
    noticed = [sign for kind, hits in found if (sign := _sign(kind, hits)) is not None]
    if _WORD.search(text) is None:
        noticed.append(Sign("wordless", LABELS["wordless"], (text[:20],), ((0, len(text)),)))
    if len(text) > LONG:
        noticed.append(Sign("long", LABELS["long"], (f"{len(text)} Zeichen",)))
    return noticed


def to_author(text: str) -> list[Sign]:
    """What the author is told before sending: only what they may not have meant to make public."""
    return [sign for sign in judge(text) if sign.kind in TO_AUTHOR]


def _sign(kind: str, hits: Iterable[Hit]) -> Sign | None:
    found = list(hits)
    words = tuple(dict.fromkeys(hit.group() for hit in found))[:SHOWN]
    return Sign(kind, LABELS[kind], words, tuple(hit.span() for hit in found[:MARKED])) if found else None


def _insults(text: str) -> Iterator[Hit]:
    return (word for word in _WORD.finditer(text) if word.group().lower() in INSULTS)


def _personal(text: str) -> Iterator[Hit]:
    yield from _EMAIL.finditer(text)
    yield from _PHONE.finditer(text)
    yield from (hit for hit in _IBAN.finditer(text) if _is_iban(hit.group()))


def _is_iban(candidate: str) -> bool:
    """ISO 13616: moved country code and check digits, letters as numbers, rest 1 by 97."""
    compact = "".join(candidate.split())
    digits = "".join(str(int(letter, 36)) for letter in compact[4:] + compact[:4])
    return int(digits) % 97 == 1


def _shouting(text: str) -> Iterator[Hit]:
    words = [word for word in _WORD.finditer(text) if len(word.group()) > 3 and word.group().isalpha()]
    loud = [word for word in words if word.group().isupper()]
    if len(loud) >= 3 and len(loud) * 2 > len(words):
        yield from loud[:5]
    yield from _LOUD.finditer(text)
