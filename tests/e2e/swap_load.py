"""Versions are exchanged again and again under load: every answer must be that of the version it names.

Also a command: `python -m tests.e2e.swap_load [NUM_SWAPS [NUM_CLIENTS]]`, with the bundled models.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import shutil
import ssl
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import msgspec

from service.api.keys.secret import new_key
from service.engine.manifest import Manifest
from tests.e2e.server import running
from tests.key_files import line_of, write_keys

KEY = new_key("boss")
_HEADERS = {"Authorization": f"Bearer {KEY}"}
BUNDLED = Path(__file__).parents[2] / "model_store"
_RESIDENT = re.compile(r'^(process|zhuyi_worker)_resident_memory_bytes(?:{worker="0"})? (\S+)$', re.MULTILINE)
Answer = dict[str, Any]


@dataclass
class Report:
    """Latencies and times in seconds, memory in bytes: that of the HTTP process and of the engine."""

    num_answers: int = 0
    num_by_version: dict[str, int] = field(default_factory=dict)
    before: list[float] = field(default_factory=list)
    during: list[float] = field(default_factory=list)
    swaps: list[float] = field(default_factory=list)
    memory: list[dict[str, float]] = field(default_factory=list)
    idle: list[dict[str, float]] = field(default_factory=list)  # before the first and after the last swap

    def growth(self, process: str, *, warm: int) -> float:
        """By how much the memory after the last fifth of the swaps exceeds that of a fifth after `warm`."""
        sizes = [one[process] for one in self.memory[warm:]]
        part = max(1, len(sizes) // 5)
        return statistics.median(sizes[-part:]) / statistics.median(sizes[:part])


def two_versions(store: Path, bundled: Path = BUNDLED) -> Path:
    """A store with zh-en/2, which is in int8, and the same in fp32 alone as zh-en/3; returns the latter."""
    shutil.copytree(bundled / "zh-en" / "2", store / "zh-en" / "2")
    new = Path(shutil.copytree(bundled / "zh-en" / "2", store / "zh-en" / "3"))
    msgspec.structs.replace(Manifest.read(new), version="3", int8=None).write(new)
    return new


class Swapper:
    """A client of the service that asks for other versions, and compares what it is answered."""

    def __init__(self, url: str, admin_url: str, texts: Sequence[str]) -> None:
        self._client, self._admin = (
            httpx.AsyncClient(
                base_url=one, timeout=120, verify=ssl.create_default_context(), headers=_HEADERS
            )
            for one in (url, admin_url)
        )
        self._texts = texts
        self._expected: dict[tuple[str, str], Answer] = {}
        self.report = Report()

    async def close(self) -> None:
        await self._client.aclose()
        await self._admin.aclose()

    async def serve(self, version: str) -> httpx.Response:
        """Asks for a version."""
        return await self._admin.post(f"/admin/models/zh-en/{version}")

    async def learn(self, version: str) -> None:
        """Notes what a version says to each text when nothing else happens."""
        (await self.serve(version)).raise_for_status()
        for text in self._texts:
            self._expected[text, version] = await self._answer(text)

    async def load(self, num_clients: int, latencies: list[float], stop: asyncio.Event) -> None:
        """Clients that ask without a pause; any answer but the expected fails."""
        texts = itertools.cycle(self._texts)

        async def work() -> None:
            while not stop.is_set():
                text, started = next(texts), time.monotonic()
                answer = await self._answer(text)
                latencies.append(time.monotonic() - started)
                version = answer["model"]["version"]
                assert answer == self._expected[text, version], f"version {version} says something else"
                self.report.num_by_version[version] = self.report.num_by_version.get(version, 0) + 1
                self.report.num_answers += 1

        async with asyncio.TaskGroup() as group:
            for _ in range(num_clients):
                group.create_task(work())

    async def swap(self, versions: Sequence[str], num_swaps: int) -> None:
        """One after the other, memory noted after each."""
        for version in itertools.islice(itertools.cycle(versions), num_swaps):
            started = time.monotonic()
            answer = await self.serve(version)
            assert answer.status_code == 200, answer.text
            assert answer.json()["state"] == "serving"
            self.report.swaps.append(time.monotonic() - started)
            self.report.memory.append(await self.memory())

    async def memory(self) -> dict[str, float]:
        """What the processes take now."""
        text = (await self._admin.get("/metrics")).text
        return {name: float(size) for name, size in _RESIDENT.findall(text)}

    async def _answer(self, text: str) -> Answer:
        wanted = {"q": text, "source": "zh", "target": "en", "include": ["scores"]}
        answer = await self._client.post("/translate", json=wanted)
        assert answer.status_code == 200, answer.text
        found: Answer = answer.json()
        model = found["model"]
        assert answer.headers["X-Zhuyi-Model"].startswith(f"{model['name']}/{model['version']}; ")
        return found


async def swap_under_load(
    url: str, admin_url: str, texts: Sequence[str], *, num_swaps: int, num_clients: int, seconds_before: float
) -> Report:
    """The versions 2 and 3 of zh-en in turn; raises AssertionError for a failed or a wrong answer."""
    swapper = Swapper(url, admin_url, texts)
    try:
        for version in ("3", "2"):
            await swapper.learn(version)
        swapper.report.idle.append(await swapper.memory())
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(seconds_before, stop.set)
        await swapper.load(num_clients, swapper.report.before, stop)
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(swapper.load(num_clients, swapper.report.during, stop))
            await swapper.swap(("3", "2"), num_swaps)
            stop.set()
        await swapper.learn("2")
        swapper.report.idle.append(await swapper.memory())
        return swapper.report
    finally:
        await swapper.close()


def main(arguments: Sequence[str]) -> None:
    """Prints what was measured."""
    num_swaps, num_clients = (int(one) for one in [*arguments, *["100", "8"][len(arguments) :]])
    texts = (Path(__file__).parents[2] / "benchmarks" / "sentences.zh.txt").read_text("utf-8").splitlines()
    with tempfile.TemporaryDirectory() as folder:
        two_versions(Path(folder) / "store")
        keys = Path(folder) / "keys"
        write_keys(keys, line_of(KEY, scopes=["translate", "admin"]))
        with running(Path(folder) / "store", keys_file=keys, admin_port=0, engines=1) as server:
            report = asyncio.run(
                swap_under_load(
                    server.url,
                    server.admin_url,
                    texts[:50],
                    num_swaps=num_swaps,
                    num_clients=num_clients,
                    seconds_before=20,
                )
            )
    print(f"{num_swaps} swaps, {report.num_answers} answers, by version {report.num_by_version}")
    print("none failed, and each was that of its version to the last digit")
    for name, latencies in (("before", report.before), ("during", report.during), ("swap", report.swaps)):
        latencies.sort()
        found = [latencies[int(part * (len(latencies) - 1))] for part in (0.5, 0.99, 1.0)]
        print(f"{name}: p50 {found[0]:.3f} s, p99 {found[1]:.3f} s, longest {found[2]:.3f} s")
    for process in ("process", "zhuyi_worker"):
        loaded, idle = (
            [round(one[process] / 1e6) for one in sizes]
            for sizes in (report.memory[:: max(1, num_swaps // 10)], report.idle)
        )
        growth = report.growth(process, warm=min(5, num_swaps // 2))
        print(f"{process}: MB {loaded}, growth {growth:.3f}; idle before and after {idle}")


if __name__ == "__main__":
    main(sys.argv[1:])
