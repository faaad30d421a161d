"""What compounds are built of."""

import time

import pytest

from consultations.analysis.compounds import parts


@pytest.mark.parametrize(
    ("word", "built_of"),
    [
        ("Überwachungskameras", ["überwachung", "überwachungskamera", "kamera"]),
        ("Bürgerbeteiligung", ["bürger", "beteiligung"]),
        ("Gesichtserkennung", ["gesicht", "erkennung"]),
        ("Beteiligung", []),
        ("verständlich", []),
    ],
)
def test_a_compound_is_taken_apart_and_a_word_stays_whole(word, built_of):
    assert parts(word) == built_of


def test_each_part_is_named_once():
    assert parts("Verkehrsampeln, VERKEHRSAMPELN und Verkehrsampeln") == parts("Verkehrsampeln")


@pytest.mark.parametrize(
    "text", ["", "!!!", "日本語" * 9, "a" * 5000, "ß" * 39, "1" * 40, "كاميرا" * 6, "\u0301" * 50]
)
def test_odd_texts_neither_fail_nor_take_long(text):
    begun = time.monotonic()

    assert isinstance(parts(text), list)
    assert time.monotonic() - begun < 2
