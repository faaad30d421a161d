"""A Chromium for the tests: the system's own, else Debian's package when we are root there."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

# The headless build first: the same engine without windows, which costs half the time.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


def find() -> str | None:
    """Path of a browser on this machine, or None."""
    if MAC.exists():
        return str(MAC)
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def apt(*arguments: str) -> bool:
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "-qq", *arguments]
    return subprocess.run(command, env=env, stdout=subprocess.DEVNULL).returncode == 0


def main() -> None:
    if find():
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("Chromium wird aus den Debian-Paketen installiert …", file=sys.stderr, flush=True)
        apt("update")
        if not apt("install", "-y", "--no-install-recommends", "chromium-headless-shell"):
            apt("install", "-y", "--no-install-recommends", "chromium")
    if not find():
        print("Kein Chromium gefunden: Bitte installieren Sie chromium oder Google Chrome.", file=sys.stderr)
        sys.exit(1 if os.environ.get("CI") else 0)


if __name__ == "__main__":
    main()
