"""The service as users run it: a process of its own, on a port that it chooses itself."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_ADDRESS = re.compile(r"listens on (http://\S+),")
_ADMIN_ADDRESS = re.compile(r"administration are at (http://\S+)")
_PATIENCE_SECONDS = 60


class Server:
    """A running service and what it has said on standard error so far."""

    def __init__(self, store: Path, **settings: object) -> None:
        self.process = subprocess.Popen(
            command("serve"), env=environment(store, **settings), stderr=subprocess.PIPE, text=True
        )
        self.said: list[str] = []
        self._address = self._admin_address = ""
        self._is_known, self._is_admin_known = threading.Event(), threading.Event()
        self._listener = threading.Thread(target=self._listen)
        self._listener.start()

    @property
    def url(self) -> str:
        """Where it listens; waits until it says so, and fails where it ends without."""
        assert self._is_known.wait(_PATIENCE_SECONDS)
        assert self._address, "".join(self.said)
        return self._address

    @property
    def admin_url(self) -> str:
        """The same for the second port, where it has one."""
        assert self._is_admin_known.wait(_PATIENCE_SECONDS)
        assert self._admin_address, "".join(self.said)
        return self._admin_address

    def stop(self) -> int:
        """Asks it to end, waits for that and returns its exit code."""
        self.process.terminate()
        return self.wait()

    def wait(self) -> int:
        """Waits until it has ended and returns its exit code."""
        code = self.process.wait(_PATIENCE_SECONDS)
        self._listener.join(_PATIENCE_SECONDS)
        return code

    def engines(self) -> list[int]:
        """The process ids of its engines (Linux, proc_pid_stat(5))."""
        return sorted(filter(self._is_engine, map(int, filter(str.isdigit, os.listdir("/proc")))))

    def signal_engine(self, what: signal.Signals) -> None:
        """Sends a signal to one of them."""
        os.kill(self.engines()[0], what)

    def _is_engine(self, pid: int) -> bool:
        try:
            parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1]
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:  # gone meanwhile
            return False
        return int(parent) == self.process.pid and b"multiprocessing.spawn" in command

    def _listen(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr as stream:
            for line in stream:
                self.said.append(line)
                if found := _ADDRESS.search(line):
                    self._address = found.group(1)
                elif line.startswith("Try: "):  # the last line of the start
                    self._is_known.set()
                elif found := _ADMIN_ADDRESS.search(line):
                    self._admin_address = found.group(1)
                    self._is_admin_known.set()
        self._is_known.set()
        self._is_admin_known.set()


@contextmanager
def running(store: Path, **settings: object) -> Iterator[Server]:
    """A service that is ready within, and gone after."""
    server = Server(store, **settings)
    try:
        assert server.url
        yield server
    finally:
        server.stop()


def command(*arguments: str) -> list[str]:
    """The command line of `zhuyi`, in this Python."""
    return [sys.executable, "-m", "service", *arguments]


def environment(store: Path, **settings: object) -> dict[str, str]:
    """This process's environment with settings of the service in it."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("ZHUYI_")}
    named = {f"ZHUYI_{name.upper()}": str(value) for name, value in settings.items()}
    ours = {"ZHUYI_MODEL_STORE": str(store), "ZHUYI_PORT": "0", "ZHUYI_DRAIN_GRACE_SECONDS": "0"}
    return inherited | ours | named
