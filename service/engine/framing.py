"""Messages on a stream of bytes: four bytes of length, then the message."""

from __future__ import annotations

import asyncio
import socket
import struct

_LENGTH = struct.Struct("!I")


def framed(payload: bytes) -> bytes:
    """The payload with its length before it."""
    return _LENGTH.pack(len(payload)) + payload


def receive_frame(channel: socket.socket) -> bytes:
    """Waits for the next payload; raises EOFError where the other side is gone."""
    (length,) = _LENGTH.unpack(_receive_exactly(channel, _LENGTH.size))
    return _receive_exactly(channel, length)


async def read_frame(reader: asyncio.StreamReader) -> bytes:
    """Waits for the next payload; raises EOFError (asyncio's kind) where the other side is gone."""
    (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
    return await reader.readexactly(length)


def _receive_exactly(channel: socket.socket, size: int) -> bytes:
    received = bytearray()
    while len(received) < size:
        try:
            part = channel.recv(size - len(received))
        except ConnectionResetError as error:
            raise EOFError from error
        if not part:
            raise EOFError
        received += part
    return bytes(received)
