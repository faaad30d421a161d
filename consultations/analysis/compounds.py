"""Compounds taken apart by HanTa: what "Überwachungskameras" is built of, so that "Kamera" finds it."""

from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

from dialogue.kit import german

SHORTEST, LONGEST = 6, 40  # letters; HanTa needs time with the square of a word's length
PART = 3
CONTENT = ("N", "VV", "ADJ", "ACR")


@cache
def _tagger() -> Any:
    from HanTa import HanoverTagger  # noqa: PLC0415 - a third of a second and 30 MB, for the worker alone

    return HanoverTagger.HanoverTagger("morphmodel_ger.pgz")


def parts(text: str) -> list[str]:
    """The parts of a text's compounds, each once; pure and slow (about 1 ms per word), so off the event loop."""
    wanted = dict.fromkeys(word for word in german.words(text) if SHORTEST <= len(word) <= LONGEST)
    return list(dict.fromkeys(part for word in wanted for part in of_word(word)))


@lru_cache(maxsize=20_000)
def of_word(word: str) -> tuple[str, ...]:
    """überwachungskameras → überwachung, überwachungskamera, kamera; nothing for a word that is whole.

    Nouns are written with a capital letter; the text's own case says little (a sentence's first word).
    """
    morphs = [
        (part, _is_content(part, tag)) for part, tag in _tagger().analyze(word.capitalize(), taglevel=3)[1]
    ]
    return tuple(dict.fromkeys(part for part in _spans(morphs) if part != word))


def _is_content(part: str, tag: str) -> bool:
    return tag.startswith(CONTENT) and len(part) >= PART and part.isalpha()


def _spans(morphs: list[tuple[str, bool]]) -> Iterator[str]:
    """Every run that begins and ends with a word of its own: "datenschutz" is one in "gesundheitsdatenschutz"."""
    places = [place for place, (_, content) in enumerate(morphs) if content]
    for first in places:
        for last in (place for place in places if place >= first):
            yield "".join(part for part, _ in morphs[first : last + 1])
