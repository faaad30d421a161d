"""A city's files: whatever a page needs is there before the first page is shown."""

import shutil

import pytest

from consultations import city
from dialogue.kit.settings import Settings, Unsafe

EXAMPLE = f"Ein Beispiel liegt in {city.DEMO}."


@pytest.fixture
def town(tmp_path):
    """The example's files with one passage changed; read them or return what is said against them."""
    for name in ("city.toml", "legal.toml"):
        shutil.copy(city.DEMO / name, tmp_path)

    def changed(name, old, new):
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert text.count(old) >= 1
        (tmp_path / name).write_text(text.replace(old, new, 1), encoding="utf-8")
        try:
            return city.read(Settings(city=tmp_path / "city.toml"))
        except Unsafe as unsafe:
            return str(unsafe).replace(f"{tmp_path}/", "").splitlines()

    return changed


@pytest.mark.parametrize(
    ("name", "old", "new", "sentence"),
    [
        ("city.toml", 'office = "', 'ofice = "', "In city.toml fehlt contact.office."),
        ("city.toml", "[contact]", "[kontakt]", "In city.toml fehlt contact."),
        ("city.toml", 'phone = "0345 000-0000"', 'phone = " "', "In city.toml ist contact.phone leer."),
        (
            "city.toml",
            "answer_within_hours = 24",
            "answer_within_hours = 0",
            "In city.toml hat moderation.answer_within_hours die falsche Form.",
        ),
        (
            "city.toml",
            'mail = "ki-dialog@halle.example"',
            'mail = "ki-dialog"',
            "In city.toml ist contact.mail keine E-Mail-Adresse.",
        ),
        (
            "city.toml",
            'phone = "0345 000-0000"',
            "phone = 3450000000",
            "In city.toml ist contact.phone kein Text in Anführungszeichen.",
        ),
        (
            "city.toml",
            'platform = "',
            'accent = "rot"\nplatform = "',
            "In city.toml stimmt accent nicht: Bitte geben Sie die Farbe mit # und sechs Zeichen aus 0 bis 9 "
            "und a bis f an, etwa #005465.",
        ),
        (
            "city.toml",
            'platform = "',
            'accent = "#ffcc00"\nplatform = "',
            "In city.toml stimmt accent nicht: Diese Farbe ist zu hell: Schrift auf dieser Farbe hat nur einen "
            "Kontrast von 1,5 zu 1. Nötig sind 4,5 zu 1. Gut lesbar ist zum Beispiel #7d6300.",
        ),
        ("city.toml", 'platform = "', 'titel = "', "In city.toml fehlt platform."),
        ("city.toml", 'title = "Geprüft"', "", "In city.toml fehlt step.2.title."),
        ("legal.toml", 'title = "Datenschutz"', "", "In legal.toml fehlt page.2.title."),
        (
            "legal.toml",
            "checked = false",
            'checked = "bald"',
            "In legal.toml hat page.1.checked die falsche Form.",
        ),
        ("legal.toml", 'heading = "Kontakt"', "", "In legal.toml fehlt page.1.section.2.heading."),
        ("legal.toml", 'slug = "impressum"', 'slug = "imprint"', "In legal.toml fehlt die Seite impressum."),
    ],
)
def test_what_a_page_would_miss_is_named_at_the_start(town, name, old, new, sentence):
    assert " ".join(town(name, old, new)) == f"{sentence} {EXAMPLE}"


def test_everything_that_is_missing_is_named_at_once(town):
    assert town("city.toml", 'name = "', 'ort = "')[:-1] == ["In city.toml fehlt name."]
    assert town("city.toml", 'office = "', 'amt = "')[:-1] == [
        "In city.toml fehlt name.",
        "In city.toml fehlt contact.office.",
    ]


def test_a_city_needs_no_words_about_a_demonstration(town):
    assert town("city.toml", 'demo_notice = "', 'other = "').demo_notice == ""


def test_a_citys_colour_can_stand_in_its_file(town):
    assert town("city.toml", 'platform = "', 'accent = "#7D6300"\nplatform = "').accent == "#7d6300"


@pytest.mark.parametrize(
    ("phone", "dial"),
    [("0345 221-0", "03452210"), ("+49 (0)345 221-0", "+493452210"), ("0345/221 0", "03452210")],
)
def test_a_phone_number_is_dialled_without_its_signs(phone, dial):
    contact = city.Contact(office="KI", address="Markt 1", mail="a@b.example", phone=phone)

    assert contact.dial == dial


def test_without_its_own_limit_a_city_answers_within_a_day(town):
    assert town("city.toml", "[moderation]", "[anderes]").moderation.answer_within_hours == 24
    assert town("city.toml", "[anderes]", "[moderation]").moderation.answer_within_hours == 24
    assert town("city.toml", "_hours = 24", "_hours = 48").moderation.answer_within_hours == 48
