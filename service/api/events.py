"""Server-sent events (HTML Standard, section 9.2): an answer in parts, with a heartbeat while there are none.

The work runs beside the sending and is cancelled when the client leaves. Whatever happens, the stream ends
with exactly one event that says how: that of the work, or `error` with a problem document.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from service.api.context import log_failure
from service.api.failures import Failure
from service.api.kinds import Outcome

Emit = Callable[[str, Any], None]
"""Sends an event: its name, and its data as a plain object."""
Work = Callable[[Emit], Awaitable[None]]
OnEnd = Callable[[Outcome], None]

HEARTBEAT_SECONDS: Final = 15.0
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
        """Runs the work and sends its events as they come."""
        events: asyncio.Queue[bytes | None] = asyncio.Queue()  # bounded by what a request may hold
        outcome: Outcome = "cancelled"
        worker = asyncio.create_task(self._run(events, Request(scope)))
        watcher = asyncio.create_task(_departure(receive))
        watcher.add_done_callback(lambda _: worker.cancel())
        try:
            await send(_HEAD)
            await self._send_all(events, send)
            outcome = await worker
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

    async def _run(self, events: asyncio.Queue[bytes | None], request: Request) -> Outcome:
        def emit(name: str, data: Any) -> None:
            events.put_nowait(formatted(name, data))

        outcome: Outcome = "ok"
        try:
            await self._work(emit)
        except Exception as error:  # noqa: BLE001  # the head is sent: only an event can tell
            failure = Failure.of(error)
            outcome = failure.kind.outcome
            if failure.kind.status == 500:
                log_failure(error, request.scope["state"]["request_id"])
            emit("error", request.scope["state"]["dialect"].body(failure, request))
        finally:
            events.put_nowait(None)
        return outcome

    async def _send_all(self, events: asyncio.Queue[bytes | None], send: Send) -> None:
        while True:
            try:
                async with asyncio.timeout(self._heartbeat_seconds):
                    event = await events.get()
            except TimeoutError:
                event = b": still working\n\n"
            if event is None:
                return
            await send({"type": "http.response.body", "body": event, "more_body": True})


def formatted(name: str, data: Any) -> bytes:
    """One event; JSON has no line break outside its texts, and none unescaped within."""
    return b"event: %b\ndata: %b\n\n" % (name.encode(), msgspec.json.encode(data))


async def _departure(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
