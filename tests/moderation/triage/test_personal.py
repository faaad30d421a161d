"""Personal data: found as people write it, and not where a number means something else."""

import pytest

from moderation.triage import personal


def noticed(text):
    return [(kind, text[start:end]) for kind, (start, end) in personal.found(text)]


@pytest.mark.parametrize(
    "number",
    [
        "0345 1234567",
        "0345/1234567",
        "0345 - 123 45 67",
        "0345.123.45.67",
        "(0345) 12 34 56",
        "(0 30) 12 34 56",
        "03471 123456",
        "0151 23456789",
        "0151/234 567 89",
        "0151-23456789",
        "015123456789",
        "+49 151 23456789",
        "+49151 23456789",
        "+49 (0) 345 1234567",
        "+49(0)345/1234567",
        "0049 345 1234567",
        "0043 1 2345678",
        "+41 44 123 45 67",
    ],
)
def test_a_telephone_number_is_found_as_people_write_it(number):
    assert noticed(f"Bitte {number}, abends.") == [("phone", number)]


def test_a_number_without_a_dialling_code_is_one_after_the_word():
    assert noticed("Tel.: 221 4001 oder Telefon 2214002") == [("phone", "221 4001"), ("phone", "2214002")]


def test_two_numbers_on_two_lines_are_two():
    assert noticed("0345 1234567\n06108 Halle") == [("phone", "0345 1234567")]


@pytest.mark.parametrize(
    "text",
    [
        "Am 01.02.2026, am 1.2.26 und vom 03.04.-05.06.2026, am 2026-03-04",
        "Von 08.00-16.00 Uhr, 07:30–18:30, 08.00 – 16.00",
        "06108 Halle, 06108, 06110 und 06112",
        "Vorlage VIII/2025/00836, Beschluss 2025/00836, Drucksache 0836/2025, Az. 0123-456789",
        "Beitragsnummer 7K3-Q9M, 015-234, 0KB-123",
        "0,5 Prozent, 0.75, 1.000.000 Euro, 12 500 €, 0 10 20 30 40",
        "Punkt 3.2.1, E2, A 14, B 6, S 7, Linie 052/057, ICE 1508",
        "ISBN 978-3-12-345678-9, Nr. 0123456789",
        "IP 192.168.0.100, Version 0.115.2, 115 und 110",
        "Die Jahre 1990-2030, 2024/2025, 1.234.567 Menschen, 0123 4567",
        "1234567890123456, 00836, 0000000000",
    ],
)
def test_other_numbers_are_none(text):
    assert noticed(text) == []


@pytest.mark.parametrize(
    "address",
    [
        "erna@example.org",
        "erna.beispiel+ki@post.example.de",
        "erna (at) firma.de",
        "erna[at]firma.de",
        "erna (at) firma (punkt) de",
        "erna @ firma.de",
        "jörg@bäckerei-müller.de",
    ],
)
def test_a_mail_address_is_found_as_people_write_it(address):
    assert noticed(f"An {address}.") == [("mail", address)]


@pytest.mark.parametrize(
    "text", ["@stadt_halle", "Treffen @ Marktplatz", "5 @ 3", "a@b", "x (at) y", "@@@.de"]
)
def test_what_only_has_the_sign_is_no_mail_address(text):
    assert noticed(text) == []


@pytest.mark.parametrize(
    "iban", ["DE89370400440532013000", "de89 3704 0044 0532 0130 00", "AT611904300234573201"]
)
def test_an_account_is_one_only_with_the_right_check_digits(iban):
    wrong = iban.replace("9", "8", 1) if "9" in iban else iban.replace("1", "2", 1)

    assert noticed(f"Konto {iban} BIC") == [("iban", iban)]
    assert noticed(f"Konto {wrong} BIC") == []


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Ich wohne in der Geiststraße 12.", "Geiststraße 12"),
        ("Meine Adresse: Große Ulrichstr. 12a", "Große Ulrichstr. 12a"),
        ("In der Willy-Brandt-Allee 7 wohnt sie", "Willy-Brandt-Allee 7"),
        ("Frau Müller aus der Bernburger Straße 3", "Bernburger Straße 3"),
        ("vor unserem Haus, Lerchenweg 4", "Lerchenweg 4"),
        ("Erna, Geiststraße 12, 06108 Halle", "Geiststraße 12, 06108 Halle"),
        ("Am Steintor 5\n06112 Halle", "Am Steintor 5\n06112 Halle"),
    ],
)
def test_an_address_is_found_where_somebody_lives_or_with_the_town(text, place):
    assert noticed(text) == [("address", place)]


@pytest.mark.parametrize(
    "text",
    [
        "Die Geiststraße ist zu eng, die Große Ulrichstraße auch.",
        "Vor dem Haus Geiststraße 12 fehlt ein Spiegel.",
        "Marktplatz 1, Universitätsring 5 und die Bibliothek am Hallorenring 4",
        "Ich wohne gern hier. Die Landstraße 80 ist laut.",
        "Straße 30 km/h, Hauptstraße 2 Spuren, Am Montag 12 Uhr",
        "06108 Halle",
        "Wir wohnen an der Bundesstraße 6 Meter vom Weg",
    ],
)
def test_a_place_one_talks_about_is_no_address(text):
    assert noticed(text) == []


@pytest.mark.parametrize(
    ("text", "plate"),
    [
        ("Der Wagen HAL-AB 123 steht da.", "HAL-AB 123"),
        ("B-MW1234 parkt", "B-MW1234"),
        ("SK-X 77E", "SK-X 77E"),
        ("Kennzeichen: HAL AB 123", "HAL AB 123"),
        ("das Kennzeichen ist hal-ab 12", "hal-ab 12"),
    ],
)
def test_a_licence_plate_is_found(text, plate):
    assert noticed(text) == [("plate", plate)]


@pytest.mark.parametrize(
    "text",
    [
        "DIN-A4",
        "DIN-A 12",
        "KI-2025",
        "EU-AI 2024",
        "EU-AI 24",
        "E2",
        "BAB A 562",
        "C O 2",
        "USB-C 20",
        "HAL-AB 2024",
    ],
)
def test_other_letters_with_numbers_are_no_licence_plate(text):
    assert noticed(text) == []
