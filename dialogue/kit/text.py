"""Citizens' text is text: normalise on entry, escape and linkify on the way out."""

import re
import unicodedata
from collections.abc import MutableMapping
from functools import lru_cache
from html import escape
from typing import Any

import bleach
import regex
from bleach.linkifier import Linker
from markupsafe import Markup

_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
    + "]"
)
_GRAPHEME = regex.compile(r"\X")
_BLANK_LINES = re.compile(r"\n{2,}")
_ADDRESS = re.compile(r"(?:https?://|www\.)[^\s<>\"']+[^\s<>\"'.,;:!?()\[\]]", re.IGNORECASE)


def normalise(text: str) -> str:
    """NFC, line breaks as \\n, without control characters, surrogates and non-characters; trimmed.

    Everything else stays as typed: `<`, `&`, emoji, right-to-left text, combining marks.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    return unicodedata.normalize("NFC", _CONTROL.sub("", text)).strip()


def length(text: str) -> int:
    """Length in graphemes: what a person would count as characters."""
    return len(text) if text.isascii() else len(_GRAPHEME.findall(text))


def excerpt(text: str, limit: int = 160) -> str:
    """The beginning of a text on one line, cut between words, with an ellipsis when cut."""
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    return line[:limit].rsplit(" ", 1)[0].rstrip(" ,;:.–-") + " …"


def _outward(attrs: MutableMapping[Any, str], new: bool = False, /) -> MutableMapping[Any, str]:
    attrs[(None, "rel")] = "nofollow ugc noopener"
    return attrs


_linker = Linker(callbacks=[_outward], url_re=_ADDRESS, parse_email=False)


@lru_cache(maxsize=8192)
def paragraphs(text: str) -> Markup:
    """Plain text as safe HTML paragraphs, web addresses as links. The one place that makes markup of data."""
    blocks = (escape(block).replace("\n", "<br>") for block in _BLANK_LINES.split(text))
    html = "".join(f"<p>{block}</p>" for block in blocks)
    if _ADDRESS.search(text):
        html = _linker.linkify(html)
    return Markup(_clean(html))


def _clean(html: str) -> str:
    return bleach.clean(
        html, tags={"p", "br", "a"}, attributes={"a": ["href", "rel"]}, protocols={"http", "https"}
    )
