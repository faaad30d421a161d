"""Makes .venv and installs the locked wheels into it; runs with nothing but Python and says what it does."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parent.parent
VENV = ROOT / ".venv"
# Guarded: each of several web workers imports the command's file again.
COMMAND = """#!{python}
from consultations.cli import main

if __name__ == "__main__":
    main()
"""


def run(*command: str) -> None:
    subprocess.run(command, check=True, cwd=ROOT)


def make_venv() -> None:
    if (VENV / "bin" / "pip").exists():
        return
    print("Python-Umgebung wird angelegt …", file=sys.stderr, flush=True)
    if not has_ensurepip():
        print("Das Paket python3-venv wird nachinstalliert …", file=sys.stderr, flush=True)
        run("apt-get", "update", "-qq")
        run("apt-get", "install", "-y", "-qq", f"python3.{sys.version_info.minor}-venv")
    run(sys.executable, "-m", "venv", str(VENV))


def has_ensurepip() -> bool:
    """Debian ships Python without ensurepip; only root can add the package."""
    wheel_folder = sysconfig.get_config_var("WHEEL_PKG_DIR")
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        if os.geteuid() == 0 and Path("/usr/bin/apt-get").exists():
            return False
        sys.exit("Bitte zuerst das Paket python3-venv installieren (Debian: sudo apt install python3-venv).")
    return wheel_folder is None or Path(wheel_folder).exists()


def main(lock: str) -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 - run by whatever python3 is there
        sys.exit(
            "KI-Dialog braucht Python 3.11 oder neuer. Mit PYTHON=python3.12 make demo geht ein anderes."
        )
    make_venv()
    print(
        f"Bibliotheken werden installiert ({lock}), das dauert beim ersten Mal etwa eine Minute …",
        file=sys.stderr,
        flush=True,
    )
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    run(*pip, "--require-hashes", "--only-binary", ":all:", "-r", lock)
    if lock == "requirements.txt":
        link()


def link() -> None:
    """Put the project and its command into the environment without building anything."""
    site = next((VENV / "lib").glob("python3.*/site-packages"))
    (site / "ki_dialog.pth").write_text(f"{ROOT}\n")
    command = VENV / "bin" / "ki-dialog"
    command.write_text(COMMAND.format(python=VENV / "bin" / "python"))
    command.chmod(0o755)


if __name__ == "__main__":
    main(sys.argv[1])
