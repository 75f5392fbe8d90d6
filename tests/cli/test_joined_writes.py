"""What is written in one turn of the loop leaves in one piece, in order, and nothing is lost at the end."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from starlette.types import Receive, Scope, Send

from service.cli.joined_writes import HttpProtocol, JoinedWrites


class Wire(asyncio.Transport):
    """A transport that keeps what it is given, in pieces."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[bytes] = []
        self.is_closed = False

    def write(self, data: Any) -> None:
        assert not self.is_closed
        self.pieces.append(bytes(data))

    def close(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed


def joined(wire: Wire) -> JoinedWrites:
    """A transport over the wire."""
    return JoinedWrites(wire, asyncio.get_running_loop())


async def test_head_and_body_leave_in_one_piece() -> None:
    """Not before the turn is over, and in the order of writing; the next turn has a piece of its own."""
    wire = Wire()
    transport = joined(wire)
    transport.write(b"head ")
    transport.write(b"body")
    assert wire.pieces == []
    await asyncio.sleep(0)
    transport.write(b"next")
    await asyncio.sleep(0)
    assert wire.pieces == [b"head body", b"next"]


async def test_what_was_written_leaves_before_the_end() -> None:
    """An answer that closes its connection is whole."""
    wire = Wire()
    transport = joined(wire)
    transport.write(b"head ")
    transport.write(b"body")
    transport.close()
    assert wire.pieces == [b"head body"]
    assert transport.is_closing()
    await asyncio.sleep(0)
    assert wire.pieces == [b"head body"]


async def test_a_large_answer_does_not_wait_for_the_turn_to_end() -> None:
    """So that the transport below can say in time that its client is slow."""
    wire = Wire()
    transport = joined(wire)
    transport.write(b"head")
    transport.write(bytes(100_000))
    assert wire.pieces == [b"head" + bytes(100_000)]
    await asyncio.sleep(0)
    assert len(wire.pieces) == 1


async def test_nothing_is_written_to_a_client_that_has_left() -> None:
    """The transport below would warn of it."""
    wire = Wire()
    transport = joined(wire)
    transport.write(b"too late")
    wire.is_closed = True
    await asyncio.sleep(0)
    assert wire.pieces == []


class Hello:
    """An ASGI application that answers in one turn of the loop."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-length", b"5"), (b"content-type", b"text/plain")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"hello"})


@asynccontextmanager
async def serving() -> AsyncIterator[int]:
    """The port of a server with our protocol."""
    config = uvicorn.Config(Hello(), http=HttpProtocol, lifespan="off", log_config=None)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve([listener]))
        yield listener.getsockname()[1]
        server.should_exit = True
        await task


async def test_who_says_nothing_more_is_answered_all_the_same() -> None:
    """A client may close its own side behind its request, as `nc -N` does."""
    async with serving() as port, asyncio.timeout(60):
        for _ in range(20):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
            writer.write_eof()
            assert (await reader.read()).endswith(b"\r\n\r\nhello")
            writer.close()


async def test_answers_on_one_connection_come_in_order() -> None:
    """Asked for all at once."""
    async with serving() as port, asyncio.timeout(60):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n" * 3)
        for _ in range(3):
            assert (await reader.readuntil(b"hello")).startswith(b"HTTP/1.1 200 OK\r\n")
        writer.close()
