"""Pinned engines have cores of their own, and leave one to HTTP."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from service.engine.cores import cores_of, usable_cores
from service.engine.hosting import EngineSettings
from service.engine.store import ModelStore
from service.engine.workers import Workers


@pytest.mark.parametrize(
    ("engine", "num_threads", "usable", "expected"),
    [
        (0, 1, (0, 1), (1,)),
        (1, 1, (0, 1), ()),
        (2, 1, (4, 5, 6, 7), (7,)),
        (1, 2, (0, 1, 2, 3, 4), (3, 4)),
        (1, 2, (0, 1, 2, 3), ()),
        (0, 1, (3,), ()),
        (0, 1, (), ()),
    ],
)
def test_an_engine_gets_cores_that_nobody_else_has(
    engine: int, num_threads: int, usable: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    """Whatever their numbers; where there are not enough it is not pinned at all."""
    assert cores_of(engine, num_threads, usable) == expected


@pytest.mark.skipif(len(usable_cores()) < 2, reason="pinning needs two cores")
async def test_a_pinned_engine_keeps_to_its_core(store_path: Path) -> None:
    """As the system sees the process; without pinning it may use what its parent may."""
    for pins, expected in ((True, set(usable_cores()[1:2])), (False, set(usable_cores()))):
        workers = Workers(ModelStore(store_path).latest(), EngineSettings(pins=pins))
        await workers.start(on_result=lambda _: None, on_progress=lambda _: None, on_tick=lambda _: None)
        (engine,) = workers.engines()
        assert engine.pid is not None
        assert os.sched_getaffinity(engine.pid) == expected
        await workers.stop(grace_seconds=0)
