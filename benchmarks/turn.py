"""One server's turn: warmed up, then measured in a closed loop, at given rates and at its goodput."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.load import closed_loop, open_loop
from benchmarks.measurement import Measurement
from benchmarks.record import Point, Turn
from benchmarks.server_process import ServerProcess
from benchmarks.target import Request, Target

_WARM_UP_SECONDS = 2.0
_SETTLE_SECONDS = 30.0
_HOPELESS = 1.5  # times the rate of the closed loop: no server keeps that up
_PATIENCE_SECONDS = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a turn consists of, in seconds and requests per second."""

    connections: int = 64
    closed_seconds: float = 8.0
    rates: tuple[float, ...] = ()
    open_seconds: float = 4.0
    goodput_probes: int = 0
    goodput_seconds: float = 3.0
    limit_ms: float = 100.0


class TurnTaker:
    """Measures a server that runs; `requests` makes the endless stream of a scenario anew."""

    def __init__(
        self,
        server: ServerProcess,
        target: Target,
        requests: Callable[[], Iterator[Request]],
        plan: Plan,
        *,
        seed: int,
    ) -> None:
        self._server, self._target, self._requests = server, target, requests
        self._plan, self._seed = plan, seed

    async def take(self, turn: Turn) -> None:
        """Fills in the record, part by part, so that what was found survives an error."""
        await self._closed(_WARM_UP_SECONDS)
        await self._settle()
        before = self._server.usage()
        turn.closed = await self._closed(self._plan.closed_seconds)
        turn.usage = self._server.usage()
        used = turn.usage.processor_seconds - before.processor_seconds
        turn.processor_ms = 1000 * used / turn.closed.answered if turn.closed.answered else None
        await self._measure_rates(turn)
        if self._plan.goodput_probes and turn.closed.answered:
            turn.goodput = await self._find_goodput(turn)

    async def _closed(self, seconds: float) -> Measurement:
        plan = self._plan
        return await closed_loop(
            self._target, self._requests(), connections=plan.connections, seconds=seconds
        )

    async def _measure_rates(self, turn: Turn) -> None:
        assert turn.closed is not None
        for rate in sorted(self._plan.rates):
            if rate > _HOPELESS * turn.closed.requests_per_second:
                return
            await self._probe(turn, rate, self._plan.open_seconds)

    async def _find_goodput(self, turn: Turn) -> float:
        """Halves (in ratio) the gap between a rate that met the limit and one that did not."""
        assert turn.closed is not None
        met = [point.rate for point in turn.points if point.measurement.meets(self._plan.limit_ms)]
        failed = [point.rate for point in turn.points if not point.measurement.meets(self._plan.limit_ms)]
        low = max(met, default=0.0)
        high = min((rate for rate in failed if rate > low), default=1.3 * turn.closed.requests_per_second)
        for _ in itertools.repeat(None, self._plan.goodput_probes if high > low else 0):
            rate = math.sqrt(low * high) if low else high / 2
            measured = await self._probe(turn, rate, self._plan.goodput_seconds)
            low, high = (rate, high) if measured.meets(self._plan.limit_ms) else (low, rate)
        return low

    async def _probe(self, turn: Turn, rate: float, seconds: float) -> Measurement:
        await self._settle()
        found = await open_loop(
            self._target,
            self._requests(),
            rate=rate,
            seconds=seconds,
            seed=self._seed,
            patience_seconds=_PATIENCE_SECONDS,
        )
        turn.points.append(Point(rate, found))
        return found

    async def _settle(self) -> None:
        """Waits until what an overload left behind is done: one request's answer comes."""
        await self._server.wait_until_answered(self._target, next(self._requests()), _SETTLE_SECONDS)
