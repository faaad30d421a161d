"""SVG from strangers: only what draws comes through, and what could act is refused with its name."""

import time

import pytest

from dialogue.kit import svg

HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 40 10">'
)
ACTIVE = {
    "script": "<script>alert(1)</script>",
    "script in capitals": "<SCRIPT/>",
    "script of html": '<h:script xmlns:h="http://www.w3.org/1999/xhtml">alert(1)</h:script>',
    "script in metadata": "<metadata><script/></metadata>",
    "handler": '<g onload="alert(1)"/>',
    "handler in capitals": '<g ONCLICK="alert(1)"/>',
    "handler where it is left out": '<title onclick="alert(1)">x</title>',
    "foreign object": "<foreignObject><body/></foreignObject>",
    "picture from outside": '<image href="https://boese.example/x.png"/>',
    "picture inside": '<image href="data:image/png;base64,AA"/>',
    "link": '<a href="https://boese.example"><rect/></a>',
    "reference outside": '<use href="https://boese.example/x.svg#a"/>',
    "old reference outside": '<use xlink:href="//boese.example/x.svg#a"/>',
    "script as address": '<use href="javascript:alert(1)"/>',
    "fill from outside": '<rect fill="url(https://boese.example/x.svg#a)"/>',
    "quoted fill from outside": """<rect fill="url('//boese.example')"/>""",
    "style from outside": '<rect style="fill:url(//boese.example)"/>',
    "escaped style": '<rect style="fill:\\75rl(//boese.example)"/>',
    "import": "<style>@import '//boese.example/x.css';</style>",
    "font": "<style>@font-face{src:url(//boese.example)}</style>",
    "style sheet with address": "<style>.a{fill:url(//boese.example)}</style>",
    "animation": '<rect><animate attributeName="href" to="javascript:alert(1)"/></rect>',
    "set": '<rect><set attributeName="onload" to="x"/></rect>',
    "text": "<text>Halle</text>",
    "filter": '<filter id="f"><feImage href="//boese.example"/></filter>',
}
GROUPS = "".join(
    f'<g id="a{n}">{10 * f"""<use xlink:href="#a{n - 1}"/>""" if n else "<rect/>"}</g>' for n in range(9)
)
INTRICATE = {
    "billions by reference": GROUPS,
    "itself": '<g id="a"><use href="#a"/></g>',
    "each other": '<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g>',
    "masks in masks": '<mask id="m"><rect mask="url(#m)"/></mask><rect mask="url(#m)"/>',
    "deep": 60 * "<g>" + 60 * "</g>",
    "many": 6_000 * "<rect/>",
    "endless styles": f"<style>{25_000 * 'a'}</style>",
    "endless comments": f"<style>{25_000 * '/*'}</style>",
}


def drawn(inside, head=HEAD):
    return svg.read(f"{head}{inside}</svg>".encode()).data.decode()


@pytest.mark.parametrize("name", ACTIVE)
def test_whatever_does_more_than_draw_is_refused(name):
    with pytest.raises(svg.NotDrawn) as refused:
        drawn(ACTIVE[name])

    assert refused.value.text.endswith(svg.PLAIN)
    assert refused.value.status == 422


@pytest.mark.parametrize("name", INTRICATE)
def test_a_drawing_that_would_keep_browsers_busy_is_refused_at_once(name):
    begun = time.perf_counter()
    with pytest.raises(svg.NotDrawn) as refused:
        drawn(INTRICATE[name])

    assert refused.value.text == svg.INTRICATE
    assert time.perf_counter() - begun < 0.5


@pytest.mark.parametrize(
    "document",
    [
        '<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>',
        '<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg"/>',
        '<!DOCTYPE svg [<!ELEMENT svg ANY>]><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>',
        '<?xml-stylesheet href="//boese.example"?><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>',
        f"{HEAD}&unknown;</svg>",
        f"{HEAD}<rect></svg>",
        '<html xmlns="http://www.w3.org/1999/xhtml"/>',
        '<path xmlns="http://www.w3.org/2000/svg"/>',
        '<svg xmlns="http://www.w3.org/2000/svg"/>',
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 0 1"/>',
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{300_000 * "1"}x" height="1"/>',
        '<?xml version="1.0" encoding="nowhere"?><svg/>',
        "",
    ],
)
def test_a_document_that_is_no_plain_drawing_is_refused(document):
    begun = time.perf_counter()
    with pytest.raises(svg.NotDrawn):
        svg.read(document.encode())

    assert time.perf_counter() - begun < 0.5


def test_what_draws_is_written_anew_with_its_size():
    found = svg.read(f'{HEAD}<g><path d="M0 0h9" fill="red"/></g></svg>'.encode())

    assert (found.width, found.height) == (40, 10)
    assert found.data.decode() == (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 10" width="40" height="10">'
        '<g><path d="M0 0h9" fill="red"></path></g></svg>'
    )


def test_styles_of_drawing_programs_become_attributes():
    inside = (
        '<style>/* Halle */ .a, .b{fill:#e30613;position:fixed}</style><rect class="a" style="opacity:.5"/>'
    )

    assert '<rect fill="#e30613" opacity=".5"></rect></svg>' in drawn(inside)
    assert "style" not in drawn(inside)


def test_notes_of_drawing_programs_are_left_out():
    inside = (
        "<title>Logo</title><metadata><?xpacket begin='x'?><x:y xmlns:x='http://x.example'/></metadata>"
        "<i:view xmlns:i='http://inkscape.example' zoom='1'/><!-- 1 --><rect i:label='x' xmlns:i='http://y'/>"
    )

    assert drawn(inside).endswith('height="10"><rect></rect></svg>')


def test_what_is_referred_to_inside_stays():
    inside = (
        '<defs><rect id="r"/><linearGradient id="g"><stop offset="1"/></linearGradient></defs>'
        '<clipPath id="c"><use xlink:href="#r"/></clipPath><g clip-path="url(#c)" fill="url(#g)"/>'
    )

    assert drawn(inside).count("#") == 3


def test_the_document_type_that_names_only_its_standard_is_left_out():
    public = '"-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd"'

    assert drawn("", f"<?xml version='1.0'?><!DOCTYPE svg PUBLIC {public}>{HEAD}").startswith("<svg xmlns")


def test_style_sheets_full_of_comments_that_do_not_end_are_read_at_once():
    style = b"<style>" + b"/*a" * 6_000 + b"</style>"
    drawing = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 10">' + style * 12 + b"<rect/></svg>"
    begun = time.perf_counter()

    svg.read(drawing)

    assert time.perf_counter() - begun < 0.5
