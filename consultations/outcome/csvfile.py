"""CSV for spreadsheets: `;`, UTF-8 with BOM, CRLF, all cells quoted, and a guard against formulas.

A spreadsheet calculates a cell that begins with = + - @. Whoever opens the file with another separator
gets cells that begin in the middle of ours: so the guard stands at the start of a cell *and* after each
separator and line break inside it.
"""

import re

BOM = "\ufeff"
_PLACE = r"(?:\A|(?<=[;,\t|\n\r]))"
# A program that takes another separator also strips our quotes, and some trim blanks: look behind both.
_DANGER = re.compile(_PLACE + r"""(?=['\t\r]|(?:[^\S\t\n\r]|")*[=+\-@＝＋－＠])""")
_GUARDED = re.compile(_PLACE + "'")


def guard(text: str) -> str:
    """The text with an apostrophe wherever a formula, tab, CR or apostrophe stands at the start of a cell.

    Such a place is the very start, and what follows `;`, `,`, tab, `|` or a line break. `unguard` takes
    exactly these apostrophes out again, whatever the text.
    """
    return _DANGER.sub("'", text)


def unguard(text: str) -> str:
    """The text as it was before `guard`: one apostrophe less at each such place that has one."""
    return _GUARDED.sub("", text)


def line(*cells: str | int | None) -> str:
    """One row: texts guarded, numbers (always computed by us) plain, None empty."""
    return ";".join(map(_cell, cells)) + "\r\n"


def _cell(value: str | int | None) -> str:
    if isinstance(value, str):
        return '"' + guard(value).replace('"', '""') + '"'
    return '""' if value is None else f'"{value}"'
