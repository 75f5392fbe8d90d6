"""One keep-alive HTTP/1.1 connection, as light as asyncio allows: whole requests out, whole answers in."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from typing import cast

_HEAD_END = b"\r\n\r\n"
_LENGTH = b"\r\ncontent-length:"
_CHUNKED = b"\r\ntransfer-encoding: chunked"


@dataclass(frozen=True, slots=True)
class Reply:
    """The status and body of an answer; `first_at` is the time.perf_counter of the body's first byte."""

    status: int
    body: bytes
    first_at: float = 0.0


class Connection(asyncio.Protocol):
    """Sends one request at a time; use `open_connection`."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._received = bytearray()
        self._waiter: asyncio.Future[Reply] | None = None
        self._first_at = 0.0
        self._transport: asyncio.Transport | None = None

    @property
    def is_open(self) -> bool:
        """False once either side has closed it."""
        return self._transport is not None and not self._transport.is_closing()

    async def ask(self, request: bytes) -> Reply:
        """The answer to a whole request; raises ConnectionError where none comes. Has no time limit."""
        if self._transport is None or not self.is_open:
            raise ConnectionResetError("the connection is closed")
        self._waiter = self._loop.create_future()
        self._first_at = 0.0
        self._transport.write(request)
        return await self._waiter

    def close(self) -> None:
        """Closes it at once; an answer that is waited for never comes."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._first_at and not self._received.endswith(_HEAD_END):
            self._first_at = time.perf_counter()
        reply = parse_reply(self._received)
        if reply is None:
            return
        reply = replace(reply, first_at=self._first_at)
        self._received.clear()
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(reply)

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(ConnectionResetError("the server closed the connection"))


async def open_connection(host: str, port: int) -> Connection:
    """A connection to a server; raises OSError where nobody listens."""
    _, connection = await asyncio.get_running_loop().create_connection(Connection, host, port)
    return connection


def parse_reply(received: bytes | bytearray) -> Reply | None:
    """The answer that the bytes are, or None while some of it is missing."""
    head_end = received.find(_HEAD_END)
    if head_end < 0:
        return None
    head, body = bytes(received[:head_end]).lower(), bytes(received[head_end + len(_HEAD_END) :])
    status = int(head[9:12])
    if _CHUNKED in head:
        whole = _unchunked(body)
        return None if whole is None else Reply(status, whole)
    length_at = head.find(_LENGTH)
    length = int(head[length_at + len(_LENGTH) :].split(b"\r\n", 1)[0]) if length_at >= 0 else 0
    return Reply(status, body) if len(body) >= length else None


def _unchunked(body: bytes) -> bytes | None:
    """The body without its chunks' lengths, or None while its end is missing."""
    parts: list[bytes] = []
    at = 0
    while (line_end := body.find(b"\r\n", at)) >= 0:
        size = int(body[at:line_end].split(b";", 1)[0], 16)
        start, at = line_end + 2, line_end + 2 + size + 2
        if len(body) < at:
            return None
        if size == 0:
            return b"".join(parts)
        parts.append(body[start : start + size])
    return None
