"""A server in processes of its own: started, waited for, looked at and stopped, and only these processes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import psutil

from benchmarks.http_connection import open_connection
from benchmarks.record import Usage
from benchmarks.target import Request, Target

_STOP_SECONDS = 15.0
_KILL_SECONDS = 5.0
_PAUSE_SECONDS = 0.1
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


class ServerFailed(Exception):
    """A server did not start; the message is the end of what it printed."""


class ServerProcess:
    """A running server; use `running`."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self._log = log
        with log.open("wb") as output:
            self._popen = subprocess.Popen(
                command,
                env={**os.environ, **_ONE_THREAD, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._seen: dict[int, psutil.Process] = {}

    async def wait_until_answered(self, target: Target, request: Request, seconds: float) -> None:
        """Asks until a right answer comes; raises ServerFailed when the time is up or the process ends."""
        deadline = time.monotonic() + seconds
        fault = "nobody listens"
        while time.monotonic() < deadline and self._popen.poll() is None:
            fault = await _fault(target, request, deadline - time.monotonic())
            if not fault:
                return
            await asyncio.sleep(_PAUSE_SECONDS)
        raise ServerFailed(f"{fault}\n{self._last_lines()}")

    def usage(self) -> Usage:
        """What the whole tree of processes has used so far."""
        seconds = rss = pss = 0.0
        processes = self._tree()
        for process in processes:
            with contextlib.suppress(psutil.Error):
                times, memory = process.cpu_times(), process.memory_full_info()
                seconds += times.user + times.system
                rss += memory.rss / 1e6
                pss += getattr(memory, "pss", memory.rss) / 1e6
        return Usage(seconds, rss, pss, len(processes))

    def stop(self) -> None:
        """Asks it to end; kills what is left of its processes after a while."""
        everyone = self._tree()
        self._popen.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._popen.wait(_STOP_SECONDS)
        _, left = psutil.wait_procs(everyone, timeout=1.0)
        for process in left:
            with contextlib.suppress(psutil.Error):
                process.kill()  # psutil checks that the number still means the same process
        psutil.wait_procs(left, timeout=_KILL_SECONDS)
        if self._popen.poll() is None:
            self._popen.kill()
        self._popen.wait(_KILL_SECONDS)

    def _tree(self) -> list[psutil.Process]:
        """Its processes that live, those included whose parent has ended since they were last seen."""
        with contextlib.suppress(psutil.Error):
            root = psutil.Process(self._popen.pid)
            self._seen |= {one.pid: one for one in [root, *root.children(recursive=True)]}
        return [one for one in self._seen.values() if one.is_running()]

    def _last_lines(self) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-15:])


@contextlib.contextmanager
def running(command: Sequence[str], environment: Mapping[str, str], log: Path) -> Iterator[ServerProcess]:
    """A server that is started and is gone after; what it prints goes to the log."""
    server = ServerProcess(command, environment, log)
    try:
        yield server
    finally:
        server.stop()


async def _fault(target: Target, request: Request, seconds: float) -> str:
    """What is wrong with the answer to one request; nothing for a right one."""
    try:
        async with asyncio.timeout(seconds):
            connection = await open_connection(target.host, target.port)
            try:
                reply = await connection.ask(request.message)
            finally:
                connection.close()
    except (OSError, TimeoutError) as error:
        return str(error) or type(error).__name__
    return target.fault(request, reply.status, reply.body)
