"""Links and advertising: web addresses, words of sale beside them, the same sentence again and again. Pure."""

import re
from collections import Counter
from collections.abc import Iterator

Span = tuple[int, int]
MANY, AGAIN = 3, 3  # links; times the same line or sentence
_LINK = re.compile(r"(?:https?://|\bwww\.)\S{1,2000}", re.IGNORECASE)
_SHORTENED = re.compile(
    r"\b(?:bit\.ly|buff\.ly|cutt\.ly|goo\.gl|is\.gd|ow\.ly|rb\.gy|shorturl\.at|t\.co|t\.ly|t\.me|tinyurl\.com"
    r"|wa\.me)/\S{1,200}",
    re.IGNORECASE,
)
_SALE = re.compile(
    r"\b(?:gratis|kostenlos(?:e[nrs]?)?[^\S\n](?:testen|bestellen|anfordern)|Rabatt(?:e|code|aktion)?|Gutschein(?:e|code)?"
    r"|Sonderangebote?|jetzt[^\S\n](?:kaufen|bestellen|sichern|klicken|zuschlagen)|(?:Sofort|Privat)kredite?|Casino"
    r"|Bitcoins?|Kryptow\w{0,10}|Geld[^\S\n]verdienen|Viagra|(?:nur|ab|für)[^\S\n]\d{1,5}(?:[,.]\d\d)?[^\S\n]?(?:€|Euro))\b",
    re.IGNORECASE,
)
_PIECE = re.compile(r"[^\n.!?]{1,5000}")


def links(text: str) -> tuple[str, list[Span]]:
    """Where web addresses stand, and what is odd about them: many, one of them short, or nothing ("")."""
    found = [hit.span() for hit in _LINK.finditer(text)]
    ends = {end for _, end in found}
    short = [hit.span() for hit in _SHORTENED.finditer(text)]
    places = sorted(found + [span for span in short if span[1] not in ends])
    return ("many" if len(places) >= MANY else "short" if short else ""), places


def spam(text: str) -> Iterator[tuple[str, Span]]:
    """What looks like advertising, and where: words of sale beside a link, the same sentence again."""
    if _LINK.search(text) or _SHORTENED.search(text):
        yield from (("sale", hit.span()) for hit in _SALE.finditer(text))
    yield from (("again", span) for span in _repeated(text))


def _repeated(text: str) -> Iterator[Span]:
    """Every place of a line or sentence of some length that comes again and again."""
    pieces = [(" ".join(hit.group().casefold().split()), hit.span()) for hit in _PIECE.finditer(text)]
    times = Counter(words for words, _ in pieces if len(words) >= 15)
    yield from (span for words, span in pieces if times[words] >= AGAIN)
