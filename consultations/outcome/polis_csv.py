"""CSV as others write it, read strictly: each record with its line, each refusal with its place."""

import codecs
import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dialogue.kit.errors import Refusal
from dialogue.kit.text import normalise

LONGEST_LINE, LONGEST_CELL = 16 * 2**20, 100_000
WHOLE = re.compile(r"-?[0-9]{1,15}")
BIG = 2**31 - 1
_CELL = re.compile(r'(?:"(?:[^"]|"")*"|[^",\r\n][^,\r\n]*|),')  # one that is complete, with its comma


class Broken(Refusal):
    """The export is damaged or something else; the text names file, line and column."""

    status = 422
    title = "Dieser Export lässt sich nicht einlesen"


@dataclass(frozen=True)
class Record:
    """One row, with the line it begins in; cells are asked for by column and checked."""

    file: str
    line: int
    columns: dict[str, int]
    cells: list[str]

    def broken(self, column: str | int, why: str) -> Broken:
        return broken(self.file, self.line, column, why)

    def whole(self, column: str, least: int = 0, most: int = BIG) -> int:
        """The cell as a whole number within bounds."""
        cell = self.cells[self.columns[column]]
        if WHOLE.fullmatch(cell) is None or not least <= (value := int(cell)) <= most:
            bounds = f" von {least} bis {most}" if most - least < 10 else ""
            why = f"Hier steht „{normalise(cell[:20])}“, erwartet ist eine ganze Zahl{bounds}."
            raise self.broken(column, why)
        return value

    def text(self, column: str) -> str:
        """The cell as text, normalised like everything people write here."""
        cell = self.cells[self.columns[column]]
        if len(cell) > LONGEST_CELL:
            raise self.broken(column, f"Diese Zelle ist länger als {LONGEST_CELL} Zeichen.")
        return normalise(cell)


def broken(file: str, line: int, column: str | int, why: str) -> Broken:
    place = column if isinstance(column, int) else f"„{column[:40]}“"
    return Broken(f"{file}, Zeile {line}, Spalte {place}: {why}")


def records(path: Path, needed: list[str], columns: list[str] | None = None) -> Iterator[Record]:
    """The records of a CSV; the first one is the header unless the columns are given. Raises Broken."""
    pending: list[str] = []
    reader = csv.reader(_lines(path, pending.append), strict=True)
    places = _places(path, columns, needed) if columns else {}
    while True:
        line = reader.line_num + 1
        pending.clear()
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise broken(path.name, line, _cell_of("".join(pending)), _why(error)) from None
        if cells is None:
            break
        if cells and not places:
            places = _places(path, cells, needed)
        elif cells and len(cells) != len(places):
            why = "Diese Zelle fehlt." if len(cells) < len(places) else "Hier steht eine Zelle zu viel."
            raise broken(path.name, line, min(len(cells), len(places)) + 1, why)
        elif cells:
            yield Record(path.name, line, places, cells)
    if not places:
        raise broken(path.name, 1, 1, "Die Datei ist leer.")


def _places(path: Path, columns: list[str], needed: list[str]) -> dict[str, int]:
    places = {column: place for place, column in enumerate(columns)}
    if missing := [column for column in needed if column not in places]:
        raise broken(path.name, 1, missing[0], "Diese Spalte fehlt.")
    if len(places) < len(columns):
        twice = next(column for column in columns if columns.count(column) > 1)
        raise broken(path.name, 1, twice, "Diese Spalte gibt es zweimal.")
    return places


def _lines(path: Path, keep: Callable[[str], None]) -> Iterator[str]:
    number = 0
    with path.open("rb") as file:
        while raw := file.readline(LONGEST_LINE + 1):
            number += 1
            if len(raw) > LONGEST_LINE:
                raise broken(path.name, number, LONGEST_LINE, "Diese Zeile ist zu lang.")
            if number == 1:
                raw = raw.removeprefix(codecs.BOM_UTF8)
            try:
                text = raw.decode()
            except UnicodeDecodeError as error:
                column = len(raw[: error.start].decode()) + 1
                raise broken(path.name, number, column, "Hier steht kein gültiges UTF-8.") from None
            keep(text)
            yield text


def _cell_of(record: str) -> int:
    """The number of the cell in which a record's quoting goes wrong."""
    number, place = 1, 0
    while (found := _CELL.match(record, place)) is not None:
        number, place = number + 1, found.end()
    return number


def _why(error: csv.Error) -> str:
    if "limit" in str(error) or "end of data" in str(error):
        return "Diese Zelle hört nicht auf: Das schließende Anführungszeichen fehlt, oder sie ist zu lang."
    return "Hier stimmt ein Anführungszeichen oder ein Zeilenende nicht."
