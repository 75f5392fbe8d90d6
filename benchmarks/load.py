"""The load generator: a closed loop of so many connections, and an open one of arrivals at a rate.

In the open loop a latency counts from the time at which the request was due, whether or not it could be
sent then, so a server that stalls cannot hide the requests that it kept from being sent. Every answer is
checked, everything that was due is counted, and every wait has a limit.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Coroutine, Iterator
from typing import Any, TypeVar

from benchmarks.load_run import Due, LoadRun
from benchmarks.measurement import Measurement, Tally
from benchmarks.target import Request, Target

Result = TypeVar("Result")


async def closed_loop(
    target: Target,
    requests: Iterator[Request],
    *,
    connections: int,
    seconds: float,
    patience_seconds: float = 30.0,
) -> Measurement:
    """Each connection sends its next request when it has its answer, until the time or the requests are up.

    What has no answer `patience_seconds` after that is a failure.
    """
    clock = time.perf_counter
    run = LoadRun(target, Tally(clock(), clock() + seconds))

    async def take() -> Due | None:
        now = clock()
        request = next(requests, None) if now < run.tally.deadline else None
        if request is None:
            return None
        run.tally.num_sent += 1
        return now, request

    return await run.carry_out(take, connections, seconds + patience_seconds)


async def open_loop(
    target: Target,
    requests: Iterator[Request],
    *,
    rate: float,
    seconds: float,
    seed: int,
    connections: int = 256,
    patience_seconds: float = 10.0,
) -> Measurement:
    """Requests arrive at random, `rate` of them a second on average, whatever becomes of those before.

    A request for which no connection is free waits in the generator, and its latency goes on.
    """
    clock = time.perf_counter
    run = LoadRun(target, Tally(clock(), clock() + seconds))
    waiting: asyncio.Queue[Due | None] = asyncio.Queue()

    async def arrive() -> None:
        for gap in arrivals(rate, seconds, seed):
            due = run.tally.started + gap
            await asyncio.sleep(due - clock())
            now = clock()
            run.tally.num_sent += 1
            run.tally.lates.append(now - due)
            waiting.put_nowait((min(due, now), next(requests)))  # a timer may be a little early
        for _ in range(connections):
            waiting.put_nowait(None)

    return await run.carry_out(waiting.get, connections, seconds + patience_seconds, arrive)


def arrivals(rate: float, seconds: float, seed: int) -> Iterator[float]:
    """The seconds at which requests of a Poisson process are due."""
    random_gap = random.Random(seed)
    due = random_gap.expovariate(rate)
    while due < seconds:
        yield due
        due += random_gap.expovariate(rate)


def run(load: Coroutine[Any, Any, Result]) -> Result:
    """The result of a coroutine, on uvloop where it is installed."""
    try:
        from uvloop import new_event_loop
    except ImportError:
        return asyncio.run(load)
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(load)
