import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from dialogue.kit import postgres

FAST = {"fsync": "off"}
ROOT = Path(postgres.__file__).parents[2]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="nur als root")


@pytest.fixture
def data() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="data-"))
    folder.chmod(0o755)
    yield folder
    if postgres.attach(folder):
        postgres.ensure(folder).stop()
    shutil.rmtree(folder)


@pytest.fixture
def another() -> Iterator[Callable[[Path], subprocess.Popen[str]]]:
    """Starts a process that calls ensure(), prints whether it is the owner, and stays."""
    code = (
        "import sys, time, pathlib; from dialogue.kit import postgres\n"
        "cluster = postgres.ensure(pathlib.Path(sys.argv[1]), settings={'fsync': 'off'})\n"
        "print(cluster.started_here, flush=True); time.sleep(60)"
    )
    started: list[subprocess.Popen[str]] = []

    def start(data: Path) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", code, str(data)]
        kinds = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
        started.append(subprocess.Popen(command, cwd=ROOT, start_new_session=True, **kinds))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def ask(cluster: postgres.Cluster, *statements: str) -> list[object]:
    async def answers() -> list[object]:
        engine = create_async_engine(cluster.url("postgres", "postgres"))
        try:
            async with engine.begin() as connection:
                results = [await connection.execute(text(statement)) for statement in statements]
                return [result.scalar() if result.returns_rows else None for result in results]
        finally:
            await engine.dispose()

    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        return runner.run(answers())


def server_of(cluster: postgres.Cluster) -> int:
    return int((cluster.folder / "postmaster.pid").read_text().split()[0])


def test_a_new_folder_becomes_a_database_that_knows_german_and_is_closed_to_the_network(data):
    cluster = postgres.ensure(data, settings=FAST)

    assert cluster.started_here
    assert cluster.folder.stat().st_mode & 0o777 == 0o700
    assert cluster.socket_dir.stat().st_mode & 0o777 == 0o700
    assert ask(
        cluster,
        "SELECT lower('ÄÖÜ')",
        "SELECT to_tsvector('german', 'Häuser')::text",
        "SHOW server_encoding",
        "SHOW data_checksums",
        "SHOW listen_addresses",
        "SHOW timezone",
    ) == ["äöü", "'haus':1", "UTF8", "on", "", "UTC"]


def test_durability_is_on_unless_a_test_switches_it_off(data):
    cluster = postgres.ensure(data)

    assert ask(cluster, "SHOW fsync", "SHOW full_page_writes", "SHOW synchronous_commit") == ["on"] * 3


def test_a_stopped_server_is_gone_and_stopping_twice_does_no_harm(data):
    cluster = postgres.ensure(data, settings=FAST)
    server = server_of(cluster)

    cluster.stop()
    cluster.stop()

    assert (cluster.running(), postgres.attach(data)) == (False, None)
    assert postgres.attach(data / "nothing") is None
    status = Path(f"/proc/{server}/status")
    assert not status.exists() or "zombie" in status.read_text()


def test_a_killed_server_comes_back_with_what_was_saved(data):
    cluster = postgres.ensure(data, settings=FAST)
    ask(cluster, "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (7)")
    killed = server_of(cluster)

    os.kill(killed, signal.SIGKILL)
    again = postgres.ensure(data, settings=FAST)

    assert server_of(again) != killed
    assert ask(again, "SELECT n FROM kept") == [7]


def test_a_number_that_now_belongs_to_another_process_is_not_taken_for_the_server(data):
    cluster = postgres.ensure(data, settings=FAST)
    note = (cluster.folder / "postmaster.pid").read_text()
    cluster.stop()

    (cluster.folder / "postmaster.pid").write_text(note.replace(note.split()[0], str(os.getpid()), 1))

    assert not cluster.running()
    assert ask(postgres.ensure(data, settings=FAST), "SELECT 1") == [1]


def test_only_the_owner_stops_the_server_and_who_comes_after_it_inherits(data, another):
    owner = another(data)
    assert first_line(owner) == "True"

    guest = postgres.ensure(data)
    guest.stop()
    assert (guest.started_here, guest.running()) == (False, True)

    os.killpg(owner.pid, signal.SIGINT)  # as Ctrl-C does
    owner.wait()
    assert guest.running()

    heir = postgres.ensure(data)
    heir.stop()
    assert (heir.started_here, heir.running()) == (True, False)


