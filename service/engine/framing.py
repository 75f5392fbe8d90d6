"""Messages on a stream of bytes: four bytes of length, then the message; many may arrive at once."""

from __future__ import annotations

import struct

READ_BYTES = 65_536
_LENGTH = struct.Struct("!I")


def framed(payload: bytes) -> bytes:
    """The payload with its length before it."""
    return _LENGTH.pack(len(payload)) + payload


class Frames:
    """Takes a stream in pieces of any size and gives back its payloads."""

    def __init__(self) -> None:
        self._received = bytearray()

    def feed(self, data: bytes) -> None:
        """Takes what has arrived; raises EOFError for nothing, which is what the end of a stream reads as."""
        if not data:
            raise EOFError
        self._received += data

    def pop(self) -> bytes | None:
        """The next payload that is there whole, or None."""
        if len(self._received) < _LENGTH.size:
            return None
        (length,) = _LENGTH.unpack_from(self._received)
        end = _LENGTH.size + length
        if len(self._received) < end:
            return None
        payload = bytes(self._received[_LENGTH.size : end])
        del self._received[:end]
        return payload
