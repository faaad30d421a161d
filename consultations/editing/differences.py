"""What changed between two texts, word by word."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

WORDS = re.compile(r"\w+|\s+|[^\w\s]")
MOST = 40_000  # pairs of words to compare in one paragraph; above, the whole paragraph counts as replaced
KEPT = 256  # comparisons remembered: everybody may ask for the same ones again and again


@dataclass(frozen=True)
class Piece:
    """A stretch of text that stayed, went or came."""

    kind: str  # same, gone, new
    text: str


def pieces(before: str, after: str) -> list[Piece]:
    """The text after, with what went and what came; joined without `gone` it is the text after."""
    return list(_compared(before, after))


@lru_cache(KEPT)
def _compared(before: str, after: str) -> tuple[Piece, ...]:
    found: list[Piece] = []
    for kind, text in _by_paragraph(before, after):
        if text and found and found[-1].kind == kind:
            found[-1] = Piece(kind, found[-1].text + text)
        elif text:
            found.append(Piece(kind, text))
    return tuple(found)


def _by_paragraph(before: str, after: str) -> Iterator[tuple[str, str]]:
    """Paragraphs first, words only where a paragraph changed: the time grows with the square of what is compared."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    for tag, a, b, c, d in _steps(old, new):
        if tag == "equal":
            yield "same", "".join(new[c:d])
        else:
            yield from _by_word(WORDS.findall("".join(old[a:b])), WORDS.findall("".join(new[c:d])))


def _by_word(old: list[str], new: list[str]) -> Iterator[tuple[str, str]]:
    runs = [("".join(old[a:b]), "".join(new[c:d])) for _, a, b, c, d in _steps(old, new)]
    while (calmer := _without_crumbs(runs)) != runs:
        runs = calmer
    for gone, came in runs:
        if gone == came:
            yield "same", came
        else:
            yield "gone", gone
            yield "new", came


def _without_crumbs(runs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Words that happen to be the same between two larger changes belong to the change: nobody reads crumbs."""
    found: list[tuple[str, str]] = []
    at = 0
    while at < len(runs):
        if found and at + 1 < len(runs) and _is_crumb(found[-1], runs[at], runs[at + 1]):
            three = (found.pop(), runs[at], runs[at + 1])
            found.append(("".join(run[0] for run in three), "".join(run[1] for run in three)))
            at += 2
        else:
            found.append(runs[at])
            at += 1
    return found


def _is_crumb(before: tuple[str, str], run: tuple[str, str], after: tuple[str, str]) -> bool:
    changed = before[0] != before[1] and after[0] != after[1] and run[0] == run[1]
    return changed and len(run[0]) < min(max(map(len, before)), max(map(len, after)))


def _steps(old: Sequence[str], new: Sequence[str]) -> list[tuple[str, int, int, int, int]]:
    """Blanks belong to the words beside them: alone they are everywhere, and matching them takes for ever."""
    if _words(old) * _words(new) > MOST:
        return [("replace", 0, len(old), 0, len(new))]
    return SequenceMatcher(str.isspace, old, new, autojunk=False).get_opcodes()  # type: ignore[return-value]


def _words(parts: Sequence[str]) -> int:
    return sum(not part.isspace() for part in parts)
