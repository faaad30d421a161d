"""Every command stands alone: result on stdout, progress on stderr, a refusal is one sentence and exit code 2."""

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import zipfile
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest

from consultations import city
from consultations.demo import load
from dialogue.kit import jobs, postgres
from tests.moderation.triage import made

GOOD = {
    "DIALOG_ORIGIN": "https://dialog.halle.example",
    "DIALOG_SECRET": "0123456789abcdefghijklmnopqrstuvwxyz",
    "DIALOG_SMTP_URL": "smtp://127.0.0.1:1025",
    "DIALOG_MAIL_FROM": "KI-Dialog <ki-dialog@halle.example>",
    "DIALOG_CITY": str(city.DEMO / "city.toml"),
    "DIALOG_PROXY": "10.0.0.5",
}


def run(data: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    env = {key: value for key, value in os.environ.items() if not key.startswith("DIALOG_")}
    command = [sys.executable, "-m", "consultations.cli", *arguments]
    return subprocess.run(
        command, env=env | {"DIALOG_DATA": str(data)} | settings, capture_output=True, text=True, timeout=120
    )


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"DIALOG_ORIGIN": ""}, "DIALOG_ORIGIN fehlt"),
        ({"DIALOG_ORIGIN": "http://dialog.halle.example"}, "DIALOG_ORIGIN ist falsch: braucht https"),
        ({"DIALOG_ORIGIN": "dialog.halle.example"}, "DIALOG_ORIGIN ist falsch: muss wie https://"),
        ({"DIALOG_ORIGIN": "https://halle.example/dialog"}, "DIALOG_ORIGIN ist falsch"),
        ({"DIALOG_SECRET": ""}, "DIALOG_SECRET fehlt"),
        ({"DIALOG_SECRET": "geheim"}, "DIALOG_SECRET ist falsch: muss mindestens 32"),
        ({"DIALOG_SECRET": "a" * 40}, "DIALOG_SECRET ist falsch"),
        ({"DIALOG_SMTP_URL": ""}, "DIALOG_SMTP_URL fehlt"),
        ({"DIALOG_SMTP_URL": "mail.halle.example"}, "DIALOG_SMTP_URL ist falsch"),
        ({"DIALOG_LIMITS": "false"}, "DIALOG_LIMITS ist aus"),
        ({"DIALOG_PROXY": "*"}, "DIALOG_PROXY ist falsch: muss eine Adresse oder ein Netz nennen"),
        ({"DIALOG_WORKERS": "0"}, "DIALOG_WORKERS ist falsch"),
        ({"DIALOG_DATABASE_URL": "mysql://x/y"}, "DIALOG_DATABASE_URL ist falsch: muss mit postgresql://"),
        ({"DIALOG_LOG_LEVEL": "laut"}, "DIALOG_LOG_LEVEL ist falsch"),
        ({"DIALOG_CITY": "nirgends.toml"}, "nirgends.toml lässt sich nicht lesen"),
        ({"DIALOG_CITY": ""}, "DIALOG_CITY fehlt"),
        ({"DIALOG_MAIL_FROM": ""}, "DIALOG_MAIL_FROM fehlt"),
        ({"DIALOG_MAIL_FROM": "KI-Dialog"}, "DIALOG_MAIL_FROM ist falsch: muss wie KI-Dialog <"),
        ({"DIALOG_MAIL_FROM": "a@b\nBcc: c@d"}, "DIALOG_MAIL_FROM ist falsch"),
    ],
)
def test_an_unsafe_setting_is_refused_with_what_to_do(tmp_path, settings, sentence):
    result = run(tmp_path, "serve", **(GOOD | settings))

    assert result.returncode == 2
    assert sentence in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("port", ["abc", "0", "65536", "0" * 5000 + "1", "٣"])
