"""Liveness by the engines' signs of life: never false under mere load, false when only a restart helps."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from pathlib import Path

import httpx

from tests.api.test_metrics import samples_of, total
from tests.e2e.sentences import english
from tests.e2e.server import Server, running

HANG_SECONDS = 3
BULK = {"q": english(120), "source": "en", "target": "zh", "beam_size": 8}


async def test_no_load_fails_a_probe_or_costs_an_engine(store: Path) -> None:
    """Three times what the queue holds, sent again and again, for much longer than a silence may be."""
    with running(store, engine_hang_seconds=HANG_SECONDS, max_queue_sequences=1000) as server:
        async with httpx.AsyncClient(base_url=server.url, timeout=60) as client:
            until = time.monotonic() + 3 * HANG_SECONDS
            load = [asyncio.create_task(_ask_until(client, until)) for _ in range(24)]
            probes = [await _probe(server.url) for _ in range(3 * HANG_SECONDS * 5)]
            statuses = [status for one in await asyncio.gather(*load) for status in one]
            samples = samples_of((await client.get("/metrics")).text)
    assert {200, 503} == set(statuses)  # it was saturated: some were refused
    assert {status for status, _ in probes} == {(200, 200)}
    assert sorted(seconds for _, seconds in probes)[-2] < 2
    assert total(samples, "zhuyi_worker_restarts_total") == 0


async def test_an_engine_that_hangs_once_is_replaced(store: Path) -> None:
    """Not ready while nobody takes sentences, but alive: it mends itself."""
    with running(store, engines=1, engine_hang_seconds=HANG_SECONDS) as server:
        async with httpx.AsyncClient(base_url=server.url, timeout=60) as client:
            frozen = server.engines()
            server.signal_engine(signal.SIGSTOP)
            seen = []
            async with asyncio.timeout(60):
                while 503 not in seen or seen[-1] == 503:
                    seen.append((await client.get("/health/ready")).status_code)
                    assert (await client.get("/health/live")).status_code == 200
                    await asyncio.sleep(0.1)
            assert server.engines() != frozen
            assert server.process.poll() is None


async def test_an_engine_that_stays_stuck_ends_the_process(store: Path) -> None:
    """Given up, it fails the probe although the other one serves; then the process leaves with code 1."""
    server = Server(
        store, engines=2, engine_hang_seconds=HANG_SECONDS, max_engine_restarts=0, lost_engine_seconds=3,
        log_format="json", drain_grace_seconds=3,
    )  # fmt: skip
    async with httpx.AsyncClient(base_url=server.url, timeout=60) as client:
        assert (await client.get("/health/live")).status_code == 200
        server.signal_engine(signal.SIGSTOP)
        async with asyncio.timeout(30):
            while (await client.get("/health/live")).status_code == 200:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        assert (await client.get("/health/ready")).status_code == 200
        assert (await client.post("/translate", json=BULK | {"q": "Hello."})).status_code == 200
        async with asyncio.timeout(30):
            while (await client.get("/health/ready")).status_code == 200:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        server.process.send_signal(signal.SIGTERM)  # a liveness probe's, which is no second one
        assert (await client.post("/translate", json=BULK | {"q": "Hello."})).status_code == 200
    assert await asyncio.to_thread(server.process.wait, 30) == 1
    assert server.wait() == 1
    events = [json.loads(line) for line in server.said if line.startswith("{")]
    assert [len(one["engines"]) for one in events if one["event"] == "engines lost"] == [1]


async def test_a_paused_container_loses_no_engine(store: Path) -> None:
    """Every process stands still for longer than a silence may be; then all go on."""
    with running(store, engines=2, engine_hang_seconds=HANG_SECONDS) as server:
        everyone = [server.process.pid, *server.engines()]
        assert len(everyone) == 3
        for pid in everyone:
            os.kill(pid, signal.SIGSTOP)
        await asyncio.sleep(HANG_SECONDS + 2)
        for pid in everyone:
            os.kill(pid, signal.SIGCONT)
        async with httpx.AsyncClient(base_url=server.url, timeout=60) as client:
            await asyncio.sleep(HANG_SECONDS)
            assert (await client.get("/health/live")).status_code == 200
            samples = samples_of((await client.get("/metrics")).text)
        assert [server.process.pid, *server.engines()] == everyone
    assert total(samples, "zhuyi_worker_restarts_total") == 0


async def _ask_until(client: httpx.AsyncClient, until: float) -> list[int]:
    statuses = []
    while time.monotonic() < until:
        statuses.append((await client.post("/translate", json=BULK)).status_code)
        if statuses[-1] == 503:
            await asyncio.sleep(0.2)
    return statuses


async def _probe(url: str) -> tuple[tuple[int, int], float]:
    await asyncio.sleep(0.2)
    started = time.monotonic()
    async with httpx.AsyncClient(base_url=url, timeout=10) as client:
        statuses = [(await client.get(f"/health/{one}")).status_code for one in ("live", "ready")]
    return (statuses[0], statuses[1]), time.monotonic() - started
