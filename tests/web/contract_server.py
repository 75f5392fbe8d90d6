"""The page over an API that answers by its contract at once, with scripted confidence, warnings and drops."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from service.api.web import WebRoutes, read_web_files
from tests.web.scripted import attention_of, details_of, score_of, translation_of


@dataclass
class ContractServer:
    """Where it listens and what it was asked.

    A text with `slow` in it is streamed to its first piece only, one with `cut` without an end, and one with
    `fail` to an error.
    """

    url: str = ""
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    has_left: threading.Event = field(default_factory=threading.Event)

    async def translate(self, request: Request) -> Response:
        """`POST /translate`."""
        wanted = await self._note("translate", request)
        if wanted.get("stream"):
            return StreamingResponse(self._stream(wanted), media_type="text/event-stream")
        return JSONResponse(_answer(wanted))

    async def score(self, request: Request) -> Response:
        """`POST /score`."""
        wanted = await self._note("score", request)
        return JSONResponse(score_of(wanted["q"], wanted["translation"]))

    async def look(self, request: Request) -> Response:
        """`POST /attention-weights`."""
        wanted = await self._note("attention-weights", request)
        return JSONResponse(attention_of(wanted["q"], wanted["translation"], wanted.get("method")))

    async def _note(self, route: str, request: Request) -> dict[str, Any]:
        wanted: dict[str, Any] = await request.json()
        self.asked.append((route, wanted))
        return wanted

    async def _stream(self, wanted: dict[str, Any]) -> AsyncIterator[str]:
        answer = _answer(wanted)
        details = answer["translations"][0]
        yield ": heartbeat\n\n"
        words = details["text"].split(" ")
        for number, word in enumerate(words):
            delta = word if number == 0 else f" {word}"
            chunk = {
                "index": 0,
                "segment": 0,
                "delta": delta,
                "alignment": details["alignment"][number : number + 1],
            }
            yield _event("translation.chunk", chunk)
            if "slow" in wanted["q"]:
                await self._wait_for_leaving()
        if "cut" in wanted["q"]:
            return
        if "fail" in wanted["q"]:
            yield _event("error", {"status": 504, "detail": "the deadline has passed", "errors": []})
            return
        yield _event(
            "translation.segment", {"index": 0, "segment": 0, "text": details["text"], "source": [0, 1]}
        )
        yield _event("translation.item", {"index": 0, **details})
        yield _event("translation.done", answer)

    async def _wait_for_leaving(self) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.has_left.set()
            raise


def _event(name: str, data: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


def _answer(wanted: dict[str, Any]) -> dict[str, Any]:
    text = translation_of(wanted["q"])
    answer = {"translatedText": text, "translations": [details_of(wanted["q"], text)]}
    return answer | {"alternatives": [f"{text} again"] if wanted.get("alternatives") else []}


@contextmanager
def serving_contract() -> Iterator[ContractServer]:
    """The server in a thread of its own, on a port that it chooses."""
    contract, web = ContractServer(), WebRoutes(read_web_files())
    routes = [
        Route("/prefix/", web.page),
        Route("/prefix/web/{name}", web.file),
        Route("/prefix/translate", contract.translate, methods=["POST"]),
        Route("/prefix/score", contract.score, methods=["POST"]),
        Route("/prefix/attention-weights", contract.look, methods=["POST"]),
    ]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        contract.url = f"http://127.0.0.1:{listener.getsockname()[1]}/prefix/"
        config = uvicorn.Config(
            Starlette(routes=routes),
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=1,
        )
        running = uvicorn.Server(config)
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield contract
        finally:
            running.should_exit = True
            thread.join(10)
