"""LibreOffice opens what we export, with each separator: nothing is calculated, nothing is lost.

Run by `make drill` where LibreOffice Calc is installed; it is too large for every test run.
"""

import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

from consultations.outcome.csvfile import BOM, line
from tests.consultations.outcome.test_csvfile import FORMULAS

SEPARATORS = {"Semikolon": 59, "Komma": 44, "Tabulator": 9}
FILTER = "CSV:{separator},34,76,1,,0,false,true,false,false,false,0,true"  # UTF-8, guess types, evaluate
FORMULA = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}formula"


def opened(csv: str, separator: int, folder: Path) -> tuple[int, str]:
    """How many cells LibreOffice calculates, and all text it shows without what separates cells."""
    (folder / "drill.csv").write_bytes((BOM + csv).encode())
    command = ["soffice", "--headless", f"--infilter={FILTER.format(separator=separator)}"]
    command += ["--convert-to", "fods", "--outdir", str(folder), str(folder / "drill.csv")]
    subprocess.run(command, check=True, capture_output=True)
    tree = ElementTree.parse(folder / "drill.fods")
    return sum(FORMULA in cell.attrib for cell in tree.iter()), bare("".join(tree.getroot().itertext()))


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
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