def test_a_port_that_is_none_is_refused_with_a_sentence(tmp_path, port):
    result = run(tmp_path, "demo", PORT=port)

    assert result.returncode == 2
    assert result.stderr == f"PORT ist falsch: „{port}“ ist keine Zahl zwischen 1 und 65535.\n"


@pytest.mark.parametrize(
    "noted",
    [("--head", "0" * 64), ("--entries", "3"), ("--head", "x" * 64, "--entries", "3")],
)
def test_a_noted_head_is_given_whole(tmp_path, noted):
    result = run(tmp_path, "journal", "verify", *noted)

    assert (result.returncode, list(tmp_path.iterdir())) == (2, [])
    assert result.stderr.startswith("Bitte geben Sie beides an")


def test_the_demo_refuses_a_database_of_its_own_making(tmp_path):
    result = run(tmp_path, "demo", DIALOG_DATABASE_URL="postgresql://somewhere/else")

    assert (result.returncode, "DIALOG_DATABASE_URL entfernen" in result.stderr) == (2, True)


def test_the_commands_work_one_after_the_other_and_leave_no_server_behind(tmp_path):
    migrated = run(tmp_path, "migrate")
    made = run(tmp_path, "person", "create", "--email", "Leitung@Halle.example", "--role", "admin")
    unknown = run(tmp_path, "person", "create", "--email", "x@halle.example", "--role", "king")
    loaded = run(tmp_path, "load", "synth", "--people", "200", "--comments", "120", "--votes", "3000")
    slug = loaded.stdout.strip()
    read = run(tmp_path, "analyse", slug)
    out = tmp_path / "out.zip"
    exported = run(tmp_path, "export", slug, "--format", "csv", "--as", "panelist", "--out", str(out))
    book = run(tmp_path, "export", slug, "--format", "xlsx", "--out", str(tmp_path / "out.xlsx"))
    indexed = run(tmp_path, "index")
    verified = run(tmp_path, "journal", "verify")
    entries, head = verified.stdout.split()[0], verified.stdout.split()[-1]
    noted = run(tmp_path, "journal", "verify", "--head", head, "--entries", entries)
    wrong = run(tmp_path, "journal", "verify", "--head", "0" * 64, "--entries", entries)
    checked = run(tmp_path, "check", **GOOD)

    results = [migrated, made, loaded, read, exported, book, indexed, verified, noted, checked]
    assert [result.returncode for result in results] == [0] * 10, [result.stderr for result in results]
    assert (wrong.returncode, "passt nicht zur Prüfsumme aus Ihrer Notiz" in wrong.stderr) == (2, True)
    assert made.stdout.startswith("http://127.0.0.1:8000/konto/passwort?schluessel=")
    assert (unknown.returncode, "Diese Rolle gibt es nicht: king." in unknown.stderr) == (2, True)
    assert sum(json.loads(read.stdout).values()) == 120
    assert len(zipfile.ZipFile(out).read("stimmen.csv").splitlines()) == 3001
    assert json.loads(book.stdout)["rows"] == {"Beiträge": 120, "Punkte": 1, "Stimmen": 3000}
    assert indexed.stdout.strip() == "121"
    assert checked.stdout.strip() == "Alles in Ordnung."
    assert postgres.attach(tmp_path) is None


@pytest.fixture
def taken():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


def test_a_port_where_somebody_else_answers_is_refused_before_anything_is_made(tmp_path, taken):
    result = run(tmp_path, "demo", PORT=str(taken))

    assert (result.returncode, result.stdout, list(tmp_path.iterdir())) == (1, "", [])
    assert result.stderr.startswith(f"Der Port {taken} ist schon belegt.")


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_server_that_is_told_to_end_leaves_no_database_behind(tmp_path, taken, workers):
    run(tmp_path, "migrate")
    (tmp_path / "demo.json").write_text('{"demo": true, "port": 8123}')
    env = {key: value for key, value in os.environ.items() if not key.startswith("DIALOG_")}
    command = [
        sys.executable,
        "-m",
        "consultations.cli",
        "serve",
        "--port",
        str(taken + 1),
        "--workers",
        workers,
    ]
    server = subprocess.Popen(command, env=env | {"DIALOG_DATA": str(tmp_path)})
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with suppress(httpx2.TransportError):
            if httpx2.get(f"http://127.0.0.1:{taken + 1}/readyz").status_code == 200:
                break
        time.sleep(0.1)
    invited = run(tmp_path, "person", "create", "--email", "a@halle.example")

    server.terminate()

    assert server.wait(20) in {0, -15}
    assert postgres.attach(tmp_path) is None
    assert invited.stdout.startswith("http://127.0.0.1:8123/konto/passwort?schluessel=")


