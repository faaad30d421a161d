"""Triage: what a machine notices in a text, each sign with the words that caused it. Pure; it never rejects."""

import re
from collections.abc import Iterator
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
SHOWN = 10  # words per sign, each once: enough to see why
_WORD = re.compile(r"\w+")
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+\.[\w.-]*\w")  # begins nowhere else: linear in any text
_PHONE = re.compile(r"(?<![\w/-])(?:\+49|0049|0)[\s/().–-]*(?:\d[\s/().–-]?){6,13}\d(?![\w-])")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){3,7}(?:\s?[A-Z0-9]{1,3})?\b")
_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)


@dataclass(frozen=True)
class Sign:
    """One thing noticed: its kind, a German label, and the words of the text that show it."""

    kind: str
    label: str
    words: tuple[str, ...]

    def stored(self) -> dict[str, Any]:
        return asdict(self) | {"words": list(self.words)}


def judge(text: str) -> list[Sign]:
    """All signs in a text, gravest first; an empty list means: nothing noticed."""
    found = (
        ("insult", tuple(_insults(text))),
        ("personal", tuple(_personal(text))),
        ("link", tuple(_LINK.findall(text))),
        ("shouting", tuple(_shouting(text))),
        ("wordless", () if _WORD.search(text) else (text[:20],)),
        ("long", (f"{len(text)} Zeichen",) if len(text) > 1_500 else ()),
    )
    return [Sign(kind, LABELS[kind], tuple(dict.fromkeys(words))[:SHOWN]) for kind, words in found if words]


def _insults(text: str) -> Iterator[str]:
    return (word for word in _WORD.findall(text) if word.lower() in INSULTS)


def _personal(text: str) -> Iterator[str]:
    yield from _EMAIL.findall(text)
    yield from (hit.strip() for hit in _PHONE.findall(text))
    yield from (hit for hit in _IBAN.findall(text) if _is_iban(hit))


def _is_iban(candidate: str) -> bool:
    """ISO 13616: moved country code and check digits, letters as numbers, rest 1 by 97."""
    compact = candidate.replace(" ", "")
    digits = "".join(str(int(letter, 36)) for letter in compact[4:] + compact[:4])
    return int(digits) % 97 == 1


def _shouting(text: str) -> Iterator[str]:
    words = [word for word in _WORD.findall(text) if len(word) > 3 and word.isalpha()]
    loud = [word for word in words if word.isupper()]
    if len(loud) >= 3 and len(loud) * 2 > len(words):
        yield from loud[:5]
    yield from re.findall(r"[!?]{3,}", text)
