"""A small HTTP server whose faults are known: it answers one request at a time, as a busy engine would."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from benchmarks.target import Request, Target
from benchmarks.wire import LIBRETRANSLATE

HOST = "127.0.0.1"


@dataclass(slots=True)
class StubServer:
    """Answers `status` and `text`; request number `stalls_at` takes `stall_seconds`, the others wait.

    Request number `hangs_up_at` and all `is_mute` ones get no answer; with `is_chunked` bodies come in parts.
    """

    status: int = 200
    text: str = "hello"
    stalls_at: int = -1
    stall_seconds: float = 0.0
    hangs_up_at: int = -1
    is_mute: bool = False
    is_chunked: bool = False
    num_asked: int = 0
    port: int = 0

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[Target]:
        """The server on a port of its own; what to send requests to."""
        turn = asyncio.Lock()
        tasks: set[asyncio.Task[None]] = set()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            tasks.add(task)
            try:
                while await self._answer(reader, writer, turn):
                    pass
            except (ConnectionError, asyncio.IncompleteReadError):
                pass
            finally:
                writer.transport.abort()

        server = await asyncio.start_server(serve, HOST, 0, backlog=512)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield Target(HOST, self.port, LIBRETRANSLATE.read)
        finally:
            server.close()
            await asyncio.sleep(0)  # connections that were just made have their tasks then
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _answer(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, turn: asyncio.Lock
    ) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
        async with turn:
            number, self.num_asked = self.num_asked, self.num_asked + 1
            if number == self.stalls_at:
                await asyncio.sleep(self.stall_seconds)
        if number == self.hangs_up_at:
            return False
        if not self.is_mute:
            writer.write(self._reply())
            await writer.drain()
        return True

    def _reply(self) -> bytes:
        body = b'{"translatedText":"%s"}' % self.text.encode()
        status = b"HTTP/1.1 %d Said\r\n" % self.status
        if self.is_chunked:
            half = len(body) // 2
            parts = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:half], body[half:]))
            return status + b"Transfer-Encoding: chunked\r\n\r\n" + parts + b"0\r\n\r\n"
        return status + b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


def request(port: int, *, expected: str | None = None) -> Request:
    """A request for one text."""
    message = LIBRETRANSLATE.message(["你好"], port=port, is_array=False)
    return Request(message, None if expected is None else [expected])
