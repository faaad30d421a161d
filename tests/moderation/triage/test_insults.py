"""Insults: what is one, in whatever form, and what only looks like one."""

import pytest

from moderation.triage import insults, signs


def noticed(text):
    return [text[start:end] for _, (start, end) in insults.found(text)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Ihr Idioten im Ratshof", ["Idioten"]),
        ("So ein VOLLIDIOT.", ["VOLLIDIOT"]),
        ("Diese Oberdeppen!", ["Oberdeppen"]),
        ("Du Blödmann, du Bloedmann", ["Blödmann", "Bloedmann"]),
        ("Arschlöcher und Arschloecher", ["Arschlöcher", "Arschloecher"]),
        ("Mit solchen Dummköpfen rede ich nicht", ["Dummköpfen"]),
        ("Nur Idiot*innen, Idiot:innen und Idiotinnen", ["Idiot*innen", "Idiot", "Idiotinnen"]),
        ("So ein Arschl*ch, W*chser, Arschl0ch", ["Arschl*ch", "W*chser", "Arschl0ch"]),
        ("Du dumme Sau!", ["Du dumme Sau"]),
        ("Ihr Schweine", ["Ihr Schweine"]),
        ("Halt endlich die Fresse", ["Halt endlich die Fresse"]),
        ("Verpissen Sie sich", ["Verpissen Sie sich"]),
        ("Sie sind doch einfach dumm", ["Sie sind doch einfach dumm"]),
        ("Dieses Pack gehört weg", ["Dieses Pack"]),
        ("Frau Müller ist eine Schlampe", ["Schlampe"]),
        ("Die wollen uns verarschen", ["verarschen"]),
    ],
)
def test_an_insult_is_found_in_every_form(text, words):
    assert noticed(text) == words


@pytest.mark.parametrize(
    "text",
    [
        "Die Schweinehaltung im Saalekreis, Schweine und Sauen, ein Schweinestall",
        "Das interessiert keine Sau, und wir haben Schwein gehabt.",
        "Hast du Schwein gehabt!",
        "Hunde an die Leine, Ratten im Park, Zecken im Gras, Esel am Zoo, die Kuh vom Eis",
        "Ihr Hund, Ihr Esel und Ihr Schwein sind willkommen. Sie Hund? Nein.",
        "Der Idiotenhügel ist idiotensicher, das Deppenapostroph nicht.",
        "Johnny Depp, Herr Penner und Familie Trottel kommen auch.",
        "Das Krüppelwalmdach in Dessau, Passau und Nassau",
        "Eine schwachsinnige Ampel, ein dummer Fehler, dumm gelaufen, eine blöde Kreuzung",
        "Menschen, die behindert sind, und Behinderte; sie sind behindert",
        "Die Nazis haben in Halle Menschen als Asoziale verfolgt.",
        "Ein Spender, ein Spanner, die Spinne, die Spinnerei am Kanal, der Eichenprozessionsspinner",
        "Packstation, ein Pack Papier, Gepäck, das Paket",
        "Arschkarte? Am Arsch der Welt fährt kein Bus.",
        "Bürger*innen, Nutzer_innen, Mitarbeiter*innenvertretung, 3*4*5, Daten* und Strom**",
        "Der Maulwurf, die Maul- und Klauenseuche, ein Clown im Zirkus, die Marionetten",
        "Fressen die Rehe die Knospen? Ich esse, sie fressen.",
        "Hänsel, Honk Kong, Mongolei, Niger und Nigeria, Negativliste, Spastik, Patriot",
        "Trulli, Hirnforschung, Huronsee, Pisa, Wicke und Tussilago",
        "Gesichter, Gesindestube, Idiom, idiomatisch, Deppendorf",
    ],
)
def test_ordinary_words_are_no_insult(text):
    assert noticed(text) == []


def test_a_coarse_word_has_another_reason_than_an_insult():
    assert [(sign.kind, sign.detail, sign.reason) for sign in signs.judge("Ihr Deppen, alles Scheiße")] == [
        ("insult", "", "Sieht aus wie eine Beleidigung"),
        ("insult", "coarse", "Enthält ein derbes Wort"),
    ]
