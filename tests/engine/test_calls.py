"""Jobs on their way: nothing that ended a call is kept, and nothing is told to one that is over."""

from __future__ import annotations

import asyncio
import gc
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

import pytest

from service.engine.admission import Admission, QueueLimits
from service.engine.calls import Calls
from service.engine.errors import EngineDied
from service.engine.messages import Failed, Job


class Failing:
    """Engines that fail on every job, at the loop's next turn."""

    is_ready = True

    def __init__(self) -> None:
        self.tell: Callable[[Failed], None] = lambda _: None
        self.cancelled: list[int] = []

    def post(self, jobs: Sequence[Job]) -> None:
        for one in jobs:
            failed = Failed(one.id, "EngineDied", {"reason": "it was killed"})
            asyncio.get_running_loop().call_soon(self.tell, failed)

    def cancel(self, ids: Iterable[int]) -> None:
        self.cancelled += ids


def job(number: int) -> Job:
    """A job of one token."""
    return Job(number, "zh-en", "1", (5,), None, 8, 1, 1, 0.8, 0.0, False, None, 0.0)


@contextmanager
def without_collections() -> Iterator[None]:
    """What is gone is gone by reference counts alone."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@pytest.mark.parametrize("num_jobs", [1, 3])
async def test_an_error_keeps_nothing_of_its_call(num_jobs: int) -> None:
    """Under load the collector of cycles comes late; an error that kept its frames would keep texts."""
    engines = Failing()
    calls = Calls(engines, Admission(QueueLimits()), time.monotonic)  # type: ignore[arg-type]
    engines.tell = calls.resolve
    jobs = [job(number) for number in range(num_jobs)]
    with without_collections():
        try:
            await calls.answers(jobs, time.monotonic() + 60, {})
        except EngineDied as error:
            kept = weakref.ref(error)
        await asyncio.sleep(0)
        assert kept() is None