def test_of_four_processes_starting_at_once_one_initialises(data, another):
    four = [another(data) for _ in range(4)]

    assert sorted(first_line(process) for process in four) == ["False", "False", "False", "True"]
    assert sorted(path.name for path in data.iterdir()) == [
        "postgres",
        "postgres.lock",
        "postgres.log",
        "postgres.owner",
    ]


def test_an_interrupted_initialisation_is_redone(data, another):
    process = another(data)
    while not list(data.glob("postgres.new-*/base")):
        assert process.poll() is None
    process.kill()
    process.wait()
    assert not (data / "postgres").exists()

    assert ask(postgres.ensure(data, settings=FAST), "SELECT 1") == [1]
    assert list(data.glob("postgres.new-*")) == []


def test_the_log_repeats_nobodys_words(data):
    cluster = postgres.ensure(data, settings=FAST)
    ask(
        cluster,
        "CREATE TABLE people (email text UNIQUE)",
        "INSERT INTO people VALUES ('erika@halle.example')",
    )

    with pytest.raises(DBAPIError):
        ask(cluster, "INSERT INTO people VALUES ('erika@halle.example')")

    log = (data / "postgres.log").read_text()
    assert ("duplicate key value" in log, "erika" in log) == (True, False)


def test_a_path_too_long_for_a_socket_gets_a_folder_of_its_own_and_refuses_a_strangers(data):
    long = data / ("lang" * 25) / "mit 'Zeichen' und $HOME"
    cluster = postgres.ensure(long, settings=FAST)
    try:
        assert cluster.socket_dir.parent == Path(tempfile.gettempdir())
        assert cluster.socket_dir.stat().st_mode & 0o777 == 0o700
        assert ask(cluster, "SELECT 1") == [1]
    finally:
        cluster.stop()
    assert not cluster.socket_dir.exists()

    cluster.socket_dir.symlink_to(data)
    try:
        with pytest.raises(postgres.PostgresFailed, match="gehört nicht der Datenbank allein"):
            postgres.ensure(long)
    finally:
        cluster.socket_dir.unlink()


def test_a_server_that_cannot_start_says_why(data):
    with pytest.raises(postgres.PostgresFailed, match='invalid value for parameter "shared_buffers": "viel"'):
        postgres.ensure(data, settings={**FAST, "shared_buffers": "viel"})


@pytest.mark.parametrize(
    ("version", "sentence"),
    [("9", "stammt von PostgreSQL 9, installiert ist"), (None, "ist keine Datenbank von PostgreSQL")],
)
def test_a_folder_of_another_version_or_kind_is_left_alone(data, version, sentence):
    (data / "postgres").mkdir()
    (data / "postgres" / "PG_VERSION" if version else data / "postgres" / "notes").write_text(f"{version}\n")

    with pytest.raises(postgres.PostgresFailed, match=sentence):
        postgres.ensure(data)
    assert len(list((data / "postgres").iterdir())) == 1


def test_without_any_postgresql_the_sentence_names_three_ways_out(data, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)

    with pytest.raises(postgres.PostgresMissing, match=r"pip install .* apt install .* DIALOG_DATABASE_URL"):
        postgres.ensure(data)


@as_root
def test_root_may_keep_its_data_in_a_private_folder_whose_permissions_stay_as_they_are(data):
    private = data / "private"
    private.mkdir(mode=0o700)
    said: list[str] = []
    cluster = postgres.ensure(private / "data", said.append, FAST)
    try:
        assert ask(cluster, "SELECT 1") == [1]
        assert cluster.folder.stat().st_uid != 0
        assert (private.stat().st_uid, private.stat().st_mode & 0o777) == (0, 0o700)
        assert [line.startswith("Gestartet als root") for line in said].count(True) == 1
    finally:
        cluster.stop()


@as_root
def test_root_without_the_right_to_share_a_private_folder_is_told_what_to_do(data):
    (data / "private").mkdir(mode=0o700)
    code = (
        "import sys, pathlib; from dialogue.kit import postgres\n"
        "try: postgres.ensure(pathlib.Path(sys.argv[1]))\n"
        "except postgres.PostgresFailed as failed: print(failed)"
    )
    less = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    command = [*less, sys.executable, "-c", code, str(data / "private" / "data")]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert f"darf {data}/private nicht betreten" in answer
    assert "/srv" in answer
