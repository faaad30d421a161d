"""LibreOffice opens what we export, CSV with each separator and XLSX: nothing is calculated, nothing is lost.

Run by `make drill` where LibreOffice Calc is installed; it is too large for every test run.
"""

import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

from consultations.outcome import readme
from consultations.outcome.csvfile import BOM, line
from consultations.outcome.formats import Xlsx
from dialogue.kit import clock
from tests.consultations.outcome.test_csvfile import FORMULAS

SEPARATORS = {"Semikolon": 59, "Komma": 44, "Tabulator": 9}
FILTER = "CSV:{separator},34,76,1,,0,false,true,false,false,false,0,true"  # UTF-8, guess types, evaluate
CELL = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}table-cell"
FORMULA = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}formula"


def opened(csv: str, separator: int, folder: Path) -> tuple[int, str]:
    """How many cells LibreOffice calculates, and all text it shows without what separates cells."""
    (folder / "drill.csv").write_bytes((BOM + csv).encode())
    tree = converted(folder / "drill.csv", f"--infilter={FILTER.format(separator=separator)}")
    return sum(FORMULA in cell.attrib for cell in tree.iter()), bare("".join(tree.itertext()))


def converted(file: Path, *options: str) -> ElementTree.Element:
    """The file as LibreOffice reads it."""
    command = ["soffice", "--headless", *options, "--convert-to", "fods"]
    subprocess.run([*command, "--outdir", str(file.parent), str(file)], check=True, capture_output=True)
    return ElementTree.parse(file.with_suffix(".fods")).getroot()


def in_workbook(texts: list[str], folder: Path) -> tuple[int, int, list[str]]:
    """How many cells and links LibreOffice makes of a workbook's texts, and which texts are not there."""
    facts = readme.Facts("drill", "Drill", "panelist", clock.now(), "", None, "xlsx")
    with (folder / "drill.xlsx").open("xb") as file:
        book = Xlsx(file, facts)
        with book.table(readme.COMMENTS) as add:
            add([tuple([text] * len(readme.COLUMNS[readme.COMMENTS])) for text in texts])
        book.close()
    tree = converted(folder / "drill.xlsx")
    cells = {bare("".join(cell.itertext())) for cell in tree.iter(CELL)}
    calculated = sum(FORMULA in cell.attrib for cell in tree.iter())
    links = sum(tag.tag.endswith("}a") for tag in tree.iter())
    return calculated, links, [text for text in texts if bare(text) not in cells]


def bare(text: str) -> str:
    return re.sub(r"""[\s"';,]""", "", text)


def main() -> int:
    rows = [(f"E{n}", text, "Ende") for n, text in enumerate(FORMULAS)]
    guarded = "".join(line(*row) for row in rows)
    naked = "".join(";".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\r\n" for row in rows)
    failed = 0
    with TemporaryDirectory() as folder:
        for name, separator in SEPARATORS.items():
            without, _ = opened(naked, separator, Path(folder))
            calculated, shown = opened(guarded, separator, Path(folder))
            lost = [text for text in FORMULAS if bare(text) not in shown]
            print(
                f"{name}: {len(FORMULAS)} formulas; unguarded {without} calculated, guarded {calculated}, lost {len(lost)}"
            )
            failed += calculated + len(lost)
        texts = [text.replace("\r\n", "\n").replace("\r", "\n") for text in FORMULAS]  # as they are stored
        calculated, links, lost = in_workbook(texts, Path(folder))
        print(f"XLSX: {len(texts)} formulas; {calculated} calculated, {links} links, lost {len(lost)}")
        failed += calculated + links + len(lost)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
