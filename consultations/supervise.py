"""Keeps processes alive: the demo's web server, worker and database, started and ended together."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from dialogue.kit import postgres
from dialogue.kit.settings import Settings

Say = Callable[[str], None]
DRAIN = 10


class Keeper(threading.Thread):
    """Starts the embedded database again when it has died; the pools reconnect by themselves."""

    def __init__(self, settings: Settings, cluster: postgres.Cluster) -> None:
        super().__init__(daemon=True)
        self.settings, self.cluster, self.stopping = settings, cluster, threading.Event()

    def run(self) -> None:
        while not self.stopping.wait(0.5):
            if not self.cluster.running() and not self.stopping.is_set():
                with suppress(postgres.PostgresFailed):
                    self.cluster = postgres.ensure(self.settings.data)

    def stop(self) -> None:
        """End the watch, then the database if this process owns it."""
        self.stopping.set()
        self.join()
        self.cluster.stop()


def follow_parent() -> None:
    """End this process when the one that started it is gone, however it ended."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


class Children:
    """Subprocesses that are started again when they die, until they are all ended."""

    def __init__(self, commands: Mapping[str, Sequence[str]], say: Say) -> None:
        self.commands, self.say = commands, say
        self.running = {name: self._start(name) for name in commands}

    def _start(self, name: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "consultations.cli", *self.commands[name], "--follow-parent"]
        return subprocess.Popen(command, start_new_session=True)  # noqa: S603 - our own commands

    def keep(self) -> None:
        """Look once; restart what has ended."""
        for name, process in self.running.items():
            if process.poll() is not None:
                self.say(f"{name} wurde beendet ({process.returncode}) und startet neu.")
                self.running[name] = self._start(name)

    def stop(self) -> None:
        """SIGTERM to all, ten seconds to finish, then SIGKILL to each one's group."""
        for process in self.running.values():
            process.terminate()
        deadline = time.monotonic() + DRAIN
        for process in self.running.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
