"""Citizens' text is text: normalise on entry, escape and linkify on the way out."""

import re
import unicodedata
from functools import lru_cache
from html import escape
from urllib.parse import urlsplit

import bleach
import regex
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
    + "]"
)
REMEMBERED = 1_000  # characters: what is kept of 8192 texts stays below some 30 MB
_GRAPHEME = regex.compile(r"\X")
_HEAP = regex.compile(r"\p{M}{31}")
_SEEN = regex.compile(r"[^\p{Cc}\p{Cf}\p{Z}\p{M}\u115f\u1160\u2800\u3164\uffa0]")
_LETTER = regex.compile(r"\p{L}")
MOST_SIGNS = 24  # the longest emoji sequences have 10 to 14, Indic clusters fewer
_BLANK_LINES = re.compile(r"\n{2,}")
_ENDS = r"\s<>\"'„“”‚‘’«»‹›\u202a-\u202e\u2066-\u2069"  # what ends an address, and is no part of it
_ADDRESS = re.compile(rf"((?:https?://|www\.)[^{_ENDS}]+[^{_ENDS}.,;:!?()\[\]])", re.IGNORECASE)


def normalise(text: str) -> str:
    """NFC, line breaks as \\n, without control characters, surrogates and non-characters; trimmed.

    Everything else stays as typed: `<`, `&`, emoji, right-to-left text, combining marks. A heap of marks no
    writing has is not composed: that takes time with the square of its height.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    text = _CONTROL.sub("", text)
    return (text if _HEAP.search(text) else unicodedata.normalize("NFC", text)).strip()


def is_blank(text: str) -> bool:
    """Whether nothing of a text can be seen: only blanks, invisible signs and marks."""
    return _SEEN.search(text) is None


def readable(text: str) -> int:
    """How many characters of a text can be seen, with one blank between its words."""
    words = ("".join(sign for sign in word if not is_blank(sign)) for word in text.split())
    return length(" ".join(word for word in words if word))


def in_words(text: str) -> bool:
    """Whether a text has letters of any writing: emoji alone explain nothing."""
    return _LETTER.search(text) is not None


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


def paragraphs(text: str) -> Markup:
    """Plain text as safe HTML paragraphs, web addresses as links. The one place that makes markup of data.

    For texts that were accepted: the time grows with the square of very long ones.
    """
    return _remembered(text) if len(text) <= REMEMBERED else _marked_up(text)


@lru_cache(maxsize=8192)
def _remembered(text: str) -> Markup:
    return _marked_up(text)


def _marked_up(text: str) -> Markup:
    blocks = (_linked(block).replace("\n", "<br>") for block in _BLANK_LINES.split(text))
    return Markup(_clean("".join(f"<p>{block}</p>" for block in blocks)))


def _clean(html: str) -> str:
    return bleach.clean(
        html, tags={"p", "br", "a"}, attributes={"a": ["href", "rel"]}, protocols={"http", "https"}
    )


# --- Markdown of the editors ------------------------------------------------------------------------

_MARKDOWN = MarkdownIt("commonmark", {"html": False, "breaks": True}).disable("image")
_MARKDOWN.validateLink = re.compile(r"https?://|mailto:|/(?!/)", re.IGNORECASE).match  # type: ignore[method-assign,assignment]
_WITH_HTML = MarkdownIt("commonmark")
_BLOCKS = {"p", "br", "h2", "h3", "h4", "ul", "ol", "li", "blockquote", "pre", "hr"}
_WORDS = {"a", "strong", "em", "code"}


def _outline(tokens: list[Token]) -> None:
    """Headings begin below the page's own and leave out no level, whatever was typed."""
    depth, levels = 1, sorted({token.tag for token in tokens if token.type == "heading_open"})
    for at, token in enumerate(tokens):
        if token.type == "heading_open":
            depth = min(levels.index(token.tag) + 2, depth + 1, 4)
            token.tag = tokens[at + 2].tag = f"h{depth}"


@lru_cache(maxsize=256)
def markdown(text: str) -> Markup:
    """Markdown of the editors as safe HTML: no HTML of its own, no images, links only outward or within."""
    tokens = _MARKDOWN.parse(text)
    _outline(tokens)
    for token in tokens:
        for child in token.children or ():
            if child.type == "link_open":
                child.attrs = {"href": child.attrs.get("href", ""), "rel": "noopener"}
    return Markup(
        bleach.clean(
            _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}),
            tags=_BLOCKS | _WORDS,
            attributes={"a": ["href", "rel"], "ol": ["start"]},
            protocols={"http", "https", "mailto"},
        )
    )


def has_html(text: str) -> bool:
    """Whether an editor typed HTML, which will be shown as it was typed."""
    tokens = _WITH_HTML.parse(text)
    return any(each.type.startswith("html_") for token in tokens for each in (token, *(token.children or ())))
