"""One engine process seen from outside: start it, post to it, hear from it, end it."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import socket
import time
from collections.abc import Iterable
from multiprocessing.context import SpawnProcess

from service.engine.core_settings import CoreSettings
from service.engine.errors import EngineDied, error_from
from service.engine.framing import READ_BYTES, Frames, framed
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
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._frames = Frames()
        self._unsent: list[bytes] = []
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
        self._reader, self._writer = await asyncio.open_connection(sock=ours)
        message = await self._next(self._start_seconds)
        if isinstance(message, StartFailed):
            raise error_from(message.error, message.data)
        if not isinstance(message, Ready):
            raise EngineDied("the engine ended before it was ready")
        self.models = message.models

    async def receive(self) -> Outward | None:
        """The next message, or None when the engine is dead or has not been heard of for too long."""
        return await self._next(self._hang_seconds)

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
        if self._writer is not None:
            self._flush()
            self._writer.close()

    async def end(self) -> None:
        """Asks the process to stop, kills it if it does not, and waits until it is gone."""
        if self._writer is not None:
            self._send(Stop())
            self.disconnect()
            with contextlib.suppress(ConnectionError):
                await self._writer.wait_closed()
        if self._process is not None and self._process.pid is not None:
            await asyncio.to_thread(self._joined, self._process)

    def kill(self) -> None:
        """Ends the process at once."""
        if self._process is not None and self._process.pid is not None:
            self._process.kill()

    async def _next(self, timeout_seconds: float) -> Outward | None:
        assert self._reader is not None
        try:
            while (payload := self._frames.pop()) is None:
                self._frames.feed(await self._heard(self._reader, timeout_seconds))
        except (EOFError, ConnectionError, TimeoutError):
            self.kill()
            return None
        self.last_heartbeat = time.monotonic()
        return decode_outward(payload)

    async def _heard(self, reader: asyncio.StreamReader, timeout_seconds: float) -> bytes:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_seconds):
                return await reader.read(READ_BYTES)
        async with asyncio.timeout(min(timeout_seconds, _LAST_CHANCE_SECONDS)):
            return await reader.read(READ_BYTES)

    def _others(self, name: str, version: str) -> tuple[ReadyModel, ...]:
        return tuple(one for one in self.models if (one.name, one.version) != (name, version))

    def _send(self, message: Inward) -> None:
        """Sends a message with all others of this round of the event loop: one call to the system."""
        if not self._unsent:
            asyncio.get_running_loop().call_soon(self._flush)
        self._unsent.append(framed(encode(message)))

    def _flush(self) -> None:
        assert self._writer is not None
        if self._unsent and not self._writer.is_closing():
            self._writer.write(b"".join(self._unsent))
        self._unsent.clear()

    def _joined(self, process: SpawnProcess) -> None:
        process.join(_JOIN_SECONDS)
        if process.is_alive():
            process.kill()
            process.join(_JOIN_SECONDS)  # a driver may hold it for ever, and nobody must wait for that
