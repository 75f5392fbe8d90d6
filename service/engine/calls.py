"""Jobs on their way: bounded, posted to the engines, waited for, each answered exactly once.

Whatever ends a call early (an error, the deadline, the caller's own cancellation) also cancels the
rest of its jobs, whose rows are free at the engine's next tick.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

from service.engine.admission import Admission
from service.engine.errors import DeadlineExceeded, NotReady, error_from
from service.engine.hosting import Engines
from service.engine.messages import Done, Failed, Job, Progress, Result
from service.engine.stream import Stream

# How much longer than the deadline is waited for the engine, which knows where the time went.
_DEADLINE_GRACE_SECONDS = 0.03
_FOREVER_SECONDS = 86400.0


class Calls:
    """Who waits for which job. The constructor starts nothing."""

    def __init__(self, engines: Engines, admission: Admission, clock: Callable[[], float]) -> None:
        self._engines = engines
        self._admission = admission
        self._clock = clock
        self._futures: dict[int, asyncio.Future[Done]] = {}
        self._streams: dict[int, Stream] = {}

    async def answers(
        self, jobs: Sequence[Job], deadline: float | None, streams: Mapping[int, Stream]
    ) -> list[Done]:
        """Posts jobs and waits for all; on the first error the others are cancelled.

        `streams`, by the id of their job, are told of its progress. `deadline` is on the clock. Raises
        Overloaded, TooMany or NotReady at once, later DeadlineExceeded, ModelFailed or EngineDied.
        """
        if not jobs:
            return []
        remaining = _FOREVER_SECONDS if deadline is None else deadline - self._clock()
        if not remaining > 0:
            raise DeadlineExceeded("queued")
        if not self._engines.is_ready:
            raise NotReady("no engine takes work now")
        num_tokens = sum(len(job.source) for job in jobs)
        self._admission.enter(len(jobs), num_tokens)
        self._streams.update(streams)
        try:
            async with asyncio.timeout(min(remaining, _FOREVER_SECONDS) + _DEADLINE_GRACE_SECONDS):
                return await _all(self._posted(jobs))
        except TimeoutError as error:
            raise DeadlineExceeded("unknown") from error
        finally:
            self._forget(jobs)
            self._admission.leave(len(jobs), num_tokens)

    def resolve(self, result: Result) -> None:
        """Called with the end of a job; one that nobody waits for any more is dropped."""
        future = self._futures.pop(result.id, None)
        if future is None or future.done():
            return
        if isinstance(result, Failed):
            future.set_exception(error_from(result.error, result.data))
            return
        if stream := self._streams.get(result.id):
            self._tell(future, result.id, lambda: stream.end(result))
        if not future.done():
            future.set_result(result)

    def progress(self, progress: Progress) -> None:
        """Called with what a job that streams has come to."""
        stream, future = self._streams.get(progress.id), self._futures.get(progress.id)
        if stream is not None and future is not None and not future.done():
            self._tell(future, progress.id, lambda: stream.feed(progress))

    def _posted(self, jobs: Sequence[Job]) -> list[asyncio.Future[Done]]:
        loop = asyncio.get_running_loop()
        futures = [loop.create_future() for _ in jobs]
        self._futures.update(zip((job.id for job in jobs), futures, strict=True))
        self._engines.post(jobs)
        return futures

    def _forget(self, jobs: Sequence[Job]) -> None:
        """Cancels those of the jobs that nobody has answered."""
        for job in jobs if self._streams else ():
            self._streams.pop(job.id, None)
        unanswered = [job.id for job in jobs if self._futures.pop(job.id, None) is not None]
        if unanswered:
            self._engines.cancel(unanswered)

    def _tell(self, future: asyncio.Future[Done], job_id: int, tell: Callable[[], None]) -> None:
        """Tells a caller of progress; if that raises, the call ends with it and is told nothing more."""
        try:
            tell()
        except Exception as error:  # noqa: BLE001  # whatever the caller's own function raises is the caller's
            del self._streams[job_id]
            future.set_exception(error)


async def _all(futures: Sequence[asyncio.Future[Done]]) -> list[Done]:
    try:
        if len(futures) == 1:
            return [await futures[0]]  # most calls; gathering is for many
        return list(await asyncio.gather(*futures))
    finally:
        del futures  # an error's traceback has this frame, and would be kept by what is in it
