"""A load in which requests of every wire format end in every way that a caller can bring about."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.api.test_metrics import Samples, samples_of, total
from tests.e2e.sentences import english
from tests.e2e.server import Server
from tests.e2e.wire_formats import WIRE_FORMATS, WireFormat

MAX_CHARACTERS = 300
MAX_SEQUENCES = 16
NUM_GOOD = 3
LIMITS = {
    "engines": 1,
    "max_characters": MAX_CHARACTERS,
    "max_attention_characters": MAX_CHARACTERS,
    "max_queue_sequences": MAX_SEQUENCES,
}
_DEADLINE = {"X-Request-Timeout-Ms": "300"}
_LEAVES_SECONDS = 0.5


@dataclass
class Seen:
    """What the clients counted: outcomes by what they did, statuses by route, sentences that came back."""

    outcomes: Counter[str] = field(default_factory=Counter)
    statuses: Counter[tuple[str, str]] = field(default_factory=Counter)
    num_sentences: int = 0


class MixedLoad:
    """Its server must have LIMITS."""

    def __init__(self, server: Server, client: httpx.AsyncClient) -> None:
        self._server = server
        self._client = client
        self.seen = Seen()

    async def run(self) -> None:
        """All of it; with the engine frozen meanwhile, as far as that decides how a request ends."""
        await self._good_and_bad()
        self._server.signal_engine(signal.SIGSTOP)
        await asyncio.gather(
            *(self._ask(one, "deadline", ["Hello."], headers=_DEADLINE) for one in WIRE_FORMATS)
        )
        await asyncio.gather(*(self._leave(one) for one in WIRE_FORMATS))
        await self.until_owed(0)
        waiting = asyncio.create_task(self._ask(WIRE_FORMATS[0], "ok", english(MAX_SEQUENCES)))
        await self.until_owed(MAX_SEQUENCES)
        await asyncio.gather(*(self._ask(one, "overloaded", ["Hello."]) for one in WIRE_FORMATS))
        self._server.signal_engine(signal.SIGCONT)
        await waiting
        await self.until_owed(0)

    async def samples(self) -> Samples:
        """What the server counted."""
        return samples_of((await self._client.get("/metrics")).text)

    async def until_owed(self, num_sentences: int) -> None:
        """Waits until so many sentences wait or run."""
        async with asyncio.timeout(20):
            while total(await self.samples(), "zhuyi_queue_requests") != num_sentences:  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    async def _good_and_bad(self) -> None:
        for one in WIRE_FORMATS:
            for _ in range(NUM_GOOD):
                await self._ask(one, "ok", english(2))
            await self._ask(one, "validation", ["Hello."], language="tlh")
            await self._ask(one, "too_long", ["a b " * (MAX_CHARACTERS // 2)])

    async def _ask(self, one: WireFormat, outcome: str, texts: list[str], **more: Any) -> None:
        headers = more.pop("headers", {})
        answer = await self._client.request(**one.asking(texts, **more), headers=headers)
        is_error = any(word in answer.text for word in ('"error":', "event: error"))
        assert (answer.status_code == 200 and not is_error) == (outcome == "ok"), one.name
        self.seen.outcomes[outcome] += 1
        self.seen.statuses[one.template, str(answer.status_code)] += 1
        self.seen.num_sentences += len(texts) if outcome == "ok" else 0

    async def _leave(self, one: WireFormat) -> None:
        """Closes the connection before there is an answer."""
        async with httpx.AsyncClient(base_url=self._server.url, timeout=_LEAVES_SECONDS) as client:
            try:
                await client.request(**one.asking(["Hello."]))
                raise AssertionError("a frozen engine answered")
            except httpx.ReadTimeout:
                self.seen.outcomes["cancelled"] += 1
        self.seen.statuses[one.template, "499"] += 1
