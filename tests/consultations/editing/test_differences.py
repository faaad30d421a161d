"""What changed between two texts."""

import time

from hypothesis import given
from hypothesis import strategies as st

from consultations.editing.differences import Piece, pieces


def test_only_the_words_that_changed_are_marked():
    assert pieces("Was KI schreibt, soll man erkennen.", "Was KI schreibt, muss man sofort erkennen.") == [
        Piece("same", "Was KI schreibt, "),
        Piece("gone", "soll"),
        Piece("new", "muss"),
        Piece("same", " man "),
        Piece("new", "sofort "),
        Piece("same", "erkennen."),
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
