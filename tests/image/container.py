"""A container of the image under every restriction at once, and the requests made from inside it."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

RESTRICTED = (
    "--user=12345:0",
    "--network=none",
    "--read-only",
    "--tmpfs=/tmp:size=128m,noexec,nosuid,nodev,mode=1777",
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges",
    "--memory=1g",
    "--cpus=1",
    "--pids-limit=256",
    "--env=ZHUYI_ENGINES=1",
)
GRACE_SECONDS = 30
_READY_SECONDS = 60
_COMMAND_SECONDS = 60
_ASK = """
import http.client, sys
method, path, body = sys.argv[1:]
connection = http.client.HTTPConnection("127.0.0.1", 8000, timeout=30)
connection.request(method, path, body, {"Content-Type": "application/json"})
print(connection.getresponse().read().decode())
"""


class Container:
    """A running container; has no network, so whatever is asked of it is asked by `docker exec`."""

    def __init__(self, image: str, *options: str) -> None:
        self._id = docker("run", "--detach", *RESTRICTED, *options, image).strip()

    def become_healthy(self) -> None:
        """Waits until the image's own health check passes."""
        end = time.monotonic() + _READY_SECONDS
        while (health := self.inspect("{{.State.Health.Status}}")) != "healthy":
            assert self.inspect("{{.State.Running}}") == "true", self.logs()
            assert time.monotonic() < end, f"{health}\n{self.logs()}"
            time.sleep(0.5)

    def ask(self, method: str, path: str, body: str = "") -> Any:
        """The JSON that the service answers."""
        return json.loads(self.run(_ASK, method, path, body))

    def run(self, code: str, *arguments: str) -> str:
        """What a Python beside the service prints."""
        return docker("exec", self._id, "python", "-c", code, *arguments)

    def stop(self) -> int:
        """SIGTERM to the first process, SIGKILL after the grace; returns the exit code."""
        docker("stop", f"--time={GRACE_SECONDS}", self._id)
        return int(self.inspect("{{.State.ExitCode}}"))

    def inspect(self, template: str) -> str:
        """One fact about the container."""
        return docker("inspect", f"--format={template}", self._id).strip()

    def logs(self) -> str:
        """What it has said on standard output."""
        return docker("logs", self._id)

    def remove(self) -> None:
        """Leaves nothing behind."""
        docker("rm", "--force", self._id)


@contextmanager
def healthy(image: str, *options: str) -> Iterator[Container]:
    """A healthy container, removed at the end."""
    started = Container(image, *options)
    try:
        started.become_healthy()
        yield started
    finally:
        started.remove()


def docker(*arguments: str, seconds: float = _COMMAND_SECONDS) -> str:
    """Runs the client and returns what it printed; raises CalledProcessError and TimeoutExpired."""
    ended = subprocess.run(
        ["docker", *arguments], capture_output=True, check=True, text=True, timeout=seconds
    )
    return ended.stdout


def inside(image: str, *command: str) -> subprocess.CompletedProcess[str]:
    """A command in a fresh container of the image instead of the service."""
    return _run(f"--entrypoint={command[0]}", image, *command[1:])


def served(image: str, *options: str) -> subprocess.CompletedProcess[str]:
    """The service in a fresh container, for one that ends by itself."""
    return _run(*options, image)


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["docker", "run", "--rm", *RESTRICTED, *arguments]
    return subprocess.run(command, capture_output=True, check=False, text=True, timeout=_COMMAND_SECONDS)
