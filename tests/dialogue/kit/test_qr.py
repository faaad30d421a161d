"""Codes that a camera reads."""

import re

import segno

from dialogue.kit import qr

ADDRESS = "https://dialog.halle.example/beitrag?nummer=7K4-92F"


def modules(code):
    """The dark modules that an SVG path draws, row by row."""
    rows = [[0] * code.size for _ in range(code.size)]
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", code.path):
        for at in range(int(x), int(x) + int(width)):
            rows[int(y)][at] = 1
    return rows


def test_the_path_draws_every_dark_module_and_a_quiet_zone():
    expected = [list(row) for row in segno.make_qr(ADDRESS, error="m").matrix_iter(border=4)]

    assert modules(qr.drawn(ADDRESS)) == expected


def test_the_path_is_nothing_but_lines():
    assert re.fullmatch(r"(M\d+ \d+h\d+v1h-\d+z)+", qr.drawn(ADDRESS).path)
