"""Everything CI checks, in order, each with its time; identical on every machine."""

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
BIN = ROOT / ".venv" / "bin"
CODE = ["dialogue", "moderation", "consultations", "migrations", "tests", "tools"]
CHECKS = {
    "Format": ["ruff", "format", "--check", "-q", *CODE],
    "Lint": ["ruff", "check", "-q", *CODE],
    "Vorlagen": ["djlint", "templates", "--lint", "--quiet"],
    "Typen": ["mypy"],
    "Import-Verträge": ["lint-imports", "--no-cache"],
    "Abhängigkeiten": ["deptry", "dialogue", "moderation", "consultations"],
}
TESTS = ["pytest", "-q", "-n", "2", "--dist", "worksteal"]


def main() -> int:
    started, failed = time.monotonic(), []
    checks = dict(CHECKS)
    if "--no-tests" not in sys.argv:
        checks["Tests"] = TESTS
    for name, command in checks.items():
        begun = time.monotonic()
        result = subprocess.run(
            [str(BIN / command[0]), *command[1:]], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}
        )
        print(
            f"{'✓' if result.returncode == 0 else '✗'} {name} ({time.monotonic() - begun:.0f} s)", flush=True
        )
        if result.returncode:
            failed.append(name)
    print(
        f"{'Fehlgeschlagen: ' + ', '.join(failed) if failed else 'Alles in Ordnung'} ({time.monotonic() - started:.0f} s)"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
