"""An application on a real port, in the event loop of the test."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import uvicorn

from service.api.application import create_application
from service.api.keys.gate import Gate
from service.api.policy import Policy
from service.api.services import Services
from service.api.web import WebFile
from service.glossaries.store import GlossaryLimits, GlossaryStore
from service.metrics import Metrics
from service.pipeline.handling import PLAIN, Handling
from service.pipeline.item_translator import ItemTranslator
from service.pipeline.items import Item
from service.text.detection import LanguageDetector
from tests.api.fakes import ScriptedTranslator

POLICY = Policy(
    max_body_bytes=20_000,
    max_texts=8,
    max_characters=200,
    max_request_characters=1000,
    max_attention_characters=100,
    beam_size=2,
    coverage_penalty=0.1,
)
GLOSSARY_LIMITS = GlossaryLimits(max_glossaries=3, max_entries=4)


class HeardMetrics(Metrics):
    """Real metrics that can be waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.outcomes: asyncio.Queue[str] = asyncio.Queue()

    def request_finished(self, *, outcome: str, **facts: Any) -> None:
        """Counts, then tells."""
        super().request_finished(outcome=outcome, **facts)
        self.outcomes.put_nowait(outcome)


class HeardItems(ItemTranslator):
    """The real one, which notes how it was told to read each request's texts."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.handlings: list[Handling] = []

    async def translate(self, *texts: Any, handling: Handling = PLAIN, **facts: Any) -> list[Item]:
        """Notes, then translates."""
        self.handlings.append(handling)
        return await super().translate(*texts, handling=handling, **facts)


@dataclass(frozen=True)
class Api:
    """A running application, the fakes behind it and a client in front of it."""

    client: httpx.AsyncClient
    translator: ScriptedTranslator
    items: HeardItems
    metrics: HeardMetrics
    host: str
    port: int

    async def post(self, path: str, **fields: object) -> httpx.Response:
        """Posts the fields as JSON."""
        return await self.client.post(path, json=fields)

    async def send_raw(self, request: bytes) -> bytes:
        """Sends bytes on a connection of their own and reads until the server closes it."""
        reader, writer = await asyncio.open_connection(self.host, self.port)
        writer.write(request)
        await writer.drain()
        answer = await reader.read()
        writer.close()
        return answer


def head_of(*, length: int) -> bytes:
    """The head of a JSON request whose body is `length` bytes."""
    lines = (
        "POST /translate HTTP/1.1",
        "Host: h",
        "Content-Type: application/json",
        f"Content-Length: {length}",
    )
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode()


@asynccontextmanager
async def serving(
    detector: LanguageDetector,
    policy: Policy = POLICY,
    *,
    is_alive: bool = True,
    web_files: Mapping[str, WebFile] | None = None,
    gate: Gate | None = None,
) -> AsyncIterator[Api]:
    """The application over a scripted translator."""
    translator, metrics = ScriptedTranslator(), HeardMetrics()
    items = HeardItems(translator, detector, metrics.sentence_finished)
    glossaries = GlossaryStore(limits=GLOSSARY_LIMITS)
    services = Services(
        translator, items, detector, metrics, policy, glossaries, metrics.render, lambda: is_alive,
        web_files=web_files or {}, gate=gate,
    )  # fmt: skip
    config = uvicorn.Config(
        create_application(services), http="httptools", lifespan="off", log_config=None, access_log=False,
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve([listener]))
        port = listener.getsockname()[1]
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
            yield Api(client, translator, items, metrics, "127.0.0.1", port)
        server.should_exit = True
        await task
    glossaries.close()
