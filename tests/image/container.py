"""A container of the image under every restriction at once, and the requests made from inside it."""

from __future__ import annotations

import json
import subprocess
import time
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

    def __init__(self, image: str) -> None:
        self._id = docker("run", "--detach", *RESTRICTED, image).strip()

    def become_healthy(self) -> None:
        """Waits until the image's own health check passes."""
        end = time.monotonic() + _READY_SECONDS
        while (health := self.inspect("{{.State.Health.Status}}")) != "healthy":
            assert self.inspect("{{.State.Running}}") == "true", self.logs()
            assert time.monotonic() < end, f"{health}\n{self.logs()}"
            time.sleep(0.5)

    def ask(self, method: str, path: str, body: str = "") -> Any:
        """The JSON that the service answers."""
        return json.loads(docker("exec", self._id, "python", "-c", _ASK, method, path, body))

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


def docker(*arguments: str, seconds: float = _COMMAND_SECONDS) -> str:
    """Runs the client and returns what it printed; raises CalledProcessError and TimeoutExpired."""
    ended = subprocess.run(
        ["docker", *arguments], capture_output=True, check=True, text=True, timeout=seconds
    )
    return ended.stdout


def inside(image: str, *command: str) -> subprocess.CompletedProcess[str]:
    """A command in a fresh container of the image instead of the service."""
    arguments = ["docker", "run", "--rm", *RESTRICTED, f"--entrypoint={command[0]}", image, *command[1:]]
    return subprocess.run(arguments, capture_output=True, check=False, text=True, timeout=_COMMAND_SECONDS)
