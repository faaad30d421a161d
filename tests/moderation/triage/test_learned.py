"""The learned order: what it notices, where in the text, and how it is kept."""

import io
import subprocess
import sys
import time

import numpy as np
import pytest

from moderation.triage import features, learned, training
from moderation.triage.learned import Order
from tests.moderation.triage import made


@pytest.fixture(scope="module")
def trained():
    return training.train(made.examples(), lambda _: None)


@pytest.fixture(scope="module")
def order(trained):
    return trained[0]


def cut(text):
    return [text[start:end] for start, end in features.sentences(text)]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", []),
        (" \n ", []),
        ("Ein Satz", ["Ein Satz"]),
        ("Eins. Zwei! Drei?", ["Eins.", "Zwei!", "Drei?"]),
        ("„Eins.“ Zwei", ["„Eins.“", "Zwei"]),
        ("Oben\nunten", ["Oben", "unten"]),
        ("Am 3.2. um 8", ["Am 3.2.", "um 8"]),
        ("a,b.c d", ["a,b.c d"]),
        ("Wort " * 41, [("Wort " * 40).strip(), "Wort"]),
    ],
)
def test_a_text_falls_into_its_sentences(text, parts):
    assert cut(text) == parts


def test_the_sentence_that_stands_out_is_named_and_marked_in_a_long_text(order):
    text = " ".join([*made.harmless()[:5], made.SAID.format("Nulpe"), *made.harmless()[5:10]])

    sign = order.read(text)

    ((start, end),) = sign.spans
    assert (sign.kind, sign.label, sign.level) == ("learned", "Bitte genau lesen", "hoch")
    assert (sign.words, text[start:end]) == (("Sie dort sind eine Nulpe, immer schon.",), sign.words[0])


def test_who_writes_without_full_stops_is_read_as_well(order):
    text = " ".join(f"{made.harmless()[0]} und".replace(".", "") for _ in range(20))

    assert order.read(text) is None
    assert order.read(f"{text} Sie sind eine Nulpe und Pappnase immer schon {text}").level == "hoch"


def test_harmless_texts_carry_no_sign(order):
    noticed = [text for text in made.harmless() if order.read(text) is not None]

    assert len(noticed) <= 0.05 * len(made.harmless())


def test_a_text_is_as_striking_as_its_most_striking_sentence(order):
    sentence, around = "Sie dort sind eine Nulpe, immer schon.", made.harmless()[0]

    alone, within, empty = order.scores([sentence, f"{around} {sentence} {around}", ""])

    assert (alone, empty) == (pytest.approx(within), -np.inf)


@pytest.mark.parametrize("text", ["", "👍👍👍", "x" * 5_000, "a. " * 1_666, "\u202e\u0301" * 50])
def test_odd_texts_are_read_without_a_stumble(order, text):
    started = time.process_time()
    order.read(text)

    assert time.process_time() - started < 1


def test_a_long_sentence_is_named_by_its_beginning(order):
    longest = f"Sie dort sind eine {'Nulpe ' * 35}immer."

    sign = order.read(longest)

    assert (len(sign.words[0]), sign.words[0][-1], sign.spans) == (learned.SHOWN, "…", ((0, len(longest)),))


def test_the_level_is_stored_with_the_sign_and_the_score_is_not(order):
    stored = order.read("Sie dort sind eine Nulpe, immer schon.").stored()

    assert set(stored) == {"kind", "label", "words", "spans", "detail", "reason", "version", "level"}


# --- training ---------------------------------------------------------------------------------------


def test_the_figures_say_what_was_learned_from_and_how_well(trained):
    figures = trained[1]

    assert (figures["striking"], figures["plain"], figures["folds"]) == (64, 80, 5)
    assert figures["harmless"] == {"Mobilität": 60, "Daten": 60}
    assert set(figures["levels"]) == {"hoch", "mittel"}
    assert figures["levels"]["hoch"]["recall"] >= 0.9
    assert figures["levels"]["hoch"]["alarms_harmless"] <= 0.02
    assert figures["levels"]["mittel"]["alarms_harmless"] <= 0.05


