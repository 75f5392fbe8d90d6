"""Engine processes that are really frozen and killed while they are needed."""

from __future__ import annotations

import asyncio
import signal
import time
from pathlib import Path

import pytest

from service.engine.admission import QueueLimits
from service.engine.errors import (
    DeadlineExceeded,
    EngineDied,
    NotReady,
    Overloaded,
)
from service.engine.hosting import EngineSettings, StopReport
from service.engine.in_process import InProcessEngines
from service.engine.messages import TickRecord
from service.engine.store import ModelStore
from service.engine.translator import Translator
from tests.engine.processes import SENTENCES, ready_again, said, serving, signalled


async def test_processes_say_what_one_process_says(store_path: Path) -> None:
    """Whichever engine a sentence goes to; and the records of all of them arrive."""
    records: list[TickRecord] = []
    models = ModelStore(store_path).latest()
    here = Translator(models, InProcessEngines.of(models, EngineSettings()))
    await here.start()
    expected = said(await here.translate(SENTENCES * 5, "zh", "en"))
    async with serving(store_path, settings=EngineSettings(num_engines=2), on_tick=records.append) as (
        translator,
        workers,
    ):
        assert said(await translator.translate(SENTENCES * 5, "zh", "en")) == expected
        assert {one.actual_device for one in translator.models()} == {"cpu"}
        assert all(one.num_outstanding == 0 for one in workers.engines())
        assert await translator.stop(grace_seconds=5) == StopReport(0, 0)
    assert {one.engine for one in records} == {0, 1}
    assert sum(one.finished for one in records) == 20


async def test_the_waiters_of_a_killed_engine_are_told_at_once(store_path: Path) -> None:
    """Long before it would count as hung; the engine comes back by itself and answers the next request."""
    async with serving(store_path) as (translator, workers):
        before = await translator.translate(SENTENCES, "zh", "en")
        signalled(workers, 0, signal.SIGSTOP)  # so that it cannot answer first
        waiting = asyncio.create_task(translator.translate(SENTENCES, "zh", "en"))
        await asyncio.sleep(0)
        killed_at = time.monotonic()
        signalled(workers, 0, signal.SIGKILL)
        with pytest.raises(EngineDied):
            await waiting
        assert time.monotonic() - killed_at < 10
        assert not translator.is_ready
        with pytest.raises(NotReady):
            await translator.translate(SENTENCES, "zh", "en")
        await ready_again(workers)
        assert said(await translator.translate(SENTENCES, "zh", "en")) == said(before)
        assert workers.engines()[0].num_restarts == 1


async def test_another_engine_takes_over_once(store_path: Path) -> None:
    """With two engines nobody is told anything: the sentences move, and all are answered."""
    async with serving(store_path, settings=EngineSettings(num_engines=2)) as (translator, workers):
        expected = said(await translator.translate(SENTENCES, "zh", "en"))
        signalled(workers, 0, signal.SIGSTOP)
        waiting = asyncio.create_task(translator.translate(SENTENCES, "zh", "en"))
        await asyncio.sleep(0)
        assert workers.engines()[0].num_outstanding > 0
        signalled(workers, 0, signal.SIGKILL)
        assert said(await waiting) == expected


async def test_a_sentence_moves_once_only(store_path: Path) -> None:
    """What has brought down two engines is not given to a third."""
    async with serving(store_path, settings=EngineSettings(num_engines=2)) as (translator, workers):
        for number in (0, 1):
            signalled(workers, number, signal.SIGSTOP)
        waiting = asyncio.create_task(translator.translate(SENTENCES, "zh", "en"))
        await asyncio.sleep(0)
        signalled(workers, 0, signal.SIGKILL)
        async with asyncio.timeout(20):
            while not workers.engines()[0].num_restarts:  # noqa: ASYNC110  # seen from outside
                await asyncio.sleep(0.02)
        signalled(workers, 1, signal.SIGKILL)
        with pytest.raises(EngineDied):
            await waiting
        await ready_again(workers)


async def test_an_engine_that_keeps_dying_is_given_up(store_path: Path) -> None:
    """After the bounded number of restarts it stays dead, and readiness tells the truth."""
    async with serving(store_path, settings=EngineSettings(max_restarts=1)) as (translator, workers):
        signalled(workers, 0, signal.SIGKILL)
        async with asyncio.timeout(20):
            while not workers.engines()[0].num_restarts:  # noqa: ASYNC110  # seen from outside
                await asyncio.sleep(0.02)
        await ready_again(workers)
        signalled(workers, 0, signal.SIGKILL)
        async with asyncio.timeout(20):
            while workers.engines()[0].state != "dead":  # noqa: ASYNC110  # seen from outside
                await asyncio.sleep(0.02)
        assert not translator.is_ready
        assert workers.lost(time.monotonic()) == (0,)
        with pytest.raises(NotReady):
            await translator.translate(SENTENCES, "zh", "en")


