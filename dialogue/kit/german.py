"""German words: those of a text, how they are compared, and where in a text a searched one stands."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_WORD = re.compile(r"[^\W_]+")
_BLANKS = re.compile(r"\s+")
_FOLDED = str.maketrans({"ß": "ss"})
PREFIX = 3  # letters from which a word may be the beginning of another
INSIDE = 4  # letters from which it may be a part of a compound
LONG = 280
BEFORE = 80


def words(text: str) -> list[str]:
    """Runs of letters and digits, lower case, in order."""
    return _WORD.findall(unicodedata.normalize("NFC", text).lower())


def fold(word: str) -> str:
    """As stems are written: without umlauts and ß."""
    bare = unicodedata.normalize("NFD", word.lower().translate(_FOLDED))
    return "".join(letter for letter in bare if not unicodedata.combining(letter))


@dataclass(frozen=True)
class Piece:
    """A part of a text, and whether it is what was looked for."""

    text: str
    hit: bool


@dataclass(frozen=True)
class Looked:
    """What was looked for: the words as typed and their stems, all folded."""

    typed: frozenset[str] = frozenset()
    stems: frozenset[str] = frozenset()

    @classmethod
    def of(cls, typed: Iterable[str], stems: Iterable[str]) -> "Looked":
        return cls(frozenset(map(fold, typed)), frozenset(map(fold, stems)))

    def meets(self, word: str) -> bool:
        """Whether a word of a text is one that was looked for, begins with it, or is built with it."""
        folded = fold(word)
        if folded in self.typed or folded in self.stems:
            return True
        if any(len(each) >= PREFIX and folded.startswith(each) for each in self.typed):
            return True
        if any(_inflects(folded, each) for each in self.stems):
            return True
        long = (each for each in self.typed | self.stems if len(each) >= INSIDE)
        return word[:1].isupper() and any(each in folded for each in long)

    def pieces(self, text: str) -> list[Piece]:
        """The whole text, cut where hits begin and end."""
        return list(self._cut(text))

    def excerpt(self, text: str) -> list[Piece]:
        """Some 280 characters around the first hit on one line, cut between words, with an ellipsis when cut."""
        line = _BLANKS.sub(" ", text).strip()
        at = next((match.start() for match in self._hits(line)), 0)
        start = _blank_before(line, at - BEFORE) if len(line) > LONG and at > BEFORE else 0
        end = len(line) if len(line) <= start + LONG else _blank_before(line, start + LONG)
        lead, tail = ("… " if start else ""), (" …" if end < len(line) else "")
        return [
            Piece(text, hit)
            for text, hit in (
                (lead, False),
                *((piece.text, piece.hit) for piece in self._cut(line[start:end].strip())),
                (tail, False),
            )
            if text
        ]

    def _hits(self, text: str) -> Iterator[re.Match[str]]:
        return (match for match in _WORD.finditer(text) if self.meets(match.group()))

    def _cut(self, text: str) -> Iterator[Piece]:
        done = 0
        for match in self._hits(text):
            if match.start() > done:
                yield Piece(text[done : match.start()], False)
            yield Piece(match.group(), True)
            done = match.end()
        if done < len(text):
            yield Piece(text[done:], False)


def _inflects(word: str, stem: str) -> bool:
    """A long stem may have any ending, a short one two letters: "dat" is of "Daten", not of "Dateien"."""
    return word.startswith(stem) and (len(stem) >= INSIDE or len(word) <= len(stem) + 2)


def _blank_before(line: str, at: int) -> int:
    """The nearest place before `at` where one may cut: a blank, or where no sign belongs to the one before."""
    blank = line.rfind(" ", max(0, at - 60), at + 1)
    if blank >= 0:
        return blank
    while at > 0 and (
        unicodedata.combining(line[at]) or line[at] in "\u200d\ufe0f" or line[at - 1] == "\u200d"
    ):
        at -= 1
    return max(0, at)
