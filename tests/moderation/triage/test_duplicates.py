"""Near-duplicates: what counts as nearly the same, and what does not."""

import pytest

from moderation.triage import duplicates
from moderation.triage.duplicates import Other

TEXT = "Bitte sagen Sie vorher, woran Sie den Erfolg messen, und veröffentlichen Sie die Zahlen jedes Jahr."
ELSE = "Am Zoo fehlt seit dem Frühjahr eine Bank im Schatten; die alte wurde nach dem Sturm nicht ersetzt."


def named(text, *others):
    sign = duplicates.sign(text, [Other(f"N{n}", other) for n, other in enumerate(others)])
    return sign.words if sign else ()


@pytest.mark.parametrize(
    "copy",
    [
        TEXT,
        TEXT.upper(),
        f"  {TEXT}\n\n",
        TEXT.replace(" ", "\n"),
        TEXT.replace("Erfolg", "Erflog"),
        f"Guten Tag. {TEXT}",
        TEXT.replace("vorher, ", ""),
    ],
)
def test_an_altered_copy_is_named(copy):
    assert named(copy, ELSE, TEXT) == ("N1",)


def test_one_nicht_turns_a_sentence_round_and_is_still_only_a_hint():
    assert named(TEXT.replace("Sie die Zahlen", "Sie die Zahlen nicht"), TEXT) == ("N0",)


def test_another_text_about_the_same_is_none():
    assert (
        named("Woran messen Sie den Erfolg? Ich wünsche mir Zahlen, und zwar jährlich und für alle.", TEXT)
        == ()
    )


def test_two_who_agree_in_few_words_copied_nobody():
    assert named("Das finde ich gut, genau so machen!", "Das finde ich gut, genau so machen!") == ()


def test_the_most_alike_come_first_and_not_too_many():
    near = TEXT.replace("Erfolg", "Erflog")

    assert named(TEXT, near, ELSE, TEXT) == ("N2", "N0")
    assert named(TEXT, *[TEXT] * 9) == ("N0", "N1", "N2", "N3", "N4")


def test_a_copy_still_holds_a_piece_of_its_original():
    copy = duplicates.plain(f"Guten Tag, {TEXT.replace('Erfolg', 'Erflog').replace('Jahr', 'Jhar')}")

    assert [piece for piece in duplicates.pieces(TEXT) if piece in copy] != []
    assert {len(piece) for piece in duplicates.pieces(TEXT)} == {duplicates.WIDTH}
