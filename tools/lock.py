"""Resolves pyproject.toml into requirements*.txt: exact versions with hashes, for Linux and macOS, x86 and arm."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
UV = [
    sys.executable,
    "-m",
    "uv",
    "pip",
    "compile",
    "pyproject.toml",
    "-q",
    "--universal",
    "--python-version",
    "3.11",
]
QUIET = ["--generate-hashes", "--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links"]


def main() -> None:
    subprocess.run([*UV, *QUIET, "-o", "requirements.txt"], check=True, cwd=ROOT)
    subprocess.run(
        [*UV, *QUIET, "--group", "dev", "-c", "requirements.txt", "-o", "requirements-dev.txt"],
        check=True,
        cwd=ROOT,
    )


if __name__ == "__main__":
    main()
