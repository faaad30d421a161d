"""Catalogues: a language is finished when every text of the templates is translated, with its variables."""

import pytest

from dialogue.kit import catalogues

TEXTS = frozenset({"Speichern", "Stand: %(date)s", ("%(num)s Stimme", "%(num)s Stimmen")})
DONE = """
msgid "Speichern"
msgstr "Save"

msgid "Stand: %(date)s"
msgstr "As of %(date)s"

msgid "%(num)s Stimme"
msgid_plural "%(num)s Stimmen"
msgstr[0] "%(num)s vote"
msgstr[1] "%(num)s votes"
"""


@pytest.fixture
def percent(tmp_path, monkeypatch):
    """How much of three texts a catalogue has."""
    file = tmp_path / "en" / "LC_MESSAGES" / "messages.po"
    file.parent.mkdir(parents=True)
    monkeypatch.setattr(catalogues, "messages", lambda: TEXTS)

    def read(text):
        file.write_text(text, encoding="utf-8")
        catalogues.languages.cache_clear()
        german, english = catalogues.languages(tmp_path)
        assert (german.code, german.name, german.percent) == ("de", "Deutsch", 100)
        assert english.name == "Englisch"
        return english.percent

    yield read
    catalogues.languages.cache_clear()


def test_with_every_text_a_language_is_finished(percent):
    assert percent(DONE) == 100


@pytest.mark.parametrize(
    ("standing", "instead"),
    [
        ('"Save"', '""'),
        ('msgid "Speichern"', '#, fuzzy\nmsgid "Speichern"'),
        ('"As of %(date)s"', '"As of %(day)s"'),
        ('[1] "%(num)s votes"', '[1] ""'),
        ('msgid "Speichern"', 'msgid "Sichern"'),
    ],
    ids=["empty", "doubtful", "unknown variable", "a plural missing", "of an older template"],
)
def test_a_text_that_is_missing_or_wrong_does_not_count(percent, standing, instead):
    assert percent(DONE.replace(standing, instead)) == 66


def test_nothing_translated_is_nothing(percent):
    assert percent("") == 0


def test_the_texts_of_the_templates_are_found():
    found = catalogues.messages()

    assert {"Zum Inhalt springen", "Erscheinungsbild"} <= found
    assert any(isinstance(message, tuple) for message in found)