async def test_an_engine_is_lost_when_no_successor_can_have_been_silent_for_so_long(store_path: Path) -> None:
    """A start is no sign of life: only what an engine says itself is."""
    settings = EngineSettings(hang_seconds=20, start_seconds=30)
    async with serving(store_path, settings=settings) as (_, workers):
        signalled(workers, 0, signal.SIGKILL)
        async with asyncio.timeout(20):
            while not workers.engines()[0].num_restarts:  # noqa: ASYNC110  # seen from outside
                await asyncio.sleep(0.005)
        (starting,) = workers.engines()
        killed_at = time.monotonic()
        assert starting.state == "starting"
        assert starting.last_heartbeat < killed_at
        assert workers.lost(starting.last_heartbeat + settings.max_silence_seconds - 0.1) == ()
        assert workers.lost(starting.last_heartbeat + settings.max_silence_seconds + 0.1) == (0,)
        await ready_again(workers)
        assert workers.engines()[0].last_heartbeat > killed_at


async def test_a_frozen_engine_is_ended_and_replaced(store_path: Path) -> None:
    """Nothing is heard of it for longer than is allowed, so its waiters are told and it is killed."""
    async with serving(store_path, settings=EngineSettings(hang_seconds=1.5)) as (translator, workers):
        frozen = workers.engines()[0].pid
        signalled(workers, 0, signal.SIGSTOP)
        with pytest.raises(EngineDied):
            await translator.translate(SENTENCES, "zh", "en")
        await ready_again(workers)
        assert workers.engines()[0].pid != frozen
        assert len(await translator.translate(SENTENCES, "zh", "en")) == 4


async def test_an_idle_engine_is_heard_of(store_path: Path) -> None:
    """Heartbeats come although there is nothing to do."""
    async with serving(store_path) as (_, workers):
        before = workers.engines()[0].last_heartbeat
        await asyncio.sleep(1.3)
        assert workers.engines()[0].last_heartbeat > before


async def test_a_frozen_engine_refuses_no_more_than_the_excess(store_path: Path) -> None:
    """While it stands still six may wait and four are refused at once; then the six are answered."""
    async with serving(store_path, limits=QueueLimits(max_sequences=6)) as (translator, workers):
        signalled(workers, 0, signal.SIGSTOP)
        started = time.monotonic()
        tasks = [asyncio.create_task(translator.translate(["你好"], "zh", "en")) for _ in range(10)]
        await asyncio.sleep(0)
        refused = [one for one in tasks if one.done()]
        assert time.monotonic() - started < 5
        assert [type(one.exception()) for one in refused] == [Overloaded] * 4
        signalled(workers, 0, signal.SIGCONT)
        answers = await asyncio.gather(*(one for one in tasks if one not in refused))
        assert [len(one) for one in answers] == [1] * 6


async def test_a_deadline_holds_although_the_engine_stands_still(store_path: Path) -> None:
    """The caller is told all the same, and the queue owes nothing."""
    async with serving(store_path) as (translator, workers):
        signalled(workers, 0, signal.SIGSTOP)
        deadline = time.monotonic() + 0.3
        with pytest.raises(DeadlineExceeded):
            await translator.translate(SENTENCES, "zh", "en", deadline=deadline)
        assert 0 <= time.monotonic() - deadline < 2
        assert translator.queue().num_sequences == 0
        signalled(workers, 0, signal.SIGCONT)
        assert len(await translator.translate(SENTENCES, "zh", "en")) == 4


async def test_a_failing_listener_does_not_leave_an_engine_unwatched(store_path: Path) -> None:
    """Whoever records ticks may have a bug: the engine is replaced, and the waiters are told."""
    is_failing = True

    def on_tick(record: TickRecord) -> None:
        if is_failing:
            raise RuntimeError("a bug")

    async with serving(store_path, on_tick=on_tick) as (translator, workers):
        with pytest.raises(EngineDied):
            await translator.translate(SENTENCES, "zh", "en")
        is_failing = False
        await ready_again(workers)
        assert len(await translator.translate(SENTENCES, "zh", "en")) == 4
