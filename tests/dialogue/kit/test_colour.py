"""Colours: contrast as WCAG counts it, and the way to OKLCH and back."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue.kit import colour

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#000000", 21.0),
        ("#777777", "#777777", 1.0),
        ("#767676", "#ffffff", 4.54),
        ("#ff0000", "#ffffff", 4.0),
        ("#0000ff", "#ffffff", 8.59),
    ],
)
def test_contrast_is_that_of_wcag(one, other, ratio):
    assert round(colour.contrast(one, other), 2) == ratio


@given(COLOURS)
def test_a_colour_comes_back_from_oklch_as_it_went(one):
    assert colour.from_oklch(*colour.to_oklch(one)) == one


def test_a_colour_no_screen_can_show_loses_chroma_and_keeps_its_lightness():
    lightness, chroma, _ = colour.to_oklch(colour.from_oklch(0.6, 0.4, math.radians(145)))

    assert (round(lightness, 2), chroma < 0.3) == (0.6, True)


@pytest.mark.parametrize("text", ["#00647d", "#ffffff"])
def test_a_colour_is_a_hash_and_six_small_digits(text):
    assert colour.is_colour(text)


@pytest.mark.parametrize("text", ["", "#fff", "#00647D", "00647d", "red", "#00647d\n", "#٠٠٦٤٧٠", "#00647d;"])
def test_anything_else_is_none(text):
    assert not colour.is_colour(text)
