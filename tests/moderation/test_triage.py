"""Triage: what it notices, where in the text, and how the text is marked there."""

import time

import pytest

from moderation.triage import marks, signs

IBAN = "DE89 3704 0044 0532 0130 00"


def stored(text):
    return [sign.stored() for sign in signs.judge(text)]


def marked(text):
    return [piece for piece, noticed in marks.pieces(text, stored(text)) if noticed]


@pytest.mark.parametrize("blank", [" ", "\n", "\t", "\u00a0", "\u2009", ""])
def test_an_account_number_is_found_with_whatever_stands_between(blank):
    written = IBAN.replace(" ", blank)

    assert marked(f"Konto: {written}.") == [written]


def test_an_account_number_that_does_not_add_up_is_none():
    assert stored("DE11 1111 1111 1111 1111 11") == []


def test_a_sign_says_where_in_the_text_and_by_which_version():
    assert stored("Du Depp, du DEPP!") == [
        {
            "kind": "insult",
            "label": "Beleidigung?",
            "words": ["Depp", "DEPP"],
            "spans": [[3, 7], [12, 16]],
            "version": signs.VERSION,
            "detail": "",
            "reason": "Sieht aus wie eine Beleidigung",
        }
    ]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("Der Depp döst deppert, Depp!", ["Depp", "Depp"]),
        ("Idioten! Ein Idiot.", ["Idioten", "Idiot"]),
        ("a@b.de, nicht aa@b.de", ["a@b.de", "aa@b.de"]),
        ("siehe www.x.de/a@b.de und weiter", ["www.x.de/a@b.de"]),
        ("👍👍", ["👍👍"]),
        ("Wort " * 400, []),
        ("ICH WILL KEINE KAMERAS!!!", ["WILL", "KEINE", "KAMERAS", "!!!"]),
        ("Depp 𝕏 Depp é Depp", ["Depp", "Depp", "Depp"]),
    ],
)
def test_marks_stand_where_triage_found_something_and_nowhere_else(text, places):
    assert marked(text) == places


@pytest.mark.parametrize("text", ["", "Nichts dabei", "Depp", "Depp Depp", " Depp\n\n", "x www.a.b@c.de y"])
def test_the_pieces_together_are_the_text(text):
    assert "".join(piece for piece, _ in marks.pieces(text, stored(text))) == text


def test_a_hostile_text_is_marked_as_fast_as_any_other():
    text = " ".join(f"a{n}@b.de Depp www.{n}.de !!!" for n in range(2_000))
    found = stored(text)

    started = time.process_time()
    cut = marks.pieces(text, found)

    assert time.process_time() - started < 0.02
    assert [len(sign["spans"]) for sign in found if sign["kind"] != "long"] == [signs.MARKED] * 4
    assert "".join(piece for piece, _ in cut) == text


async def test_the_moderator_sees_words_marked_and_no_parts_of_words(browser, make):
    text = "Der Depp döst deppert."
    comment = await make.comment(status="pending", text=text, signs=stored(text))
    await browser.sign_in(await make.moderator())

    page = await browser.get(f"/moderation/{comment.number}")

    assert [mark.text for mark in page.select("mark")] == ["Depp"]
    assert page.one(".comment__text").text == text
