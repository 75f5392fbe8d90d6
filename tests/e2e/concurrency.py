"""Many requests at once give the answers that they give one at a time, and sooner.

Also a command: `python -m tests.e2e.concurrency URL FILE SOURCE TARGET [COUNT [BEAM_SIZE]]`.
"""

from __future__ import annotations

import asyncio
import ssl
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import httpx


@dataclass(frozen=True)
class Run:
    """The answers in the order of the requests, and the seconds that all of them took."""

    answers: list[dict[str, Any]]
    seconds: float


async def post_all(url: str, requests: Sequence[dict[str, Any]], num_connections: int) -> Run:
    """Posts all requests to `/translate` over so many connections; every one must be answered with 200."""
    waiting = iter(enumerate(requests))
    answers: dict[int, dict[str, Any]] = {}
    context = ssl.create_default_context()  # made once: the clients are many, so that none waits in a pool

    async def work() -> None:
        async with httpx.AsyncClient(base_url=url, verify=context, timeout=120) as client:
            for number, request in waiting:
                answer = await client.post("/translate", json=request)
                answer.raise_for_status()
                answers[number] = answer.json()

    started = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for _ in range(num_connections):
            group.create_task(work())
    return Run([answers[number] for number in range(len(requests))], time.monotonic() - started)


async def compare(url: str, requests: Sequence[dict[str, Any]], num_connections: int = 64) -> tuple[Run, Run]:
    """The same requests together and one at a time; raises AssertionError where an answer differs."""
    together = await post_all(url, requests, num_connections)
    alone = await post_all(url, requests, 1)
    different = [
        at for at, pair in enumerate(zip(together.answers, alone.answers, strict=True)) if pair[0] != pair[1]
    ]
    assert not different, f"{len(different)} of {len(requests)} answers differ"
    return together, alone


def main(arguments: Sequence[str]) -> None:
    """Prints both times and their ratio."""
    url, file, source, target, *rest = arguments
    with Path(file).open(encoding="utf-8") as lines:
        texts = list(islice((line.rstrip("\n") for line in lines), int(rest[0]) if rest else 1000))
    beam = {"beam_size": int(rest[1])} if len(rest) > 1 else {}
    requests = [{"q": text, "source": source, "target": target} | beam for text in texts]
    together, alone = asyncio.run(compare(url, requests))
    print(f"{len(requests)} sentences, all answered, all equal")
    print(f"64 connections {together.seconds:.1f} s, one at a time {alone.seconds:.1f} s:")
    print(f"{alone.seconds / together.seconds:.1f} times faster")


if __name__ == "__main__":
    main(sys.argv[1:])
