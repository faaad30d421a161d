"""Fetch the browser-side files we do not write ourselves, so that nobody needs node to run or test.

    python tools/vendor.py

`npm pack` brings each package; the files named below land in static/vendor/, and
VENDOR.json says for each of them where it comes from, its checksum and its licence.
The licence of Fira Sans is not part of the package: fira-sans/OFL.txt is kept by hand.
"""

import hashlib
import json
import subprocess
import tarfile
import tempfile
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "static" / "vendor"
FONTS = {"Regular": 400, "SemiBold": 600}
PACKAGES = {
    "@kern-ux/native@~2.7.0": {
        "dist/kern.min.css": ("kern/kern.min.css", "EUPL-1.2"),
        "LICENSE.md": ("kern/LICENSE.md", "EUPL-1.2"),
        **{
            f"dist/fonts/fira-sans/FiraSans-{name}.woff2": (
                f"fira-sans/FiraSans-{name}.woff2",
                "OFL-1.1",
            )
            for name in FONTS
        },
    },
    "htmx.org@~4.0.0": {
        "dist/htmx.min.js": ("htmx/htmx.min.js", "0BSD"),
        "LICENSE": ("htmx/LICENSE", "0BSD"),
    },
    # "external": neither styles nor workers inside the script, as our policy for contents wants it
    "altcha@~3.2.2": {
        "dist/external/altcha.min.js": ("altcha/altcha.min.js", "MIT"),
        "dist/external/altcha.css": ("altcha/altcha.css", "MIT"),
        "dist/workers/pbkdf2.js": ("altcha/pbkdf2.js", "MIT"),
        "dist/i18n/de.js": ("altcha/de.js", "MIT"),
        "LICENSE.txt": ("altcha/LICENSE.txt", "MIT"),
    },
}
FACE = """@font-face {{
  font-family: "Fira Sans";
  src: url("FiraSans-{name}.woff2") format("woff2");
  font-weight: {weight};
  font-style: normal;
  font-display: swap;
}}
"""


def main() -> None:
    entries = [entry for package, files in PACKAGES.items() for entry in fetch(package, files)]
    font = next(entry for entry in entries if entry["licence"] == "OFL-1.1")
    faces = "".join(FACE.format(name=name, weight=weight) for name, weight in FONTS.items())
    write("fira-sans/fira-sans.css", faces.encode())
    for path in ("fira-sans/fira-sans.css", "fira-sans/OFL.txt"):
        entries.append(entry_for(font["name"], font["version"], path, "OFL-1.1"))
    entries.sort(key=lambda entry: entry["file"])
    write("VENDOR.json", (json.dumps(entries, indent=2) + "\n").encode())
    for entry in entries:
        print(f"{entry['name']} {entry['version']}  {entry['file']}")


def fetch(package: str, files: dict[str, tuple[str, str]]) -> list[dict[str, str]]:
    """Pack one package, copy its chosen files, and describe them."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", "--silent", "--pack-destination", folder, package]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        with tarfile.open(next(Path(folder).glob("*.tgz"))) as archive:
            meta = json.loads(read(archive, "package.json"))
            for source, (path, _) in files.items():
                write(path, read(archive, source))
    return [entry_for(meta["name"], meta["version"], path, licence) for path, licence in files.values()]


def read(archive: tarfile.TarFile, name: str) -> bytes:
    member = archive.extractfile(f"package/{name}")
    if member is None:
        raise SystemExit(f"{name} is missing from the package")
    return member.read()


def write(path: str, content: bytes) -> None:
    target = TARGET / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)


def entry_for(name: str, version: str, path: str, licence: str) -> dict[str, str]:
    digest = hashlib.sha256((TARGET / path).read_bytes()).hexdigest()
    return {"name": name, "version": version, "file": path, "sha256": digest, "licence": licence}


if __name__ == "__main__":
    main()
