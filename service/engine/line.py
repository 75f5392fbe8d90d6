"""The HTTP process's end of an engine's channel: whole messages in, as they come, and whole messages out."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import cast

from service.engine.framing import Frames, framed

Hear = Callable[[bytes], None]


class Line(asyncio.Protocol):
    """Nothing is lost: what comes before anyone hears waits. `closed` is done when nothing more will come.

    It holds the error where who hears has raised one, which ends the line.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._frames = Frames()
        self._waiting: deque[bytes] = deque()
        self._hear: Hear = self._keep
        self._unsent: list[bytes] = []
        self._transport: asyncio.Transport | None = None
        self._has_come: asyncio.Future[None] = self._loop.create_future()
        self.closed: asyncio.Future[None] = self._loop.create_future()

    async def first(self, timeout_seconds: float) -> bytes | None:
        """The first message, before anyone hears; None where none comes in time, or the line ends."""
        either = [self._has_come, self.closed]
        await asyncio.wait(either, timeout=timeout_seconds, return_when=asyncio.FIRST_COMPLETED)
        return self._waiting.popleft() if self._waiting else None

    def hear_with(self, hear: Hear) -> None:
        """From now on every message is given to `hear`, those that wait at once; raises what it raises."""
        self._hear = hear
        while self._waiting:
            hear(self._waiting.popleft())

    def send(self, payload: bytes) -> None:
        """Sends a message with all others of this round of the event loop: one call to the system."""
        if not self._unsent:
            self._loop.call_soon(self._flush)
        self._unsent.append(framed(payload))

    def close(self) -> None:
        """Closes the line behind what was sent."""
        self._flush()
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Called by the event loop."""
        self._frames.feed(data)
        try:
            while (payload := self._frames.pop()) is not None:
                self._hear(payload)
        except Exception as error:  # noqa: BLE001  # of whoever hears; told to who waits for the end
            self._end(error)

    def connection_lost(self, error: Exception | None) -> None:
        """Called by the event loop; an engine that dies may reset the connection."""
        self._end(None)

    def _keep(self, payload: bytes) -> None:
        self._waiting.append(payload)
        if not self._has_come.done():
            self._has_come.set_result(None)

    def _end(self, error: Exception | None) -> None:
        self._hear = lambda _: None
        if not self.closed.done():
            if error is None:
                self.closed.set_result(None)
            else:
                self.closed.set_exception(error)

    def _flush(self) -> None:
        if self._unsent and self._transport is not None and not self._transport.is_closing():
            self._transport.write(b"".join(self._unsent))
        self._unsent.clear()
