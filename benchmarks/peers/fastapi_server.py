"""FastAPI before a function from texts to texts, one request after the other in each of a few threads."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

from benchmarks.peers.options import PeerOptions

Translate = Callable[[Sequence[str]], list[str]]


class Question(BaseModel):
    """A request; other fields are ignored."""

    q: str | list[str]


class Answer(BaseModel):
    """A translation, or several in the order of the texts."""

    translatedText: str | list[str]


def application(translate: Translate, *, threads: int) -> FastAPI:
    """An application whose requests run in so many threads; more would only wait for a core.

    The threads are a pool of their own: in FastAPI's one a request would queue twice, for its answer too.
    """
    app = FastAPI()
    pool = ThreadPoolExecutor(threads)

    @app.post("/translate")
    async def translate_request(question: Question) -> Answer:
        texts = [question.q] if isinstance(question.q, str) else question.q
        translated = await asyncio.get_running_loop().run_in_executor(pool, translate, texts)
        return Answer(translatedText=translated[0] if isinstance(question.q, str) else translated)

    return app


def serve(translate: Translate, options: PeerOptions) -> None:
    """Serves until a signal comes, in as many threads as there are cores."""
    app = application(translate, threads=os.cpu_count() or 1)
    uvicorn.run(app, host="127.0.0.1", port=options.port, log_level="warning", access_log=False, backlog=2048)
