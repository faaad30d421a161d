"""Triage: what a machine notices in a text, each sign with its reason and the words that caused it.

Pure; it orders, and after publication may hold. It never rejects.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from moderation.triage import insults, personal, spam

LABELS = {
    "insult": "Beleidigung?",
    "personal": "Persönliche Daten?",
    "spam": "Werbung?",
    "link": "Link",
    "shouting": "Laut",
    "wordless": "Ohne Worte",
    "long": "Sehr lang",
    "unproved": "Ohne Nachweis",
}
REASONS = {
    "insult": "Sieht aus wie eine Beleidigung",
    "coarse": "Enthält ein derbes Wort",
    "phone": "Sieht aus wie eine Telefonnummer",
    "mail": "Sieht aus wie eine E-Mail-Adresse",
    "iban": "Sieht aus wie eine Kontonummer (IBAN)",
    "address": "Sieht aus wie die Adresse einer Wohnung",
    "plate": "Sieht aus wie ein Autokennzeichen",
    "many": "Enthält mehrere Links",
    "short": "Enthält einen verkürzten Link, dessen Ziel man nicht sieht",
    "sale": "Ein Link, daneben Wörter aus der Werbung",
    "again": "Derselbe Satz kommt mehrmals",
    "link": "Enthält einen Link",
    "shouting": "Steht fast ganz in Großbuchstaben oder ist voller Ausrufezeichen",
    "wordless": "Enthält kein Wort",
    "long": "Ist länger als die meisten Beiträge",
    "unproved": "Ohne Konto und ohne Rechenaufgabe gesendet",
}
VERSION = 2  # stored with each sign: another list or pattern is another version
SHOWN, MARKED = 10, 100  # words named per sign, each once; places marked per sign: enough to see why
LONG = 1_500
HEAP = 5  # exclamation marks in a row
_WORD = re.compile(r"\w+")
_LOUD = re.compile(r"[!?]{3,}")
Span = tuple[int, int]


@dataclass(frozen=True)
class Sign:
    """One thing noticed: its kind, a German label, the words that show it, where they stand, and why.

    `detail` is a finer kind: of personal data phone, mail, iban, address or plate.
    """

    kind: str
    label: str
    words: tuple[str, ...]
    spans: tuple[Span, ...] = ()
    detail: str = ""
    reason: str = ""

    def stored(self) -> dict[str, Any]:
        return asdict(self) | {
            "words": list(self.words),
            "spans": [list(span) for span in self.spans],
            "version": VERSION,
        }


def judge(text: str) -> list[Sign]:
    """All signs in a text, gravest first; an empty list means: nothing noticed."""
    noticed = [
        *_signs(text, "insult", insults.found(text)),
        *personal_data(text),
        *_signs(text, "spam", spam.spam(text)),
        *links(text),
        *_signs(text, "shouting", (("", span) for span in _shouting(text))),
    ]
    if text and _WORD.search(text) is None:
        noticed.append(_sign("wordless", (text[:20],), ((0, len(text)),)))
    if len(text) > LONG:
        noticed.append(_sign("long", (f"{len(text)} Zeichen",)))
    return noticed


def unproved() -> Sign:
    """Of what somebody without an account sent without a proof of work: it waits for a person wherever it is."""
    return _sign("unproved", ())


def personal_data(text: str) -> list[Sign]:
    """What looks like personal data, a sign for each finer kind.

    This and links are all an author is told of: a guess about tone would be a judgement, and teach how to
    evade it.
    """
    return _signs(text, "personal", personal.found(text))


def links(text: str) -> list[Sign]:
    detail, spans = spam.links(text)
    return _signs(text, "link", ((detail, span) for span in spans))


def _signs(text: str, kind: str, found: Iterable[tuple[str, Span]]) -> list[Sign]:
    """A sign for each finer kind among the places found."""
    places: dict[str, list[Span]] = defaultdict(list)
    for detail, span in found:
        places[detail].append(span)
    return [
        _sign(kind, _words(text, spans), tuple(spans[:MARKED]), detail) for detail, spans in places.items()
    ]


def _words(text: str, spans: list[Span]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text[start:end] for start, end in spans))[:SHOWN]


def _sign(kind: str, words: tuple[str, ...], spans: tuple[Span, ...] = (), detail: str = "") -> Sign:
    return Sign(kind, LABELS[kind], words, spans, detail, REASONS[detail or kind])


def _shouting(text: str) -> Iterator[Span]:
    """Words in capitals, when they are most of the text, and marks in heaps; one "(!!!)" is no shouting."""
    words = [word for word in _WORD.finditer(text) if len(word.group()) > 3 and word.group().isalpha()]
    loud = [word.span() for word in words if word.group().isupper()]
    if len(loud) < 3 or len(loud) * 2 <= len(words):
        loud = []
    heaps = [hit.span() for hit in _LOUD.finditer(text)]
    yield from loud[:5]
    if loud or len(heaps) > 1 or any(end - start >= HEAP for start, end in heaps):
        yield from heaps