def test_unknown_addresses_and_roles_get_a_sentence(tmp_path):
    run(tmp_path, "migrate")

    gone = run(tmp_path, "export", "nirgends", "--out", str(tmp_path / "x.zip"))
    role = run(tmp_path, "export", "nirgends", "--as", "king", "--out", str(tmp_path / "x.zip"))
    folder = run(tmp_path, "import", "polis", str(tmp_path / "nirgends"))

    assert [result.returncode for result in (gone, role, folder)] == [2, 2, 2]
    assert ["Traceback" in result.stderr for result in (gone, role, folder)] == [False] * 3
    assert [path.name for path in tmp_path.glob("*.zip")] == []


@pytest.fixture
async def own(cluster):
    """An empty database of the city's own: its address, and what is in it."""
    admin = await jobs.connect(cluster.url("postgres", "postgres"))
    await admin.execute("CREATE DATABASE halle")

    async def tables():
        inside = await jobs.connect(cluster.url("postgres", "halle"))
        found = await inside.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        await inside.close()
        others = await admin.fetch("SELECT datname FROM pg_database WHERE datname = 'dialog'")
        return [row[0] for row in (*found, *others)]

    address = cluster.url("postgres", "halle").replace("+asyncpg", "")
    yield GOOD | {"DIALOG_DATABASE_URL": address, "DIALOG_OWNER_URL": address}, tables
    await admin.execute("DROP DATABASE halle WITH (FORCE)")
    await admin.close()


@pytest.mark.parametrize(
    "command",
    ["check", "person create --email a@halle.example", "export auftakt --out x.zip", "worker", "serve"],
)
async def test_only_migrate_changes_a_database_of_ones_own(tmp_path, own, command):
    settings, tables = own
    before = await tables()

    result = await asyncio.to_thread(run, tmp_path, *command.split(), **settings)

    assert (result.returncode, result.stderr.strip()) == (
        2,
        "Die Datenbank ist nicht auf dem neuesten Stand. Bitte rufen Sie zuerst `ki-dialog migrate` auf.",
    )
    assert await tables() == before


@pytest.mark.parametrize("command", ["migrate", "check", "worker", "serve"])
async def test_a_database_that_refuses_us_is_a_sentence(tmp_path, cluster, command):
    address = cluster.url("postgres", "nirgends").replace("+asyncpg", "")

    result = await asyncio.to_thread(run, tmp_path, command, **GOOD, DIALOG_DATABASE_URL=address)

    assert result.returncode == 2
    assert result.stderr.startswith(
        'Die Datenbank ist nicht erreichbar: database "nirgends" does not exist. Bitte '
    )


async def test_migrate_and_check_work_on_a_database_of_ones_own(tmp_path, own):
    settings, _ = own

    migrated = await asyncio.to_thread(run, tmp_path, "migrate", **settings)
    checked = await asyncio.to_thread(run, tmp_path, "check", **settings, DIALOG_WORKERS="30")

    assert migrated.returncode == 0
    assert "Verbindungen zur Datenbank: 164 gebraucht, 97 möglich.\n" in checked.stderr
    assert "✗ PostgreSQL lässt nur 97 Verbindungen zu, gebraucht werden bis zu 164: " in checked.stderr


