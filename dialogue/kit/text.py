"""Citizens' text is text: normalise on entry, escape and linkify on the way out."""

import re
import unicodedata
from functools import lru_cache
from html import escape
from urllib.parse import urlsplit

import bleach
import regex
from markupsafe import Markup

_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
    + "]"
)
_GRAPHEME = regex.compile(r"\X")
MOST_SIGNS = 24  # the longest emoji sequences have 10 to 14, Indic clusters fewer
_BLANK_LINES = re.compile(r"\n{2,}")
_ENDS = r"\s<>\"'„“”‚‘’«»‹›"  # what ends an address, and what does not belong to one when it stands last
_ADDRESS = re.compile(rf"((?:https?://|www\.)[^{_ENDS}]+[^{_ENDS}.,;:!?()\[\]])", re.IGNORECASE)


def normalise(text: str) -> str:
    """NFC, line breaks as \\n, without control characters, surrogates and non-characters; trimmed.

    Everything else stays as typed: `<`, `&`, emoji, right-to-left text, combining marks.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    return unicodedata.normalize("NFC", _CONTROL.sub("", text)).strip()


def overloaded(text: str) -> bool:
    """Whether one character is built of more signs than any writing needs: it would cover its neighbours."""
    return not text.isascii() and max(map(len, _GRAPHEME.findall(text)), default=0) > MOST_SIGNS


def length(text: str) -> int:
    """Length in graphemes: what a person would count as characters."""
    return len(text) if text.isascii() else len(_GRAPHEME.findall(text))


def excerpt(text: str, limit: int = 160) -> str:
    """The beginning of a text on one line, cut between words, with an ellipsis when cut."""
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    return line[:limit].rsplit(" ", 1)[0].rstrip(" ,;:.–-") + " …"


def _link(address: str) -> str:
    target = f"http://{address}" if address[:4].lower() == "www." else address
    try:
        _ = urlsplit(target).port
    except ValueError:
        return escape(address)
    return f'<a href="{escape(target)}" rel="nofollow ugc noopener">{escape(address)}</a>'


def _linked(text: str) -> str:
    """Escaped text, its web addresses as links. Found before escaping: a quote ends an address, `&quot;` would not."""
    pieces = _ADDRESS.split(text)  # words, address, words, address … words
    return "".join(_link(piece) if at % 2 else escape(piece) for at, piece in enumerate(pieces))


@lru_cache(maxsize=8192)
def paragraphs(text: str) -> Markup:
    """Plain text as safe HTML paragraphs, web addresses as links. The one place that makes markup of data."""
    blocks = (_linked(block).replace("\n", "<br>") for block in _BLANK_LINES.split(text))
    return Markup(_clean("".join(f"<p>{block}</p>" for block in blocks)))


def _clean(html: str) -> str:
    return bleach.clean(
        html, tags={"p", "br", "a"}, attributes={"a": ["href", "rel"]}, protocols={"http", "https"}
    )
