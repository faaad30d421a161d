"""What changed between two texts."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consultations.editing.differences import MOST, Piece, pieces


def test_only_the_words_that_changed_are_marked():
    assert pieces("Was KI schreibt, soll man erkennen.", "Was KI schreibt, muss man sofort erkennen.") == [
        Piece("same", "Was KI schreibt, "),
        Piece("gone", "soll"),
        Piece("new", "muss"),
        Piece("same", " man"),
        Piece("new", " sofort"),
        Piece("same", " erkennen."),
    ]


def test_words_that_happen_to_be_the_same_are_not_left_as_crumbs():
    before = "Ja. Gekennzeichnet wird jeder Text, an dem KI in irgendeiner Form beteiligt war."
    after = "Ja. Hilft KI nur bei Rechtschreibung oder Grammatik, ist kein Hinweis nötig."

    assert pieces(before, after) == [
        Piece("same", "Ja. "),
        Piece("gone", "Gekennzeichnet wird jeder Text, an dem KI in irgendeiner Form beteiligt war"),
        Piece("new", "Hilft KI nur bei Rechtschreibung oder Grammatik, ist kein Hinweis nötig"),
        Piece("same", "."),
    ]


def test_a_new_paragraph_leaves_the_others_alone():
    assert pieces("Eins.\n\nDrei.\n", "Eins.\n\nZwei.\n\nDrei.\n") == [
        Piece("same", "Eins.\n\n"),
        Piece("new", "Zwei.\n\n"),
        Piece("same", "Drei.\n"),
    ]


@given(st.text("ab \n.ä", max_size=60), st.text("ab \n.ä", max_size=60))
def test_both_texts_can_be_read_out_of_the_pieces(before, after):
    found = pieces(before, after)

    assert "".join(piece.text for piece in found if piece.kind != "new") == before
    assert "".join(piece.text for piece in found if piece.kind != "gone") == after


def test_two_long_texts_without_a_word_in_common_are_compared_quickly():
    before, after = (" ".join(f"{letter}{n}" for n in range(5_000)) for letter in "ab")
    begun = time.perf_counter()

    found = pieces(before, after)

    assert [piece.kind for piece in found] == ["gone", "new"]
    assert time.perf_counter() - begun < 0.5


@pytest.mark.parametrize("between", [" ", ", ", " . "])
def test_a_paragraph_in_which_every_word_differs_is_compared_quickly_below_the_bar_too(between):
    most = 2 * int(MOST**0.5)  # with what stands between them not all are below it: try around the bar
    begun, slowest = time.perf_counter(), 0.0

    for size in range(20, most, 10):
        before, after = (between.join(f"{letter}{n}" for n in range(size)) for letter in "ab")
        pieces(before, after)
        slowest, begun = max(slowest, time.perf_counter() - begun), time.perf_counter()

    assert slowest < 0.25


def test_a_paragraph_of_two_hundred_words_is_still_compared_word_by_word():
    before = " ".join(f"Wort{n}" for n in range(190))

    found = pieces(before, before.replace("Wort95 ", "Anders "))

    assert [(piece.kind, piece.text) for piece in found[1:3]] == [("gone", "Wort95"), ("new", "Anders")]


def test_the_same_two_texts_are_compared_once():
    first = pieces("Es soll gelten.", "Es muss gelten.")

    assert all(a is b for a, b in zip(first, pieces("Es soll gelten.", "Es muss gelten."), strict=True))
