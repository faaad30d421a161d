"""Where in a text what was looked for stands, and what is shown around it."""

import pytest

from dialogue.kit.german import Looked, Piece, fold, words


def marked(looked, text):
    return "".join(f"[{piece.text}]" if piece.hit else piece.text for piece in looked.pieces(text))


def excerpt(looked, text):
    return "".join(f"[{piece.text}]" if piece.hit else piece.text for piece in looked.excerpt(text))


def test_words_are_runs_of_letters_and_digits():
    assert words("Bürger*innen und/oder KI-Inhalte, 7K4-92F!") == [
        "bürger", "innen", "und", "oder", "ki", "inhalte", "7k4", "92f",
    ]  # fmt: skip


def test_folded_words_have_neither_umlauts_nor_sharp_s():
    assert [fold("Überwachungsmaßnahmen"), fold("Straße")] == ["uberwachungsmassnahmen", "strasse"]


@pytest.mark.parametrize(
    ("typed", "stem", "text", "shown"),
    [
        ("kamera", "kamera", "Kameras und Überwachungskameras!", "[Kameras] und [Überwachungskameras]!"),
        ("kennz", "kennz", "Bitte kennzeichnen.", "Bitte [kennzeichnen]."),
        ("häuser", "haus", "Ein Haus, viele Häuser", "Ein [Haus], viele [Häuser]"),
        ("daten", "dat", "Daten und Dateien, das Datum", "[Daten] und Dateien, das [Datum]"),
        ("recht", "recht", "recht und ungerecht", "[recht] und ungerecht"),
        ("ki", "ki", "KI und Kinder", "[KI] und Kinder"),
    ],
)
def test_a_hit_is_marked_where_it_stands(typed, stem, text, shown):
    assert marked(Looked.of([typed], [stem]), text) == shown


def test_marking_changes_no_sign_of_the_text():
    text = "<b>Kamera</b> 👩‍👩‍👧 \u202eKamera\u202c & كاميرا\n„Kamera“"

    pieces = Looked.of(["kamera"], ["kamera"]).pieces(text)

    assert "".join(piece.text for piece in pieces) == text
    assert [piece.text for piece in pieces if piece.hit] == ["Kamera"] * 3


def test_an_excerpt_shows_what_stands_around_the_first_hit():
    text = "Vorher steht etwas. " * 20 + "Hier hängt die Kamera am Haus. " + "Danach steht etwas. " * 20

    shown = excerpt(Looked.of(["kamera"], ["kamera"]), text)

    assert shown.startswith("… ")
    assert shown.endswith(" …")
    assert "Hier hängt die [Kamera] am Haus." in shown
    assert len(shown) < 300


def test_a_short_text_is_shown_whole_and_without_a_hit_the_beginning_is():
    assert Looked().excerpt("Kurz\n\nund gut.") == [Piece("Kurz und gut.", False)]
    assert excerpt(Looked(), "Wort " * 100).startswith("Wort Wort")


def test_a_text_without_blanks_is_cut_where_no_sign_is_torn():
    shown = excerpt(Looked(), "👩\u200d👩\u200d👧" * 200)

    assert shown.removesuffix(" …").replace("👩\u200d👩\u200d👧", "") == ""
