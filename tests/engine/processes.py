"""Engine processes for tests: started, signalled, waited for."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from service.engine.admission import QueueLimits
from service.engine.hosting import EngineSettings
from service.engine.messages import TickRecord
from service.engine.store import ModelStore
from service.engine.translation import Translation
from service.engine.translator import Translator
from service.engine.workers import Workers

SENTENCES = ["你好世界", "我想订一个房间", "去伦敦的票多少钱", "请把发票寄到我的地址"]


@asynccontextmanager
async def serving(
    store: Path,
    *,
    settings: EngineSettings | None = None,
    limits: QueueLimits | None = None,
    on_tick: Callable[[TickRecord], None] = lambda _: None,
) -> AsyncIterator[tuple[Translator, Workers]]:
    """A translator with engine processes, ready."""
    models = ModelStore(store).latest()
    workers = Workers(models, settings or EngineSettings())
    translator = Translator(models, workers, limits=limits, on_tick=on_tick)
    await translator.start()
    try:
        yield translator, workers
    finally:
        await translator.stop(grace_seconds=0)


def signalled(workers: Workers, number: int, what: signal.Signals) -> None:
    """Sends a signal to an engine that this test has started."""
    pid = workers.engines()[number].pid
    assert pid is not None
    os.kill(pid, what)


async def ready_again(workers: Workers) -> None:
    """Waits until every engine is ready."""
    async with asyncio.timeout(20):
        while any(one.state != "ready" for one in workers.engines()):  # noqa: ASYNC110  # seen from outside
            await asyncio.sleep(0.02)


def said(translations: list[Translation]) -> list[object]:
    """What was said, without the times."""
    return [(one.text, one.logprobs, one.score) for one in translations]
