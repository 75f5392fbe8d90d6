"""How the service stops: nobody who may still come is turned away, and whoever is cut is told."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.test_metrics import samples_of, total
from tests.e2e.drain_load import drain_under_load
from tests.e2e.sentences import english
from tests.e2e.server import Server

SHORT = {"q": "Where is my order?", "source": "en", "target": "zh", "beam_size": 1}
LONG = {"q": english(250), "source": "en", "target": "zh", "beam_size": 8}
PATIENCE_SECONDS = 30


async def test_a_drain_under_load_fails_no_request(store: Path) -> None:
    """Of 80 clients behind a load balancer, half of which keep their connections; all are told to leave."""
    seen = await drain_under_load(store, drain_grace_seconds=3)
    assert seen.failures == []
    assert seen.num_in_grace > 0
    assert seen.num_without_close == 0
    assert min(seen.num_kept, seen.num_new) > 100
    assert seen.exit_code == 0


async def test_without_a_grace_the_same_load_sees_failures(store: Path) -> None:
    """So the load would notice; the process still ends well."""
    seen = await drain_under_load(store, drain_grace_seconds=0)
    assert seen.failures
    assert seen.exit_code == 0


async def test_in_the_grace_it_is_not_ready_and_serves(store: Path) -> None:
    """On old and new connections, which all end; the metrics say why; a second signal ends the grace."""
    async with asked_to_stop(store, drain_grace_seconds=600) as (server, client):
        ready = await client.get("/health/ready")
        assert (ready.status_code, ready.json()["detail"]) == (503, "draining")
        assert (await client.get("/v2/health/ready")).status_code == 503
        answers = [await client.post("/translate", json=SHORT), await client.get("/health/live")]
        assert [answer.status_code for answer in answers] == [200, 200]
        assert [answer.headers["connection"] for answer in answers] == ["close", "close"]
        samples = samples_of((await client.get("/metrics")).text)
        assert total(samples, "zhuyi_draining") == 1
        assert total(samples, "zhuyi_model_ready") == 2
        server.process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(server.wait) == 0


async def test_nobody_at_a_terminal_waits_for_a_load_balancer(store: Path) -> None:
    """SIGINT has no grace."""
    server = Server(store, drain_grace_seconds=600)
    assert await asyncio.to_thread(lambda: server.url)
    server.process.send_signal(signal.SIGINT)
    assert await asyncio.to_thread(server.wait) == 0


async def test_what_runs_is_answered_and_what_comes_later_refused(store: Path) -> None:
    """After the grace the port is closed; a stream and a plain request that run have all their time."""
    server = Server(store)
    async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE_SECONDS) as client:
        tasks = [asyncio.create_task(client.post("/translate", json=body)) for body in (LONG, streamed(LONG))]
        await is_busy(client, 2)
        server.process.send_signal(signal.SIGTERM)
        await is_closed(server.url)
        plain, stream = await asyncio.gather(*tasks)
    assert plain.status_code == 200
    assert len(plain.json()["translatedText"]) == len(LONG["q"])
    assert last_event(stream.text.splitlines())[0] == "translation.done"
    assert await asyncio.to_thread(server.wait) == 0
    assert "Traceback" not in "".join(server.said)


@pytest.mark.parametrize(("grace", "drain", "num_signals"), [(0, 0, 1), (600, 0, 2), (0, 600, 2)])
async def test_what_is_cut_is_told_so(store: Path, grace: int, drain: int, num_signals: int) -> None:
    """503, or an `error` event, where the time is over or a second signal comes; and a count of sentences."""
    server = Server(store, drain_grace_seconds=grace, drain_seconds=drain, engines=1)
    async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE_SECONDS) as client:
        async with client.stream("POST", "/translate", json=streamed(LONG)) as stream:
            lines = stream.aiter_lines()
            assert await anext(lines) == "event: translation.chunk"  # before that it would be told by status
            task = asyncio.create_task(client.post("/translate", json=LONG))
            await is_busy(client, 2)
            for number in range(num_signals):
                server.process.send_signal(signal.SIGTERM)
                if number == 0 and num_signals == 2:
                    await is_not_ready(server.url)  # so that two are not one
            name, data = last_event([line async for line in lines])
        plain = await task
    assert (plain.status_code, plain.json()["type"]) == (503, "urn:zhuyi:problem:not-ready")
    assert (name, data["type"]) == ("error", "urn:zhuyi:problem:not-ready")
    assert await asyncio.to_thread(server.wait) == 0
    stopped = next(json.loads(line) for line in server.said if '"stopped"' in line)
    assert stopped["num_cut"] > 0


async def test_a_frozen_engine_does_not_keep_the_cut_from_its_callers(store: Path) -> None:
    """They are told while the engine is still being ended, which takes longer."""
    server = Server(store, drain_seconds=0, engines=1)
    async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE_SECONDS) as client:
        task = asyncio.create_task(client.post("/translate", json=LONG))
        await is_busy(client, 1)
        server.signal_engine(signal.SIGSTOP)
        server.process.send_signal(signal.SIGTERM)
        assert (await task).status_code == 503
    assert await asyncio.to_thread(server.wait) == 0


async def test_a_client_that_sends_no_end_holds_up_no_stop(store: Path) -> None:
    """Half a head on a connection, and silence: closed with the port."""
    server = Server(store)
    host, port = server.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"POST /translate HTTP/1.1\r\nHost: h\r\n")
    await writer.drain()
    server.process.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(server.process.wait, 5) == 0
    assert await reader.read() == b""
    writer.close()
    server.wait()


@asynccontextmanager
async def asked_to_stop(store: Path, **settings: object) -> AsyncIterator[tuple[Server, httpx.AsyncClient]]:
    """A service that has heard a first SIGTERM; killed in the end, however the test goes."""
    server = Server(store, **settings)
    try:
        async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE_SECONDS) as client:
            server.process.send_signal(signal.SIGTERM)
            await is_not_ready(server.url)
            yield server, client
    finally:
        server.process.kill()
        await asyncio.to_thread(server.wait)


async def is_busy(client: httpx.AsyncClient, num_requests: int) -> None:
    """Waits until sentences of so many long requests wait or run."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await num_owed(client) <= len(LONG["q"]) * (num_requests - 1):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def num_owed(client: httpx.AsyncClient) -> float:
    """How many sentences wait or run."""
    return total(samples_of((await client.get("/metrics")).text), "zhuyi_queue_requests")


async def is_not_ready(url: str) -> None:
    """Waits until new connections are told so, or refused."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await ready_status(url) == 200:  # noqa: ASYNC110  # seen from outside
            await asyncio.sleep(0.02)


async def is_closed(url: str) -> None:
    """Waits until new connections are refused."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await ready_status(url):  # noqa: ASYNC110  # seen from outside
            await asyncio.sleep(0.02)


async def ready_status(url: str) -> int:
    """The status that a new connection gets, 0 where it gets none."""
    try:
        async with httpx.AsyncClient(base_url=url) as client:
            return (await client.get("/health/ready")).status_code
    except httpx.TransportError:
        return 0


def streamed(body: dict[str, Any]) -> dict[str, Any]:
    """The same request as a stream."""
    return body | {"stream": True}


def last_event(lines: Sequence[str]) -> tuple[str, Any]:
    """Name and data of the last event in the lines of a stream."""
    name, data = [line for line in lines if line][-2:]
    return name.removeprefix("event: "), json.loads(data.removeprefix("data: "))
