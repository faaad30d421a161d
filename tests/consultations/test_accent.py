"""The accent: readable on everything it stands on, light and dark, or refused with one that is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consultations import accent
from dialogue.kit import colour
from dialogue.kit.errors import Invalid

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def pairs(one):
    return [*accent.light(one).pairs().values(), *accent.dark(one).pairs().values()]


@given(COLOURS)
def test_a_colour_passes_exactly_when_every_pair_has_4_5_to_1(one):
    assert (accent.faint(one) == []) == (min(pairs(one)) >= 4.5)


@given(COLOURS)
def test_the_proposal_passes_and_is_the_same_hue_just_dark_enough(one):
    if not accent.faint(one):
        return
    proposed = accent.nearest(one)
    lightness, chroma, hue = colour.to_oklch(proposed)

    assert accent.faint(proposed) == []
    assert lightness < colour.to_oklch(one)[0]
    assert accent.faint(colour.from_oklch(lightness + 0.02, chroma, hue)) != []


@given(COLOURS)
def test_in_the_dark_every_colour_can_be_read(one):
    assert min(accent.dark(one).pairs().values()) >= 4.5


def test_the_usual_colour_passes():
    assert accent.faint(accent.USUAL) == []


@pytest.mark.parametrize(
    ("typed", "read"),
    [("#00647D", "#00647d"), (" 00647d ", "#00647d"), ("#06d", "#0066dd"), ("06D", "#0066dd")],
)
def test_a_colour_is_read_as_people_write_it(typed, read):
    assert accent.read(typed) == read


@pytest.mark.parametrize(
    "typed", ["", "red", "rot", "#12", "#12345", "#1234567", "rgb(1,2,3)", "javascript:alert(1)", "#00647g"]
)
def test_what_is_no_colour_is_refused_with_an_example(typed):
    with pytest.raises(Invalid) as refused:
        accent.checked(typed)

    assert refused.value.text == (
        "Bitte geben Sie die Farbe mit # und sechs Zeichen aus 0 bis 9 und a bis f an, etwa #005465."
    )


def test_a_colour_that_is_too_light_is_refused_with_one_that_is_not():
    with pytest.raises(Invalid) as refused:
        accent.checked("#fff")

    assert refused.value.text == (
        "Diese Farbe ist zu hell: Schrift auf dieser Farbe hat nur einen Kontrast von 1,0 zu 1. "
        "Nötig sind 4,5 zu 1. Gut lesbar ist zum Beispiel #666666."
    )


def test_a_red_that_only_just_fails_somewhere_says_where():
    with pytest.raises(Invalid) as refused:
        accent.checked("#e30613")

    assert (
        "Schrift in dieser Farbe auf Eingabefeldern hat nur einen Kontrast von 4,4 zu 1" in refused.value.text
    )


def test_the_stylesheet_sets_the_colour_as_it_was_chosen_and_a_lighter_one_for_the_dark():
    day, night = accent.stylesheet("#00647d").splitlines()

    assert "--accent: #00647d;" in day
    assert f"--accent: {accent.dark('#00647d').accent};" in night
    assert night.startswith("@media (prefers-color-scheme: dark)")


def test_the_address_changes_with_what_the_stylesheet_says(monkeypatch):
    before = accent.address("#00647d")
    monkeypatch.setattr(accent, "stylesheet", lambda _: ":root {}")

    assert before != accent.address("#00647d")
