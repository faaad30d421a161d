"""The demonstration: filled once, its dates follow today, web server and worker kept running."""

import json
import socket
import time
from urllib.error import URLError
from urllib.request import urlopen

from consultations.demo import days, load
from consultations.supervise import Children, Say
from dialogue.kit.database import Database
from dialogue.kit.settings import Settings, write_private

PATIENCE = 60


async def prepare(settings: Settings, database: Database, say: Say) -> None:
    """Load the demo city at the first start; later move its dates on.

    What counts is in the database, in one transaction, and the files follow from it: whenever a start is
    killed, the next one completes it.
    """
    file = settings.data / "logins.json"
    known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else None
    async with database.writing() as db:
        first = not await days.are_kept(db)
        if first:
            say("Die Beispielstadt wird geladen …")
            await load.city(db, say)
        else:
            await days.move_on(db)
        logins = await load.logins(db, known) if first or known is None else known
    write_private(file, json.dumps(logins, ensure_ascii=False, indent=2) + "\n")
    write_private(settings.demo_marker, json.dumps({"demo": True}))


def must_be_free(port: int) -> None:
    """Raise SystemExit when somebody else answers there: their pages would be taken for ours."""
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("127.0.0.1", port))
        except OSError:
            raise SystemExit(
                f"Der Port {port} ist schon belegt. Mit PORT={port + 1} make demo geht ein anderer."
            ) from None


def origin(settings: Settings) -> str:
    """Where the demonstration of this folder last answered."""
    marker = settings.demo_marker
    port = json.loads(marker.read_text(encoding="utf-8")).get("port") if marker.exists() else None
    return f"http://127.0.0.1:{port or 8000}"


def run(settings: Settings, port: int, say: Say, started: float) -> None:
    """Start both processes, say where to look, and keep them until Ctrl-C or SIGTERM."""
    write_private(settings.demo_marker, json.dumps({"demo": True, "port": port}))
    commands = {
        "Webserver": ["serve", "--port", str(port)],
        "Worker": ["worker"],
    }
    children = Children(commands, say)
    try:
        _wait_until_answering(port, children, say)
        print(_welcome(settings, port, time.monotonic() - started), flush=True)
        while True:
            time.sleep(0.5)
            children.keep()
    finally:
        children.stop()


def _wait_until_answering(port: int, children: Children, say: Say) -> None:
    deadline, told = time.monotonic() + PATIENCE, time.monotonic() + 2
    while time.monotonic() < deadline:
        try:
            with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1):
                return
        except (URLError, OSError):
            time.sleep(0.1)
        if time.monotonic() > told:
            say("Webserver startet …")
            told = deadline
        if children.running["Webserver"].poll() is not None:
            raise SystemExit(
                f"Der Webserver startet nicht. Ist der Port {port} schon belegt? Mit PORT=8001 make demo geht ein anderer."
            )


def _welcome(settings: Settings, port: int, seconds: float) -> str:
    logins = json.loads((settings.data / "logins.json").read_text(encoding="utf-8"))
    width = max(len(login["email"]) for login in logins)
    lines = [f"  {login['role']:<10} {login['email']:<{width}}  {login['password']}" for login in logins]
    return "\n".join(
        [
            "",
            f"KI-Dialog läuft: http://127.0.0.1:{port}   (bereit nach {seconds:.0f} s, beenden mit Strg-C)",
            "",
            "Anmelden als:",
            *lines,
            "",
            f"Diese Liste steht auch in {settings.data / 'logins.json'}; Mails liegen unter /demo/post.",
        ]
    )
