"""Clients behind a load balancer, which sends nothing more to a server that is not ready.

Also a command: `python -m tests.e2e.drain_load MODEL_STORE [GRACE_SECONDS]` stops a service under this load.
"""

from __future__ import annotations

import asyncio
import signal
import ssl
import sys
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.e2e.sentences import english
from tests.e2e.server import Server

NUM_CLIENTS = 40  # of each kind
_PROBE_SECONDS = 0.25
_MAX_FAILED_PROBES = 2  # in a row, and the server is out: as Kubernetes' readiness probes
_NUM_BEFORE = 400  # requests that are answered before the signal


@dataclass
class Drained:
    """What the clients saw of a stop; `num_in_grace` were answered when the server was not ready any more."""

    num_kept: int = 0
    num_new: int = 0
    num_in_grace: int = 0
    num_without_close: int = 0
    failures: list[str] = field(default_factory=list)
    exit_code: int | None = None


class _Load:
    def __init__(self, url: str) -> None:
        self.url = url
        self.seen = Drained()
        self.is_not_ready = False
        self.is_out = False
        self.is_under_load = asyncio.Event()
        self._context = ssl.create_default_context()

    async def keep_connections(self) -> None:
        async with self._client() as client:
            while not self.is_out:
                await self._ask(client)
                self.seen.num_kept += 1

    async def open_connections(self) -> None:
        while not self.is_out:
            async with self._client() as client:
                await self._ask(client)
            self.seen.num_new += 1

    async def probe(self) -> None:
        """Takes the server out when it has failed two probes; a connection of its own for each."""
        failed = 0
        while not self.is_out:
            try:
                async with self._client() as client:
                    is_ready = (await client.get("/health/ready")).status_code == 200
            except httpx.TransportError:
                is_ready = False
            self.is_not_ready |= not is_ready
            failed = 0 if is_ready else failed + 1
            self.is_out = failed >= _MAX_FAILED_PROBES
            await asyncio.sleep(_PROBE_SECONDS)

    async def _ask(self, client: httpx.AsyncClient) -> None:
        number = self.seen.num_kept + self.seen.num_new
        body = {"q": english(8)[number % 8], "source": "en", "target": "zh", "beam_size": 1}
        was_not_ready = self.is_not_ready
        try:
            answer = await client.post("/translate", json=body)
        except httpx.TransportError as error:
            self.seen.failures.append(type(error).__name__)
            await asyncio.sleep(_PROBE_SECONDS / 10)  # as a client that tries again
            return
        if answer.status_code != 200:
            self.seen.failures.append(str(answer.status_code))
        if was_not_ready:
            self.seen.num_in_grace += 1
            self.seen.num_without_close += answer.headers.get("connection") != "close"
        if number >= _NUM_BEFORE:
            self.is_under_load.set()

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.url, verify=self._context, timeout=30)


async def drain_under_load(store: Path, **settings: object) -> Drained:
    """Starts a service, stops it with SIGTERM while all clients ask, and returns what they saw."""
    server = Server(store, **settings)
    load = _Load(await asyncio.to_thread(lambda: server.url))
    async with asyncio.TaskGroup() as group:
        group.create_task(load.probe())
        for _ in range(NUM_CLIENTS):
            group.create_task(load.keep_connections())
            group.create_task(load.open_connections())
        await load.is_under_load.wait()
        server.process.send_signal(signal.SIGTERM)
    load.seen.exit_code = await asyncio.to_thread(server.wait)
    return load.seen


if __name__ == "__main__":
    grace = sys.argv[2] if len(sys.argv) > 2 else 3
    print(asyncio.run(drain_under_load(Path(sys.argv[1]), drain_grace_seconds=grace)))
