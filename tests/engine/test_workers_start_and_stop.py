"""How engine processes start, and how they end."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest

from service.engine.engine_process import EngineProcess
from service.engine.errors import (
    DeviceUnavailable,
    EngineDied,
    ModelFolderInvalid,
    NotReady,
)
from service.engine.hosting import EngineSettings, StopReport
from service.engine.store import ModelStore
from service.engine.translator import Translator
from service.engine.workers import Workers
from tests.engine.processes import SENTENCES, serving, signalled
from tests.random_model import write_random_model


@pytest.mark.parametrize("num_engines", [1, 2])
async def test_a_damaged_folder_is_reported_by_the_start(tmp_path: Path, num_engines: int) -> None:
    """Damaged after the parent has verified it; the start fails with the reason and hangs nowhere."""
    path = write_random_model(tmp_path)
    models = ModelStore(tmp_path).latest()
    content = bytearray((path / "step.onnx").read_bytes())
    content[1000] ^= 1
    (path / "step.onnx").write_bytes(content)
    translator = Translator(models, Workers(models, EngineSettings(num_engines=num_engines)))
    with pytest.raises(ModelFolderInvalid, match="another SHA-256"):
        await translator.start()
    assert not translator.is_ready


async def test_a_missing_device_is_reported_by_the_start(store_path: Path) -> None:
    """`cuda` on a machine without CUDA fails, `auto` starts and tells what it uses."""
    models = ModelStore(store_path).latest()
    with pytest.raises(DeviceUnavailable):
        await Translator(models, Workers(models, EngineSettings(device="cuda"))).start()
    async with serving(store_path, settings=EngineSettings(device="auto")) as (translator, _):
        info = translator.model_for("zh", "en")
        assert (info.requested_device, info.actual_device, info.fell_back) == ("auto", "cpu", True)


async def test_an_engine_that_is_not_ready_in_time_is_reported(store_path: Path) -> None:
    """It is ended, and the start fails."""
    models = ModelStore(store_path).latest()
    with pytest.raises(EngineDied):
        await Translator(models, Workers(models, EngineSettings(start_seconds=0.01))).start()


async def test_what_an_engine_still_holds_at_the_end_is_cut(store_path: Path) -> None:
    """The waiters are told, the process is gone, and the count is right."""
    models = ModelStore(store_path).latest()
    workers = Workers(models, EngineSettings())
    translator = Translator(models, workers)
    await translator.start()
    pid = workers.engines()[0].pid
    assert pid is not None
    signalled(workers, 0, signal.SIGSTOP)
    waiting = asyncio.create_task(translator.translate(SENTENCES, "zh", "en"))
    await asyncio.sleep(0)
    assert await translator.stop(grace_seconds=0.1) == StopReport(num_finished=0, num_cut=4)
    with pytest.raises(NotReady):
        await waiting
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_a_death_while_draining_does_not_hold_up_the_end(store_path: Path) -> None:
    """The other engine finishes what the dead one left, and nothing is waited for in vain."""
    models = ModelStore(store_path).latest()
    workers = Workers(models, EngineSettings(num_engines=2))
    translator = Translator(models, workers)
    await translator.start()
    signalled(workers, 0, signal.SIGSTOP)
    waiting = asyncio.create_task(translator.translate(SENTENCES, "zh", "en"))
    await asyncio.sleep(0)
    stopping = asyncio.create_task(translator.stop(grace_seconds=20))
    await asyncio.sleep(0)
    signalled(workers, 0, signal.SIGKILL)
    started = time.monotonic()
    assert len(await waiting) == 4
    assert await stopping == StopReport(num_finished=4, num_cut=0)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("to_the_group", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_to_the_whole_group_leaves_the_end_to_the_parent(
    store_path: Path, to_the_group: signal.Signals
) -> None:
    """What Ctrl-C or a service manager sends to every process does not cut what is being translated."""
    async with serving(store_path) as (translator, workers):
        waiting = asyncio.create_task(translator.translate(SENTENCES, "zh", "en"))
        await asyncio.sleep(0)
        signalled(workers, 0, to_the_group)
        assert len(await waiting) == 4
        assert len(await translator.translate(SENTENCES, "zh", "en")) == 4
        assert workers.engines()[0].num_restarts == 0


async def test_an_engine_ends_with_its_parent(store_path: Path) -> None:
    """When the other side of the channel is gone, nobody is left to work for."""
    models = ModelStore(store_path).latest()
    engine = EngineProcess(EngineSettings().core(models, 0), start_seconds=60, hang_seconds=60)
    await engine.start()
    assert engine.pid is not None
    descriptor = os.pidfd_open(engine.pid)
    gone = asyncio.Event()
    asyncio.get_running_loop().add_reader(descriptor, gone.set)
    engine.disconnect()
    async with asyncio.timeout(5):
        await gone.wait()
    asyncio.get_running_loop().remove_reader(descriptor)
    os.close(descriptor)
    await engine.end()
