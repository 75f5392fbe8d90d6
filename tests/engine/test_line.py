"""The HTTP process's end of the channel: nothing is lost, and its end is noticed."""

from __future__ import annotations

import asyncio
import socket

import pytest

from service.engine.framing import framed
from service.engine.line import Line


async def a_line() -> tuple[Line, socket.socket]:
    """A line, and the engine's end of it."""
    ours, theirs = socket.socketpair()
    _, line = await asyncio.get_running_loop().create_connection(Line, sock=ours)
    return line, theirs


async def test_what_comes_before_anyone_hears_waits() -> None:
    """The first is asked for; the others, in the same packet, are given to whoever hears later."""
    line, theirs = await a_line()
    with theirs:
        theirs.sendall(b"".join(framed(one) for one in (b"ready", b"one", b"two")))
        assert await line.first(5) == b"ready"
        heard: list[bytes] = []
        line.hear_with(heard.append)
        theirs.sendall(framed(b"three"))
    await line.closed
    assert heard == [b"one", b"two", b"three"]


async def test_nothing_in_time_and_an_early_end_are_no_message() -> None:
    """An engine that hangs while it starts, and one that dies."""
    line, theirs = await a_line()
    assert await line.first(0.05) is None
    theirs.close()
    assert await line.first(5) is None
    assert line.closed.done()


async def test_what_is_sent_in_one_round_arrives_in_order() -> None:
    """Behind what was sent the line is closed."""
    line, theirs = await a_line()
    with theirs:
        line.send(b"one")
        line.send(b"two")
        line.close()
        await line.closed
        assert theirs.recv(100) == framed(b"one") + framed(b"two")
        assert theirs.recv(100) == b""


async def test_an_error_of_who_hears_ends_the_line() -> None:
    """Whoever waits for the end is told, and nothing more is given on."""
    line, theirs = await a_line()
    calls: list[bytes] = []

    def hear(payload: bytes) -> None:
        calls.append(payload)
        raise RuntimeError("a bug")

    with theirs:
        line.hear_with(hear)
        theirs.sendall(framed(b"one") + framed(b"two"))
        with pytest.raises(RuntimeError, match="a bug"):
            await line.closed
        assert calls == [b"one"]
        line.close()
