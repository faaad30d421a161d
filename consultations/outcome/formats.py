"""The files of an export: the same rows as CSV for spreadsheets, as a workbook, or as JSON Lines for programs."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC
from pathlib import Path
from shutil import rmtree
from typing import Any, BinaryIO, Protocol
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from consultations.outcome import readme
from consultations.outcome.csvfile import BOM, line
from consultations.outcome.readme import COLUMNS, VOTES, Facts
from dialogue.kit import clock

Cells = tuple[str | int | None, ...]
Add = Callable[[Iterable[Cells]], None]
ROWS, SIGNS = 1_048_576, 32_767  # of a sheet and of a cell: more no spreadsheet reads
SHORTENED = " … [gekürzt: In CSV und JSON steht der ganze Text]"
WIDE = {
    "text": 80,
    "begruendung": 60,
    "titel": 40,
    "pseudonym": 24,
    "veroeffentlicht_am": 22,
    "schluessel": 24,
}


class Format(Protocol):
    """One way to write an export. Tables come one after the other, the explanation last."""

    def named(self, table: str) -> str:
        """What a table is called in it."""
        ...

    def table(self, name: str) -> AbstractContextManager[Add]:
        """Header, then the rows that are handed over."""
        ...

    def explain(self, facts: Facts) -> None:
        """What it holds, and how to read it."""
        ...

    def close(self) -> None: ...


class _Zipped:
    def __init__(self, file: BinaryIO, facts: Facts) -> None:
        self._archive, self._time = ZipFile(file, "w"), facts.made_at.astimezone(clock.BERLIN).timetuple()[:6]

    def _member(self, name: str) -> Any:
        info = ZipInfo(name, self._time)
        info.compress_type, info.external_attr = ZIP_DEFLATED, 0o600 << 16
        return self._archive.open(info, "w", force_zip64=True)

    def _text(self, name: str, text: str) -> None:
        with self._member(name) as file:
            file.write(text.encode())

    @contextmanager
    def _lines(self, name: str, header: str, row: Callable[[Cells], str]) -> Iterator[Add]:
        with self._member(name) as file:
            file.write(header.encode())
            yield lambda rows: file.write("".join(map(row, rows)).encode())

    def close(self) -> None:
        self._archive.close()


class Csv(_Zipped):
    """A ZIP of tables for spreadsheets, guarded against formulas."""

    def named(self, table: str) -> str:
        return table

    def table(self, name: str) -> AbstractContextManager[Add]:
        row = _computed if name == VOTES else lambda cells: line(*cells)
        return self._lines(name, BOM + line(*COLUMNS[name]), row)

    def explain(self, facts: Facts) -> None:
        self._text("README.md", readme.text(facts))


def _computed(cells: Cells) -> str:
    """A row in which nothing was typed by a person, so it needs no guard. No key looks like a number."""
    return '"' + '";"'.join(map(str, cells)) + '"\r\n'


class Json(_Zipped):
    """A ZIP of JSON Lines, verbatim, with a file that says what their fields mean."""

    def named(self, table: str) -> str:
        return table.replace(".csv", ".jsonl")

    def table(self, name: str) -> AbstractContextManager[Add]:
        columns = list(COLUMNS[name])

        def row(cells: Cells) -> str:
            return json.dumps(dict(zip(columns, cells, strict=True)), ensure_ascii=False) + "\n"

        return self._lines(self.named(name), "", row)

    def explain(self, facts: Facts) -> None:
        self._text("schema.json", json.dumps(_schema(facts), ensure_ascii=False, indent=2) + "\n")
        self._text("README.md", readme.text(facts))


def _schema(facts: Facts) -> Mapping[str, Any]:
    sealed = facts.sealed_until
    return {
        "schema": facts.schema,
        "beteiligung": facts.slug,
        "titel": facts.title,
        "stand": facts.made_at.astimezone(UTC).isoformat(timespec="seconds"),
        "rolle": facts.role,
        "verdeckt_bis": sealed and sealed.astimezone(UTC).isoformat(timespec="seconds"),
        "rechte": facts.rights,
        "tabellen": {
            facts.named[name]: {"zeilen": rows, "felder": dict(facts.meanings(name))}
            for name, rows in facts.rows.items()
        },
    }


class Xlsx:
    """A workbook: every text is a text, whatever it begins with; no formulas, no links."""

    SHEETS = {readme.COMMENTS: "Beiträge", readme.VOTES: "Stimmen", readme.POINTS: "Punkte"}

    def __init__(self, file: BinaryIO, facts: Facts) -> None:
        from xlsxwriter import Workbook  # noqa: PLC0415 - for the worker and the command line alone

        self._parts = Path(f"{file.name}.d")  # sheets until they are put together; as private as the file
        self._parts.mkdir(mode=0o700)
        self._book = Workbook(
            file,
            {
                "constant_memory": True,
                "tmpdir": str(self._parts),
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            },
        )
        self._book.use_zip64()
        self._book.set_properties({"created": facts.made_at.astimezone(clock.BERLIN).replace(tzinfo=None)})
        verbatim = {"quote_prefix": True, "num_format": "@", "valign": "top"}
        self._text = self._book.add_format(verbatim)
        self._long = self._book.add_format(verbatim | {"text_wrap": True})
        self._head = self._book.add_format(verbatim | {"bold": True, "bottom": 1})
        self._first = self._book.add_worksheet("Lies mich")

    def named(self, table: str) -> str:
        return self.SHEETS[table]

    @contextmanager
    def table(self, name: str) -> Iterator[Add]:
        sheets = [self._sheet(name, 1)]
        filled = [1]

        def add(rows: Iterable[Cells]) -> None:
            for cells in rows:
                if filled[-1] == ROWS:
                    sheets.append(self._sheet(name, len(sheets) + 1))
                    filled.append(1)
                self._row(sheets[-1], filled[-1], cells)
                filled[-1] += 1

        yield add
        for sheet, rows in zip(sheets, filled, strict=True):
            sheet.autofilter(0, 0, max(1, rows - 1), len(COLUMNS[name]) - 1)

    def _sheet(self, name: str, number: int) -> Any:
        sheet = self._book.add_worksheet(self.named(name) + (f" {number}" if number > 1 else ""))
        sheet.freeze_panes(1, 0)
        for place, column in enumerate(COLUMNS[name]):
            sheet.set_column(place, place, WIDE.get(column, max(12, len(column) + 4)))
        self._row(sheet, 0, tuple(COLUMNS[name]), self._head)
        return sheet

    def _row(self, sheet: Any, row: int, cells: Cells, form: Any = None) -> None:
        for place, cell in enumerate(cells):
            if isinstance(cell, str):
                chosen = form or (self._long if len(cell) > 60 else self._text)
                sheet.write_string(row, place, _fitting(cell), chosen)
            elif cell is not None:
                sheet.write_number(row, place, cell)

    def explain(self, facts: Facts) -> None:
        self._first.set_column(0, 0, 24)
        self._first.set_column(1, 1, 24)
        self._first.set_column(2, 2, 90)
        lines: list[Cells] = [
            *((text,) for text in readme.plain(facts)),
            (),
            ("Tabelle", "Spalte", "Bedeutung"),
        ]
        for name in facts.rows:
            lines += [(facts.named[name], *meaning) for meaning in facts.meanings(name)]
        for row, cells in enumerate(lines):
            self._row(
                self._first,
                row,
                cells,
                self._head if len(cells) == 3 and cells[0] == "Tabelle" else self._text,
            )

    def close(self) -> None:
        try:
            self._book.close()
        finally:
            rmtree(self._parts, ignore_errors=True)


def _fitting(text: str) -> str:
    """Spreadsheets count in UTF-16; only texts built of very many signs per character are longer."""
    if len(text) <= SIGNS // 2 or len(text.encode("utf-16-le")) // 2 <= SIGNS:
        return text
    kept = text.encode("utf-16-le")[: 2 * (SIGNS - len(SHORTENED))].decode("utf-16-le", "ignore")
    return kept + SHORTENED


FORMATS: Mapping[str, Callable[[BinaryIO, Facts], Format]] = {"csv": Csv, "xlsx": Xlsx, "json": Json}
SUFFIXES = {"csv": ".zip", "xlsx": ".xlsx", "json": "-json.zip"}
MEDIA = {
    "csv": "application/zip",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/zip",
}
