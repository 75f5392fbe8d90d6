"""The translator's queue: bounded, cancelled, drained, with the engine on the test's own event loop."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest

from service.engine.admission import QueueLimits
from service.engine.errors import (
    NotReady,
    Overloaded,
    TooMany,
)
from service.engine.hosting import EngineSettings, StopReport
from service.engine.in_process import InProcessEngines
from service.engine.messages import TickRecord
from service.engine.store import ModelStore
from service.engine.translator import Translator

SENTENCES = ["你好世界", "我想订一个房间", "去伦敦的票多少钱", "请把发票寄到我的地址"]


def a_translator(store: Path, limits: QueueLimits | None = None) -> Translator:
    """A translator of random models, not started."""
    models = ModelStore(store).latest()
    return Translator(models, InProcessEngines.of(models, EngineSettings()), limits=limits)


async def test_exactly_the_excess_is_refused(store_path: Path) -> None:
    """Of ten sentences at once into a queue for six, four are refused at once and six are answered."""
    translator = a_translator(store_path, QueueLimits(max_sequences=6))
    await translator.start()
    answers = await asyncio.gather(
        *(translator.translate(["你好世界"], "zh", "en") for _ in range(10)), return_exceptions=True
    )
    refused = [one for one in answers if isinstance(one, Overloaded)]
    assert len(refused) == 4
    assert all(1 <= one.retry_after_seconds <= 60 for one in refused)
    assert sum(isinstance(one, list) for one in answers) == 6
    assert translator.queue().num_sequences == 0
    await translator.stop(grace_seconds=1)


async def test_long_sentences_weigh_more_than_short_ones(store_path: Path) -> None:
    """The queue is also bounded in tokens; a request that could never fit is refused as such."""
    translator = a_translator(store_path, QueueLimits(max_sequences=100, max_tokens=60))
    await translator.start()
    long = "去伦敦的票多少钱" * 2
    answers = await asyncio.gather(
        *(translator.translate([long], "zh", "en") for _ in range(10)), return_exceptions=True
    )
    assert any(isinstance(one, Overloaded) for one in answers)
    with pytest.raises(TooMany) as raised:
        await translator.translate([long] * 20, "zh", "en")
    assert (raised.value.limit, raised.value.unit) == (60, "tokens")
    await translator.stop(grace_seconds=1)


async def test_a_cancelled_call_leaves_nothing_behind(store_path: Path) -> None:
    """Its rows are gone at the next tick, and its share of the queue at once."""
    records: list[TickRecord] = []
    ticked = asyncio.Event()

    def note(record: TickRecord) -> None:
        records.append(record)
        ticked.set()

    models = ModelStore(store_path).latest()
    translator = Translator(models, InProcessEngines.of(models, EngineSettings()), on_tick=note)
    await translator.start()
    task = asyncio.create_task(translator.translate(SENTENCES * 5, "zh", "en"))
    await ticked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert translator.queue().num_sequences == 0
    await translator.translate(["你好世界"], "zh", "en")
    cancelled = [one.cancelled_running + one.cancelled_queued for one in records]
    finished = sum(one.finished for one in records)
    assert sum(cancelled) + finished == 21
    assert sum(cancelled) >= 10
    await translator.stop(grace_seconds=1)


async def test_two_thousand_races_between_cancelling_and_finishing(store_path: Path) -> None:
    """Whichever is first, every call ends once and nothing is owed afterwards."""
    translator = a_translator(store_path)
    await translator.start()
    random = np.random.default_rng(0)
    outcomes: list[str] = []

    async def call(num_yields: int) -> None:
        task = asyncio.create_task(translator.translate(["你好"], "zh", "en"))
        for _ in range(num_yields):
            await asyncio.sleep(0)
        task.cancel()
        try:
            await task
            outcomes.append("finished")
        except asyncio.CancelledError:
            outcomes.append("cancelled")

    for _ in range(100):
        await asyncio.gather(*(call(int(one)) for one in random.integers(0, 60, 20)))
    assert len(outcomes) == 2000
    assert len(set(outcomes)) == 2
    assert translator.queue().num_sequences == 0
    assert await translator.stop(grace_seconds=1) == StopReport(0, 0)


async def test_a_stopping_translator_refuses_drains_and_tells(store_path: Path) -> None:
    """What runs is finished within the grace, what comes is refused."""
    translator = a_translator(store_path)
    with pytest.raises(NotReady):
        await translator.translate(SENTENCES, "zh", "en")
    await translator.start()
    running = asyncio.create_task(translator.translate(SENTENCES, "zh", "en"))
    await asyncio.sleep(0)
    stopping = asyncio.create_task(translator.stop(grace_seconds=10))
    await asyncio.sleep(0)
    with pytest.raises(NotReady):
        await translator.translate(SENTENCES, "zh", "en")
    assert len(await running) == 4
    report = await stopping
    assert report.num_cut == 0
    assert 1 <= report.num_finished <= 4


async def test_what_outlasts_the_grace_is_cut_and_counted(store_path: Path) -> None:
    """Its caller is told so."""
    translator = a_translator(store_path)
    await translator.start()
    running = asyncio.create_task(translator.translate(SENTENCES, "zh", "en"))
    await asyncio.sleep(0)
    report = await translator.stop(grace_seconds=0)
    assert report.num_cut == 4 - report.num_finished > 0
    with pytest.raises(NotReady):
        await running
