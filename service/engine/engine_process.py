"""One engine process seen from outside: start it, post to it, hear from it, end it."""

from __future__ import annotations

import asyncio
import multiprocessing
import socket
import time
from collections.abc import Callable, Iterable
from multiprocessing.context import SpawnProcess

from service.engine.core_settings import CoreSettings
from service.engine.errors import EngineDied, error_from
from service.engine.line import Line
from service.engine.messages import (
    Cancel,
    Inward,
    Job,
    Load,
    Outward,
    Post,
    Ready,
    ReadyModel,
    StartFailed,
    Stop,
    Unload,
    decode_outward,
    encode,
)
from service.engine.worker import run_engine

_JOIN_SECONDS = 2.0
_LAST_CHANCE_SECONDS = 5.0
"""Where all processes stood still (a paused container), the clock ran on: who speaks up now is alive."""


class EngineProcess:
    """A process that serves one channel; `outstanding` are the jobs it has not answered."""

    def __init__(self, settings: CoreSettings, *, start_seconds: float, hang_seconds: float) -> None:
        self._settings = settings
        self._start_seconds = start_seconds
        self._hang_seconds = hang_seconds
        self._process: SpawnProcess | None = None
        self._line: Line | None = None
        self.models: tuple[ReadyModel, ...] = ()
        self.outstanding: dict[int, Job] = {}
        self.outstanding_tokens = 0
        self.last_heartbeat = time.monotonic()

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    async def start(self) -> None:
        """Spawns the process and waits until it is ready; raises CannotStart or EngineDied."""
        ours, theirs = socket.socketpair()
        context = multiprocessing.get_context("spawn")
        name = f"zhuyi-engine-{self._settings.engine}"
        self._process = context.Process(
            target=run_engine, args=(theirs, self._settings), name=name, daemon=True
        )
        with theirs:
            self._process.start()
        _, self._line = await asyncio.get_running_loop().create_connection(Line, sock=ours)
        payload = await self._line.first(self._start_seconds)
        if payload is None and not self._line.closed.done():
            payload = await self._line.first(min(self._start_seconds, _LAST_CHANCE_SECONDS))
        message = None if payload is None else decode_outward(payload)
        if isinstance(message, StartFailed):
            raise error_from(message.error, message.data)
        if not isinstance(message, Ready):
            self.kill()
            raise EngineDied("the engine ended before it was ready")
        self.models = message.models
        self.last_heartbeat = time.monotonic()

    async def listen(self, on_message: Callable[[Outward], None]) -> None:
        """Gives on every message, until the engine is dead, or ends one that is silent for too long.

        Raises what `on_message` raises, and the engine lives on.
        """
        assert self._line is not None

        def hear(payload: bytes) -> None:
            self.last_heartbeat = time.monotonic()
            on_message(decode_outward(payload))

        self._line.hear_with(hear)
        closed = self._line.closed
        while not (closed.done() or await self._is_silent(closed)):
            pass
        if closed.done():
            closed.result()
        self.kill()

    async def _is_silent(self, closed: asyncio.Future[None]) -> bool:
        """True where nothing came for as long as is allowed, and nothing in a last chance behind that."""
        before = self.last_heartbeat
        allowed = before + self._hang_seconds - time.monotonic()
        await asyncio.wait([closed], timeout=allowed)
        if self.last_heartbeat != before or closed.done():
            return False
        await asyncio.wait([closed], timeout=min(self._hang_seconds, _LAST_CHANCE_SECONDS))
        return self.last_heartbeat == before

    def post(self, jobs: Iterable[Job]) -> None:
        """Sends jobs; they are outstanding until `settle`."""
        posted = tuple(jobs)
        for job in posted:
            self.outstanding[job.id] = job
            self.outstanding_tokens += len(job.source)
        self._send(Post(posted))

    def cancel(self, ids: Iterable[int]) -> None:
        """Forgets those of the jobs that are here; nothing more is heard of them."""
        ours = tuple(one for one in ids if self.settle(one) is not None)
        if ours:
            self._send(Cancel(ours))

    def load(self, load: Load) -> None:
        """Asks for a further version; the answer is a Loaded or a LoadFailed."""
        self._send(load)

    def note_loaded(self, model: ReadyModel) -> None:
        """The process has told that this version is there."""
        self.models = (*self._others(model.name, model.version), model)

    def unload(self, name: str, version: str) -> None:
        """Asks to forget a version, which may not be there yet; there is no answer."""
        self.models = self._others(name, version)
        self._send(Unload(name, version))

    def settle(self, job_id: int) -> Job | None:
        """The job is no longer outstanding; None where it was not (cancelled meanwhile)."""
        job = self.outstanding.pop(job_id, None)
        if job is not None:
            self.outstanding_tokens -= len(job.source)
        return job

    def abandon(self) -> list[Job]:
        """All outstanding jobs, which are outstanding here no longer."""
        left = list(self.outstanding.values())
        self.outstanding.clear()
        self.outstanding_tokens = 0
        return left

    def disconnect(self) -> None:
        """Closes the channel, which alone makes the process end after its current tick."""
        if self._line is not None:
            self._line.close()

    async def end(self) -> None:
        """Asks the process to stop, kills it if it does not, and waits until it is gone."""
        if self._line is not None:
            self._send(Stop())
            self._line.close()
            await asyncio.wait([self._line.closed], timeout=_JOIN_SECONDS)
        if self._process is not None and self._process.pid is not None:
            await asyncio.to_thread(self._joined, self._process)

    def kill(self) -> None:
        """Ends the process at once."""
        if self._process is not None and self._process.pid is not None:
            self._process.kill()

    def _others(self, name: str, version: str) -> tuple[ReadyModel, ...]:
        return tuple(one for one in self.models if (one.name, one.version) != (name, version))

    def _send(self, message: Inward) -> None:
        assert self._line is not None
        self._line.send(encode(message))

    def _joined(self, process: SpawnProcess) -> None:
        process.join(_JOIN_SECONDS)
        if process.is_alive():
            process.kill()
            process.join(_JOIN_SECONDS)  # a driver may hold it for ever, and nobody must wait for that
