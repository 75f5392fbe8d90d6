"""What comes in to an engine: messages on its channel, and what its loader threads have made.

Nobody listens meanwhile: a busy engine looks between two ticks, which costs it one call to the system
instead of another thread's turn for each message. What it has not taken yet lies in the socket and in
the process that posts, which never waits; how much that can be is bounded by the translator.
"""

from __future__ import annotations

import contextlib
import queue
import select
import socket

from service.engine.framing import READ_BYTES, Frames
from service.engine.loader import Arrival
from service.engine.messages import Inward, Stop, decode_inward


class Inbox:
    """Owned by the thread that takes; any thread may put."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._frames = Frames()
        self._arrivals: queue.SimpleQueue[Arrival] = queue.SimpleQueue()
        self._woken, self._waker = socket.socketpair()
        self._either = select.poll()
        for one in (channel, self._woken):
            self._either.register(one, select.POLLIN)

    def close(self) -> None:
        """Nobody is woken any more; the channel stays open."""
        self._woken.close()
        self._waker.close()

    def put(self, arrival: Arrival) -> None:
        """Takes what has arrived, and wakes who waits."""
        self._arrivals.put(arrival)
        with contextlib.suppress(OSError):  # closed: the engine has ended meanwhile
            self._waker.send(b"\0")

    def taken(self, wait_seconds: float = 0.0) -> list[Inward | Arrival]:
        """All that is there; where nothing is, waits so long for the first.

        The end of the channel reads as Stop: an engine that cannot hear must not go on.
        """
        messages = self._now()
        if not messages and wait_seconds:
            self._either.poll(wait_seconds * 1000)
            messages = self._now()
        return messages

    def _now(self) -> list[Inward | Arrival]:
        messages: list[Inward | Arrival] = []
        while not self._arrivals.empty():  # nobody else takes anything out
            self._woken.recv(1)
            messages.append(self._arrivals.get())
        has_ended = self._hear()
        while (payload := self._frames.pop()) is not None:
            messages.append(decode_inward(payload))
        return [*messages, Stop()] if has_ended else messages

    def _hear(self) -> bool:
        """Takes what lies in the socket; true where nothing more will come."""
        try:
            while True:
                data = self._channel.recv(READ_BYTES, socket.MSG_DONTWAIT)
                self._frames.feed(data)
                if len(data) < READ_BYTES:
                    return False
        except BlockingIOError:
            return False
        except (EOFError, ConnectionResetError):
            return True
