"""Server-sent events on a real port: order, heartbeat, one end, and work that stops with its reader."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn
from httpx_sse import aconnect_sse
from starlette.types import Receive, Scope, Send

from service.api.events import Emit, EventStream, Work, formatted
from service.api.problems import NATIVE
from service.engine.errors import DeadlineExceeded

PATIENCE_SECONDS = 10


class Streaming:
    """An application whose every answer is a stream of `work`; hears the outcomes."""

    def __init__(self, work: Work, heartbeat_seconds: float, caller: object) -> None:
        self._work = work
        self._caller = caller
        self._heartbeat_seconds = heartbeat_seconds
        self.outcomes: asyncio.Queue[str] = asyncio.Queue()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"] = {"dialect": NATIVE, "request_id": "r1", "caller": self._caller}
        stream = EventStream(self._work, heartbeat_seconds=self._heartbeat_seconds)
        stream.on_end = self.outcomes.put_nowait
        while (await receive()).get("more_body"):
            pass
        await stream(scope, receive, send)


@asynccontextmanager
async def streaming(
    work: Work, *, heartbeat_seconds: float = 60, caller: object = None
) -> AsyncIterator[tuple[Streaming, str]]:
    """The application on a port of its own, and its address."""
    application = Streaming(work, heartbeat_seconds, caller)
    config = uvicorn.Config(application, lifespan="off", log_config=None, timeout_graceful_shutdown=1)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve([listener]))
        yield application, f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        await task


async def read(url: str) -> list[tuple[str, object]]:
    """All events of one stream."""
    async with (
        httpx.AsyncClient(timeout=PATIENCE_SECONDS) as client,
        aconnect_sse(client, "GET", url) as source,
    ):
        return [(one.event, json.loads(one.data)) async for one in source.aiter_sse()]


async def test_events_come_in_their_order_and_one_outcome_is_told() -> None:
    """Whatever stands in their data, line breaks and Chinese included."""

    async def work(emit: Emit) -> None:
        emit("piece", {"text": "line\nbreak \r 您好 \u2028"})
        await asyncio.sleep(0)
        emit("done", [1, None])

    async with streaming(work) as (application, url):
        assert await read(url) == [("piece", {"text": "line\nbreak \r 您好 \u2028"}), ("done", [1, None])]
        assert await application.outcomes.get() == "ok"
        assert application.outcomes.empty()


@pytest.mark.parametrize(
    ("error", "status", "outcome"),
    [(DeadlineExceeded("queued"), 504, "deadline"), (KeyError("me"), 500, "model_error")],
)
async def test_an_error_is_the_last_event(error: Exception, status: int, outcome: str) -> None:
    """A problem document; of a bug of ours nothing is told."""

    async def work(emit: Emit) -> None:
        emit("piece", 1)
        raise error

    async with streaming(work) as (application, url):
        (name, _), (last, problem) = await read(url)
        assert (name, last) == ("piece", "error")
        assert isinstance(problem, dict)
        assert problem["status"] == status
        assert problem["request_id"] == "r1"
        assert "me" not in str(problem["detail"]).split()
        assert await application.outcomes.get() == outcome


async def test_an_error_before_the_first_event_is_raised() -> None:
    """So that what lies around answers it with its status; it is counted once."""

    async def work(emit: Emit) -> None:
        await asyncio.sleep(0)
        raise DeadlineExceeded("queued")

    async with streaming(work) as (application, url), httpx.AsyncClient() as client:
        answer = await client.get(url)
        assert answer.status_code == 500  # uvicorn's own, for there is nothing around
        assert await application.outcomes.get() == "deadline"
        assert application.outcomes.empty()


@pytest.mark.parametrize("has_begun", [False, True])
async def test_who_was_told_nothing_is_given_back_what_it_paid(has_begun: bool) -> None:
    """Whether the head was sent meanwhile, with nothing but a heartbeat behind it, or not."""
    beaten = asyncio.Event()
    given_back: list[bool] = []

    class Caller:
        def give_back(self) -> None:
            given_back.append(True)

    async def work(emit: Emit) -> None:
        if has_begun:
            await beaten.wait()
        raise DeadlineExceeded("queued")

    async with (
        streaming(work, heartbeat_seconds=0.01, caller=Caller()) as (application, url),
        httpx.AsyncClient(timeout=PATIENCE_SECONDS) as client,
        client.stream("GET", url) as answer,
    ):
        if has_begun:
            assert (await anext(answer.aiter_lines())).startswith(":")
            beaten.set()
        assert await application.outcomes.get() == "deadline"
    assert given_back == [True]


async def test_who_was_told_something_has_paid_for_it() -> None:
    """The control of the test above."""

    class Caller:
        def give_back(self) -> None:
            raise AssertionError

    async def work(emit: Emit) -> None:
        emit("piece", 1)
        raise DeadlineExceeded("running")

    async with streaming(work, caller=Caller()) as (application, url):
        assert [name for name, _ in await read(url)] == ["piece", "error"]
        assert await application.outcomes.get() == "deadline"


async def test_a_client_that_leaves_before_the_first_event_stops_the_work() -> None:
    """Nothing is sent to it, and one outcome is counted."""
    has_begun, is_cancelled = asyncio.Event(), asyncio.Event()

    async def work(emit: Emit) -> None:
        has_begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            is_cancelled.set()
            raise

    async with streaming(work) as (application, url):
        port = httpx.URL(url).port
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
        async with asyncio.timeout(PATIENCE_SECONDS):
            await has_begun.wait()
            writer.close()
            await is_cancelled.wait()
            assert await application.outcomes.get() == "cancelled"
        assert application.outcomes.empty()


async def test_work_that_has_nothing_to_tell_is_an_empty_stream() -> None:
    """And no error."""

    async def work(emit: Emit) -> None:
        await asyncio.sleep(0)

    async with streaming(work) as (application, url):
        assert await read(url) == []
        assert await application.outcomes.get() == "ok"


async def test_a_silent_stream_has_a_heartbeat() -> None:
    """A comment, which no client takes for an event, so that nobody between cuts the connection."""
    beaten = asyncio.Event()

    async def work(emit: Emit) -> None:
        await beaten.wait()
        emit("done", 1)

    async with (
        streaming(work, heartbeat_seconds=0.01) as (_, url),
        httpx.AsyncClient(timeout=PATIENCE_SECONDS) as client,
        client.stream("GET", url) as answer,
    ):
        lines = answer.aiter_lines()
        assert (await anext(lines)).startswith(":")
        beaten.set()
        rest = [line async for line in lines if line and not line.startswith(":")]
    assert rest == ["event: done", "data: 1"]


async def test_the_work_stops_when_its_reader_goes_away() -> None:
    """It is cancelled, and counted once, as cancelled."""
    is_cancelled = asyncio.Event()

    async def work(emit: Emit) -> None:
        emit("piece", 1)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            is_cancelled.set()
            raise

    async with streaming(work) as (application, url):
        async with (
            httpx.AsyncClient(timeout=PATIENCE_SECONDS) as client,
            aconnect_sse(client, "GET", url) as source,
        ):
            await anext(source.aiter_sse())
        async with asyncio.timeout(PATIENCE_SECONDS):
            await is_cancelled.wait()
            assert await application.outcomes.get() == "cancelled"
        assert application.outcomes.empty()


def test_an_event_is_three_lines() -> None:
    """Name, data in one line, and the empty line that ends it."""
    assert formatted("a.b", {"x": "1\n2"}) == b'event: a.b\ndata: {"x":"1\\n2"}\n\n'
