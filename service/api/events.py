"""Server-sent events (HTML Standard, section 9.2): an answer in parts, with a heartbeat while there are none.

The work runs beside the sending and is cancelled when the client leaves. What ends it before its first event
(or the first second) is a plain answer with its status; a stream that has begun ends with exactly one event
that says how: that of the work, or `error` with a problem document.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from service.api.context import log_failure
from service.api.failures import Failure
from service.api.kinds import Outcome, kind_of

Emit = Callable[[str, Any], None]
"""Sends an event: its name, and its data as a plain object."""
Work = Callable[[Emit], Awaitable[None]]
OnEnd = Callable[[Outcome], None]

HEARTBEAT_SECONDS: Final = 15.0
_COMMENT: Final = b": still working\n\n"
FIRST_SECONDS: Final = 1.0
"""So long the head waits for the first event."""
MEDIA_TYPE: Final = "text/event-stream"
_HEAD: Final[Message] = {
    "type": "http.response.start",
    "status": 200,
    "headers": [
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"cache-control", b"no-store"),
        (b"x-accel-buffering", b"no"),  # nginx would hold events back
    ],
}


class EventStream(Response):
    """The response of `work`; `on_end` hears its outcome, once."""

    def __init__(self, work: Work, *, heartbeat_seconds: float = HEARTBEAT_SECONDS) -> None:
        super().__init__(media_type=MEDIA_TYPE)
        self._work = work
        self._heartbeat_seconds = heartbeat_seconds
        self.on_end: OnEnd = lambda _: None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Runs the work and sends its events as they come; raises what ends it before there is anything."""
        events: asyncio.Queue[bytes | None] = asyncio.Queue()  # bounded by what a request may hold
        outcome: Outcome = "cancelled"
        worker = asyncio.create_task(self._run(events))
        watcher = asyncio.create_task(_departure(receive))
        watcher.add_done_callback(partial(_cancel, worker))
        try:
            event = await _next(events, min(FIRST_SECONDS, self._heartbeat_seconds))
            if event is None and worker.exception() is not None:
                outcome = _failed(worker, scope)
                await worker  # raises
            await send(_HEAD)
            has_told = False
            while event is not None:
                await send({"type": "http.response.body", "body": event, "more_body": True})
                has_told = has_told or event is not _COMMENT
                event = await _next(events, self._heartbeat_seconds)
            outcome = await _end(worker, Request(scope), send, has_told=has_told)
            await send({"type": "http.response.body", "body": b""})
        except asyncio.CancelledError:
            if not watcher.done():
                raise
        finally:
            for task in (watcher, worker):
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(worker, return_exceptions=True)
            self.on_end(outcome)
            del worker  # an error's traceback has this frame, and would be kept by it

    async def _run(self, events: asyncio.Queue[bytes | None]) -> None:
        try:
            await self._work(lambda name, data: events.put_nowait(formatted(name, data)))
        finally:
            asyncio.get_running_loop().call_soon(events.put_nowait, None)  # behind the end of this task


def formatted(name: str, data: Any) -> bytes:
    """One event; JSON has no line break outside its texts, and none unescaped within."""
    return b"event: %b\ndata: %b\n\n" % (name.encode(), msgspec.json.encode(data))


async def _departure(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _next(events: asyncio.Queue[bytes | None], seconds: float) -> bytes | None:
    """The next event, None at the end, or a comment where there is none for so long."""
    try:
        async with asyncio.timeout(seconds):
            return await events.get()
    except TimeoutError:
        return _COMMENT


async def _end(worker: asyncio.Task[None], request: Request, send: Send, *, has_told: bool) -> Outcome:
    """How the work ended; an error is sent as an event, for the head is gone."""
    try:
        await worker
    except Exception as error:  # noqa: BLE001  # of whatever class
        failure = Failure.of(error)
        if failure.kind.status == 500:
            log_failure(error, request.scope["state"]["request_id"])
        problem = request.scope["state"]["dialect"].body(failure, request)
        await send({"type": "http.response.body", "body": formatted("error", problem), "more_body": True})
        if not has_told:
            _give_back(request.scope)
        return failure.kind.outcome
    return "ok"


def _failed(worker: asyncio.Task[None], scope: Scope) -> Outcome:
    """The outcome of work that told nothing."""
    error = worker.exception()
    assert error is not None
    _give_back(scope)
    return kind_of(error).outcome


def _cancel(worker: asyncio.Task[None], _: object) -> None:
    worker.cancel()


def _give_back(scope: Scope) -> None:
    """Nothing was translated, so nothing counts for the caller, where keys are on."""
    if caller := scope["state"].get("caller"):
        caller.give_back()