def test_the_same_examples_make_the_same_order(trained):
    again, figures = training.train(made.examples(), lambda _: None)

    assert (again.stored(), figures) == (trained[0].stored(), trained[1])


def test_a_threshold_leaves_no_more_than_its_share_above():
    scores = np.arange(100.0)

    assert [(scores > training.threshold(scores, share)).sum() for share in (0.02, 0.05)] == [2, 5]
    assert training.threshold(np.array([1.0]), 0.02) == 1.0


def test_in_a_threshold_a_large_process_outweighs_no_small_one():
    scores = np.array([*np.zeros(900), *np.ones(100)])
    by_process = np.array([*np.full(900, 1 / 900), *np.full(100, 1 / 100)])

    assert (training.threshold(scores, 0.2), training.threshold(scores, 0.2, by_process)) == (0.0, 1.0)


def test_levels_are_set_on_processes_left_out_whole():
    """What only one process says is unknown where it is left out: levels begin higher than among known words."""
    circus = [
        f"Die Nulpe im Zirkus am {place} war eine Witzfigur, Nummer {n}."
        for place in made.PLACES
        for n in range(6)
    ]
    alone = made.examples()
    together = {"alle": [*alone.quiet, *circus]}
    apart = dict(alone.harmless) | {"Zirkus": circus}

    known, unknown = (
        training.train(training.Examples(alone.striking, alone.plain, texts), lambda _: None)[0]
        for texts in (together, apart)
    )

    assert unknown.thresholds["mittel"] > known.thresholds["mittel"]


# --- kept -------------------------------------------------------------------------------------------


def test_a_stored_order_reads_as_before(order):
    texts = [*made.striking(), *made.harmless(), made.SAID.format("Nulpe")]

    again = learned.load(order.stored())

    assert (again.scores(texts) == order.scores(texts)).all()
    assert again.thresholds == order.thresholds


def test_a_stored_order_holds_numbers_and_no_words(order):
    with np.load(io.BytesIO(order.stored()), allow_pickle=False) as found:
        kinds = {name: found[name].dtype.kind for name in found.files}

    assert kinds == {
        "recipe": "i",
        "words": "f",
        "pieces": "f",
        "weights": "f",
        "bias": "f",
        "thresholds": "f",
    }


@pytest.mark.parametrize("change", ["pickle", "cut", "recipe", "missing", "empty"])
def test_what_is_no_order_of_this_version_is_refused(order, change, tmp_path):
    stored = order.stored()
    if change in {"recipe", "missing"}:
        with np.load(io.BytesIO(stored)) as found:
            arrays = dict(found)
        if change == "recipe":
            arrays["recipe"] = np.array(features.RECIPE + 1)
        else:
            del arrays["weights"]
        np.savez(tmp_path / "order.npz", **arrays)
        stored = (tmp_path / "order.npz").read_bytes()
    elif change == "pickle":
        np.save(tmp_path / "order.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
        stored = (tmp_path / "order.npy").read_bytes()
    else:
        stored = b"" if change == "empty" else stored[: len(stored) // 2]

    with pytest.raises(learned.Unfit):
        learned.load(stored)


def test_an_order_without_thresholds_reached_notices_nothing():
    flat = Order(
        (np.ones(features.PLACES),) * 2, np.zeros(2 * features.PLACES), 0.0, {"hoch": 1.0, "mittel": 0.0}
    )

    assert flat.read("Ein Satz wie jeder andere.") is None


def test_the_web_process_loads_nothing_of_it():
    asked = (
        "import sys, consultations.app; print([name for name in ('sklearn', 'scipy') if name in sys.modules])"
    )

    answer = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)

    assert answer.stdout == "[]\n"
