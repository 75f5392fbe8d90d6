"""What an answer writes in one turn of the event loop leaves in one piece.

uvicorn writes the head of an answer and then its body, and uvloop sends each at once: two system calls of the
server, two packets, and the client is woken twice.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_MAX_HELD_BYTES: Final = 65_536
"""More is written at once, so that a slow client makes the server wait as ever (`pause_writing`)."""


class HttpProtocol(HttpToolsProtocol):
    """uvicorn's own protocol over httptools, with joined writes."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Called by the event loop."""
        self._joined = JoinedWrites(transport, self.loop)
        super().connection_made(self._joined)

    def eof_received(self) -> None:
        """The client sends no more, and the event loop closes next: what was written goes out before."""
        self._joined.flush()
        super().eof_received()


class JoinedWrites(asyncio.Transport):
    """A transport that hands what is written to another, all of one turn of the loop together."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._transport = transport
        self._loop = loop
        self._held: list[bytes] = []
        self._num_held = 0

    def write(self, data: Any) -> None:
        """Sent before the loop's next turn, behind all that was written before."""
        if not self._held:
            self._loop.call_soon(self.flush)
        self._held.append(data)
        self._num_held += len(data)
        if self._num_held > _MAX_HELD_BYTES:
            self.flush()

    def flush(self) -> None:
        """Hands over what is held; dropped where nobody is there any more."""
        held, self._held, self._num_held = self._held, [], 0
        if held and not self._transport.is_closing():
            self._transport.write(b"".join(held))

    def close(self) -> None:
        """Closes the connection behind what was written."""
        self.flush()
        self._transport.close()

    def is_closing(self) -> bool:
        """True once it is closed, by whomever."""
        return self._transport.is_closing()

    def abort(self) -> None:
        """Closes the connection now."""
        self._transport.abort()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """What is known of the connection."""
        return self._transport.get_extra_info(name, default)

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Who hears of the connection from now on."""
        self._transport.set_protocol(protocol)

    def pause_reading(self) -> None:
        """Nothing is read until `resume_reading`."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Reads on."""
        self._transport.resume_reading()