def test_a_citys_content_is_read_once_and_damaged_files_are_told(tmp_path):
    shutil.copytree(load.FOLDER, tmp_path / "halle")
    first, second = (run(tmp_path, "import", "city", str(tmp_path / "halle")) for _ in range(2))
    (tmp_path / "halle" / "terms.toml").unlink()
    broken = run(tmp_path, "import", "city", str(tmp_path / "halle"))

    assert [result.returncode for result in (first, second, broken)] == [0, 0, 2]
    assert first.stdout == second.stdout == "leitlinien-und-einsatz\nauftakt\nwissen-der-beschaeftigten\n"
    assert "Neu – Teilnahmebedingungen: 1, Netiquette: 1, Handlungsfelder: 3" in first.stderr
    assert "Neu" not in second.stderr
    assert broken.stderr.splitlines()[-1] == "terms.toml lässt sich nicht lesen: No such file or directory."


async def test_failed_jobs_are_listed_tried_again_and_dropped(tmp_path, cluster):
    run(tmp_path, "migrate")
    server = postgres.ensure(tmp_path)
    owner = await jobs.connect(server.url("postgres", "dialog"))
    await owner.execute(
        "INSERT INTO pgqueuer (id, priority, status, entrypoint, attempts, updated) SELECT id, 0, 'failed', "
        "'mail', 8, '2026-05-01 10:00Z' FROM unnest(ARRAY[7, 8, 9]) AS id"
    )

    listed = run(tmp_path, "jobs")
    again, dropped, unknown = (
        run(tmp_path, "jobs", *words.split()) for words in ("retry 7", "drop 8", "drop 8")
    )
    rows = await owner.fetch("SELECT id, status::text FROM pgqueuer ORDER BY id")
    await owner.execute("DELETE FROM pgqueuer WHERE status = 'failed'")
    none = run(tmp_path, "jobs")
    await owner.close()
    server.stop()

    assert [line.split()[:2] for line in listed.stdout.splitlines()] == [[n, "mail"] for n in "987"]
    assert listed.stdout.splitlines()[0] == "9  mail  01.05.2026, 12:00 Uhr  9 Versuche"
    assert [result.returncode for result in (again, dropped, unknown)] == [0, 0, 2]
    assert unknown.stderr.strip() == "Einen gescheiterten Auftrag 8 gibt es nicht."
    assert [tuple(row) for row in rows] == [(7, "queued"), (9, "failed")]
    assert (none.stdout, none.stderr.strip()) == ("", "Kein Auftrag ist gescheitert.")


def test_the_learned_order_is_trained_and_named(tmp_path):
    tweets, harmless = tmp_path / "tweets.csv", tmp_path / "reden.csv"
    rows = [f'"{text}",OFFENSE' for text in made.striking()] + [f'"{text}",OTHER' for text in made.plain()]
    tweets.write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    harmless.write_text(
        "\n".join(["text", *(f'"{text}"' for text in made.examples().quiet)]), encoding="utf-8"
    )

    before = run(tmp_path, "triage", "status")
    refused = run(tmp_path, "triage", "train", str(tmp_path / "fehlt.csv"), "--harmless", str(harmless))
    trained = run(tmp_path, "triage", "train", str(tweets), "--harmless", str(harmless), "--rule", "1")
    after = run(tmp_path, "triage", "status")

    none = "Es gilt keine gelernte Ordnung: Die Vorprüfung arbeitet mit den Regeln allein."
    assert (before.returncode, before.stdout, none in before.stderr) == (0, "", True)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "fehlt.csv lässt sich nicht lesen" in refused.stderr
    assert "Traceback" not in refused.stderr
    figures = json.loads(trained.stdout)
    assert (figures["striking"], figures["plain"], figures["harmless"]) == (64, 80, {"reden": 120})
    assert json.loads(after.stdout) == figures
    assert f"Es gilt die Ordnung {figures['model']}, trainiert am " in after.stderr
