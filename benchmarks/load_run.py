"""One load run: connections that take what is due, check what comes back and count everything."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from benchmarks.http_connection import Connection, open_connection
from benchmarks.measurement import Measurement, Tally
from benchmarks.target import Request, Target

_CONNECT_SECONDS = 5.0
_PAUSE_SECONDS = 0.1  # after a connection that could not be made
_NO_ANSWER = "no answer in time"
Due = tuple[float, Request]
"""When a request is due, in seconds of time.perf_counter, and the request."""
Take = Callable[[], Awaitable[Due | None]]


async def _nothing() -> None:
    """Nobody arrives: the connections take what there is."""


class LoadRun:
    """Connections that take requests until there are no more, or the time is up."""

    def __init__(self, target: Target, tally: Tally) -> None:
        self._target = target
        self.tally = tally
        self._clock = time.perf_counter  # the loop's own knows milliseconds only, on libuv

    async def carry_out(
        self,
        take: Take,
        connections: int,
        limit_seconds: float,
        arrive: Callable[[], Coroutine[Any, Any, None]] = _nothing,
    ) -> Measurement:
        """What the run finds; it ends at its limit at the latest."""
        opened = await asyncio.gather(*(self._connect() for _ in range(connections)))
        shift = self._clock() - self.tally.started  # the time to connect is no part of the run
        self.tally.started, self.tally.deadline = self._clock(), self.tally.deadline + shift
        used = time.process_time()
        tasks = [asyncio.create_task(self._work(one, take)) for one in opened]
        tasks.append(asyncio.create_task(arrive()))
        _, late = await asyncio.wait(tasks, timeout=limit_seconds)
        processor_seconds = time.process_time() - used
        for task in late:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for task in tasks:
            if not task.cancelled():
                task.result()  # a mistake of ours is not a failure of the server's
        return self._finished(processor_seconds)

    async def _work(self, connection: Connection | None, take: Take) -> None:
        try:
            while (found := await take()) is not None:
                due, request = found
                if connection is None or not connection.is_open:
                    connection = await self._connect()
                if connection is None:
                    self.tally.failures["cannot connect"] += 1
                    await asyncio.sleep(_PAUSE_SECONDS)
                else:
                    await self._exchange(connection, due, request)
        finally:
            if connection is not None:
                connection.close()

    async def _exchange(self, connection: Connection, due: float, request: Request) -> None:
        try:
            reply = await connection.ask(request.message)
        except ConnectionError:
            self.tally.failures["connection lost"] += 1
            return
        now = self._clock()
        if fault := self._target.fault(request, reply.status, reply.body):
            self.tally.failures[fault] += 1
        else:
            self.tally.answer(request.label, due, now, request.num_texts)
            self.tally.firsts.append((reply.first_at - due) * 1000)

    async def _connect(self) -> Connection | None:
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                return await open_connection(self._target.host, self._target.port)
        except (OSError, TimeoutError):
            return None

    def _finished(self, processor_seconds: float) -> Measurement:
        num_known = self.tally.failures.total() + sum(map(len, self.tally.latencies.values()))
        if missing := self.tally.num_sent - num_known:
            self.tally.failures[_NO_ANSWER] += missing
        return self.tally.measurement(processor_seconds=processor_seconds)
