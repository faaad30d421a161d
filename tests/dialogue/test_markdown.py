"""Markdown of the editors: a small set of tags, and nothing in it ever becomes anything else."""

import re
import time

import nh3
import pytest

from dialogue.kit import text
from tests.dialogue.test_text import parsed

TAGS = {"p", "br", "h2", "h3", "h4", "ul", "ol", "li", "blockquote", "pre", "hr", "a", "strong", "em", "code"}
CODE = "alert(1)"
BREAKING_OUT = [
    "<script>{}</script>",
    "<img src=x onerror={}>",
    "<svg onload={}>",
    "<svg><script>{}</script></svg>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror={}>",
    "<iframe srcdoc='<script>{}</script>'></iframe>",
    "<object data='javascript:{}'>",
    "<a href='javascript:{}'>x</a>",
    "<style>@import 'javascript:{}'</style>",
    "<form action=javascript:{}><button>x",
    "<details open ontoggle={}>",
    "<b onmouseover={}>x</b>",
    "<!--<img src=--><img src=x onerror={}>",
    "<noscript><p title='</noscript><img src=x onerror={}>'>",
    "<p style='background:url(javascript:{})'>",
]
LINKS = [
    "[x](javascript:{})",
    "[x](JaVaScRiPt:{})",
    "[x](java\nscript:{})",
    "[x](&#106;avascript:{})",
    "[x](javascript&colon;{})",
    "[x](%6aavascript:{})",
    "[x](vbscript:{})",
    "[x](//boese.example/{})",
    "[x](seite?{})",
    "[x](data:text/html,<script>{}</script>)",
    "[x](<javascript:{}>)",
    "<javascript:{}>",
    "[x]: javascript:{}\n\n[x]",
    "![x](javascript:{})",
    '[x](https://a.example "\' onmouseover={} ")',
    '[x](https://a.example/"onmouseover={})',
    "[x](\x01javascript:{})",
    "[<img src=x onerror={}>](https://a.example)",
]
AROUND = ["{}", "# {}", "- {}", "> {}", "**{}**", "`{}`", "```\n{}\n```", "    {}", "1. {}\n2. {}"]
PAYLOADS = sorted(
    {frame.replace("{}", one.format(CODE)) for one in (*BREAKING_OUT, *LINKS) for frame in AROUND}
)
SAFE = re.compile(r"https?://|mailto:|/(?!/)", re.IGNORECASE)


def is_calm(html):
    for each in list(parsed(html).iter())[1:]:
        assert each.tag in TAGS, each.tag
        assert set(each.attrib) <= {"href", "rel"} if each.tag == "a" else set(each.attrib) <= {"start"}
        assert each.tag != "a" or SAFE.match(each.attrib["href"]), each.attrib


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_typed_becomes_code(payload):
    html = str(text.markdown(payload))

    is_calm(html)
    second = nh3.clean(html, tags=TAGS, attributes={"a": {"href", "rel"}, "ol": {"start"}}, link_rel=None)
    assert list(parsed(second).itertext()) == list(parsed(html).itertext())


def test_what_editors_need_is_there():
    typed = "# Wer\n\n**Alle** und *jede*:\n- eins\n- zwei\n\n3. drei\n\n"
    typed += "[Mehr](https://halle.example) oder [hier](/netiquette)\nneue Zeile"

    assert str(text.markdown(typed)).split("\n") == [
        "<h2>Wer</h2>",
        "<p><strong>Alle</strong> und <em>jede</em>:</p>",
        "<ul>",
        "<li>eins</li>",
        "<li>zwei</li>",
        "</ul>",
        '<ol start="3">',
        "<li>drei</li>",
        "</ol>",
        '<p><a href="https://halle.example" rel="noopener">Mehr</a> oder '
        '<a href="/netiquette" rel="noopener">hier</a><br>',
        "neue Zeile</p>",
        "",
    ]


@pytest.mark.parametrize(
    ("typed", "levels"),
    [
        ("# A\n## B\n### C", "234"),
        ("### A\n# B\n###### C", "223"),
        ("###### A\n##### B", "22"),
        ("## A\n#### B\n## C", "232"),
        ("# A\n## B\n### C\n#### D\n##### E", "23444"),
    ],
)
def test_headings_begin_below_the_pages_own_and_leave_out_no_level(typed, levels):
    assert "".join(re.findall("<h(.)", str(text.markdown(typed)))) == levels


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("<b>fett</b>", True),
        ("Text mit <br> darin", True),
        ("<div>\nBlock\n</div>", True),
        ("a < b und b > c", False),
        ("<https://halle.example>", False),
        ("**fett** und `<b>`", False),
    ],
)
def test_html_is_noticed_so_that_the_preview_can_say_so(typed, found):
    assert text.has_html(typed) is found
    assert "<b>" not in str(text.markdown(typed))


@pytest.mark.parametrize("bomb", ["[", "*a_", "![", ">", "- ", "`", "<a ", "[a](", "_*", "[[](", "&", "1. "])
def test_no_text_of_allowed_length_holds_the_others_up(bomb):
    typed = (bomb * 20_000)[:20_000]
    begun = time.perf_counter()

    text.markdown(typed)
    text.has_html(typed)

    assert time.perf_counter() - begun < 3
