"""All signs together: each says why, no text breaks them, and none takes longer than its length."""

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.triage import marks, signs

ODD = (
    "\x00\u202e\u2067\u0301\u200b\ufeff\u00ad\U0001f468\u200d\U0001f469\U000e0041\uffff\ud7a3ﷺ٣٤"
    "\n\t @.-/+()[]*#_!?%€,;:0123456789aAäßZſİIıÅﬀ"
)
PARTS = (
    "0345 ",
    "@b.de",
    "DE89 ",
    "Geiststraße 12 ",
    "HAL-AB 1",
    "www.",
    "https://",
    "Idiot",
    "Arsch*",
    "!!!",
)


def kinds(text):
    return [(sign.kind, sign.detail) for sign in signs.judge(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Nichts dabei.", []),
        ("Ihr Idioten", [("insult", "")]),
        ("0345 1234567 und erna@example.org", [("personal", "mail"), ("personal", "phone")]),
        ("Siehe https://halle.example/plan", [("link", "")]),
        ("Siehe bit.ly/abc", [("link", "short")]),
        ("www.a.de www.b.de www.c.de", [("link", "many")]),
        ("Jetzt bestellen: https://x.example nur 9,99 €", [("spam", "sale"), ("link", "")]),
        ("Der Gutschein kostet 30 Euro, gratis ist nichts.", []),
        ("Die Linie 3 muss öfter fahren!\n" * 3, [("spam", "again")]),
        ("Ja. Nein. Ja. Nein. Ja. Nein. Ja.", []),
        ("ICH WILL KEINE KAMERAS", [("shouting", "")]),
        ("ADFC, NABU und BUND fordern mehr Bäume", []),
        ("Seit Jahren (!!!) nichts", []),
        ("Warum???? Jetzt!!!", [("shouting", "")]),
        ("👍👍", [("wordless", "")]),
        ("Ein Satz mit Wort. " * 120, [("spam", "again"), ("long", "")]),
    ],
)
def test_what_is_noticed_in_which_order(text, found):
    assert kinds(text) == found


EVERYTHING = """Du Depp, Scheiße! 0345 1234567 a@b.de HAL-AB 123
DE89 3704 0044 0532 0130 00 Ich wohne im Lerchenweg 4.
https://x.example jetzt kaufen
"""


def test_every_sign_gives_its_reason():
    seen = [
        sign
        for text in (EVERYTHING, EVERYTHING * 20, "👍", "bit.ly/x", "LAUTER GROSSE WORTE")
        for sign in signs.judge(text)
    ] + [signs.unproved()]

    assert {sign.detail or sign.kind for sign in seen} == set(signs.REASONS)
    assert {sign.kind for sign in seen} == set(signs.LABELS)
    assert [sign for sign in seen if not sign.reason or sign.reason.endswith(".")] == []


def test_the_writer_hears_of_personal_data_and_links_only():
    text = "Ihr Idioten, https://x.example 0345 1234567 WAS SOLL DAS!!!!!"

    assert [(sign.kind, sign.detail) for sign in (*signs.personal_data(text), *signs.links(text))] == [
        ("personal", "phone"),
        ("link", ""),
    ]


def sane(text):
    for sign in signs.judge(text):
        assert all(0 <= start < end <= len(text) for start, end in sign.spans)
        assert len(sign.spans) <= signs.MARKED
        assert len(sign.words) <= signs.SHOWN
    stored = [sign.stored() for sign in signs.judge(text)]
    assert "".join(piece for piece, _ in marks.pieces(text, stored)) == text


@settings(max_examples=2_500, deadline=None, database=None)
@given(st.text(max_size=300))
def test_no_text_breaks_it(text):
    sane(text)


def test_no_mixture_of_odd_signs_and_halves_of_patterns_breaks_it():
    chance = random.Random(4)
    for _ in range(2_500):
        sane("".join(chance.choice((*ODD, *PARTS)) for _ in range(chance.randrange(60))))


WALLS = """
a A 0 1 . - @ ! * a. a@ 0· 0- 01 A· A- A. 1, DE00 DE89·3704· Du· du·aaae· halt·die· leck·mich· Idiot a* *a _a_
www. http:// Straße· Aa-Straße· straße·1 weg·12 Geiststraße·12· wohne·Geiststraße·12· A·1,·06108 1·06108·Halle·
Aa·aa· Am·der· HAL- HAL-AB· Kennzeichen· Tel· Tel.·1· +49· 0345/ (0345)· x·[at]· a[at]b. b·(punkt)· é é \u202e 👍
Sie·sind·so· dumme· Frau·Depp· Sie· bit.ly/ gratis· Satz.
"""


def seconds(text):
    def once():
        started = time.process_time()
        signs.judge(text)
        return time.process_time() - started

    return min(once() for _ in range(3))


@pytest.mark.parametrize("piece", [" ", "\n", *(piece.replace("·", " ") for piece in WALLS.split())])
def test_four_times_the_text_takes_about_four_times_as_long(piece):
    short, long = piece * (10_000 // len(piece)), piece * (40_000 // len(piece))

    assert seconds(long) < 8 * seconds(short) + 0.01
