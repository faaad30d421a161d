"""A text cut at the places that triage noticed. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

Piece = tuple[str, bool]


def pieces(text: str, signs: Iterable[Mapping[str, Any]]) -> list[Piece]:
    """The whole text in order, each piece with whether it is marked; overlapping places are one."""
    cut: list[Piece] = []
    at = 0
    for start, end in _places(signs):
        cut += [(text[at:start], False), (text[start:end], True)]
        at = end
    cut.append((text[at:], False))
    return [piece for piece in cut if piece[0]]


def personal(text: str, signs: Iterable[Mapping[str, Any]]) -> str:
    """What was noticed as personal data, one place a line: what a moderator may want to black out."""
    places = _places(sign for sign in signs if sign["kind"] == "personal")
    return "\n".join(dict.fromkeys(text[start:end] for start, end in places))


def _places(signs: Iterable[Mapping[str, Any]]) -> list[tuple[int, int]]:
    places: list[tuple[int, int]] = []
    for start, end in sorted(tuple(span) for sign in signs for span in sign["spans"]):
        if places and start < places[-1][1]:
            places[-1] = (places[-1][0], max(end, places[-1][1]))
        else:
            places.append((start, end))
    return places
