"""The engine processes together: least-loaded dispatch, and no sentence forgotten when one of them dies.

A sentence whose engine died is given once to another engine that is alive, if nothing of it has been
streamed; if something has, or there is none, or that one dies too, its waiter is told.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from service.engine.errors import EngineDied, NotReady, ZhuyiError
from service.engine.folder import ModelFolder
from service.engine.hosting import EngineSettings, OnProgress, OnResult, OnTick, StopReport
from service.engine.messages import Failed, Job, Loaded, LoadFailed, Outward, ReadyModel, Report
from service.engine.rollout import Rollout
from service.engine.supervisor import EngineState, Supervisor


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """One engine as its supervisor sees it; `last_heartbeat` in time.monotonic() seconds."""

    number: int
    pid: int | None
    state: EngineState
    last_heartbeat: float
    num_outstanding: int
    num_restarts: int


class Workers:
    """`settings.num_engines` processes that each hold all `models`. The constructor starts nothing."""

    def __init__(self, models: Sequence[ModelFolder], settings: EngineSettings) -> None:
        self._max_silence_seconds = settings.max_silence_seconds
        self._supervisors = [
            Supervisor(
                settings.core(models, number), settings, on_message=self._hear, on_death=self._reassign
            )
            for number in range(settings.num_engines)
        ]
        self._on_result: OnResult = lambda _: None
        self._on_progress: OnProgress = lambda _: None
        self._on_tick: OnTick = lambda _: None
        self._bound: set[int] = set()  # jobs that must not move: they have, or something of them was told
        self._models: tuple[ReadyModel, ...] = ()
        self._start_seconds = settings.start_seconds
        self._rollout: Rollout | None = None
        self._rollouts = itertools.count()
        self._is_draining = False
        self._drained = asyncio.Event()

    @property
    def is_ready(self) -> bool:
        """True while at least one engine takes jobs."""
        return not self._is_draining and bool(self._ready())

    def models(self) -> tuple[ReadyModel, ...]:
        """The models in memory, as an engine that is ready tells it, or told it last."""
        for one in self._ready()[:1]:
            self._models = one.process.models
        return self._models

    def engines(self) -> tuple[EngineStatus, ...]:
        """All engines, dead ones too, for the health routes."""
        return tuple(
            EngineStatus(
                number,
                one.process.pid,
                one.state,
                one.process.last_heartbeat,
                len(one.process.outstanding),
                one.num_restarts,
            )
            for number, one in enumerate(self._supervisors)
        )

    def lost(self, now: float) -> tuple[int, ...]:
        """The numbers of engines that will not come back: given up, or silent through all their successors.

        `now` is in time.monotonic() seconds.
        A busy engine tells of its ticks at least once a second, so load alone loses none.
        """
        oldest = now - self._max_silence_seconds
        return tuple(
            number
            for number, one in enumerate(self._supervisors)
            if one.state == "dead" or one.process.last_heartbeat < oldest
        )

    async def start(self, *, on_result: OnResult, on_progress: OnProgress, on_tick: OnTick) -> None:
        """Returns when every engine is ready; raises CannotStart or EngineDied, and nothing runs then."""
        self._on_result, self._on_progress, self._on_tick = on_result, on_progress, on_tick
        try:
            await asyncio.gather(*(one.start() for one in self._supervisors))
        except BaseException:
            await self._end()
            raise

    async def load(self, folder: ModelFolder) -> None:
        """Returns when every engine holds one version more; raises CannotStart, EngineDied, NotReady.

        Then none of them keeps it. Engines that were given up are not asked. One load at a time.
        """
        asked = [one for one in self._supervisors if one.state != "dead"]
        if self._is_draining or self._rollout is not None or {one.state for one in asked} != {"ready"}:
            raise NotReady("an engine is starting or stopping, or another version is being loaded")
        self._rollout = Rollout(next(self._rollouts), folder, asked)
        try:
            await self._rollout.run(timeout_seconds=self._start_seconds)
        except BaseException:
            self.unload(folder)
            raise
        finally:
            self._rollout = None

    def unload(self, folder: ModelFolder) -> None:
        """Every engine forgets a version that nothing is posted for any more, after its last row."""
        for one in self._supervisors:
            one.unload(folder)

    def post(self, jobs: Sequence[Job]) -> None:
        """Gives every job to the engine with the fewest tokens before it; raises NotReady."""
        if not self.is_ready:
            raise NotReady("draining" if self._is_draining else "no engine is ready")
        self._dispatch(jobs)

    def cancel(self, ids: Iterable[int]) -> None:
        """Forgets jobs: nothing more is heard of them, and their rows are free at the next tick."""
        gone = set(ids)
        for one in self._ready():
            one.process.cancel(gone)
        self._bound -= gone
        self._note_drained()

    async def stop(self, *, grace_seconds: float) -> StopReport:
        """Refuses, drains for at most `grace_seconds`, cuts what is left, and ends every process."""
        self._is_draining = True
        before = self._num_outstanding()
        self._note_drained()
        try:
            async with asyncio.timeout(grace_seconds):
                await self._drained.wait()
        except TimeoutError:
            pass
        cut = [job for one in self._supervisors for job in one.process.abandon()]
        for job in cut:  # before the ends, which take seconds where an engine hangs
            self._fail(job, NotReady("the service is stopping"))
        await self._end()
        return StopReport(before - len(cut), len(cut))

    def _ready(self) -> list[Supervisor]:
        return [one for one in self._supervisors if one.state == "ready"]

    def _num_outstanding(self) -> int:
        return sum(len(one.process.outstanding) for one in self._supervisors)

    def _dispatch(self, jobs: Iterable[Job]) -> None:
        processes = [one.process for one in self._ready()]
        shares: list[list[Job]] = [[] for _ in processes]
        loads = [one.outstanding_tokens for one in processes]
        for job in jobs:
            least = loads.index(min(loads))
            shares[least].append(job)
            loads[least] += len(job.source)
        for process, share in zip(processes, shares, strict=True):
            if share:
                process.post(share)

    def _hear(self, supervisor: Supervisor, message: Outward) -> None:
        if isinstance(message, Loaded | LoadFailed) and self._rollout is not None:
            self._rollout.hear(supervisor, message)
        if not isinstance(message, Report):
            return
        for record in message.records:
            self._on_tick(record)
        for progress in message.progress:
            if progress.id in supervisor.process.outstanding:
                self._bound.add(progress.id)
                self._on_progress(progress)
        for result in message.results:
            if supervisor.process.settle(result.id) is not None:
                self._bound.discard(result.id)
                self._on_result(result)
        self._note_drained()

    def _reassign(self, left: list[Job]) -> None:
        """A dead engine's jobs: each moves once, if nothing was told of it and anyone is alive to take it."""
        if self._rollout is not None:
            self._rollout.fail(EngineDied("an engine died while a version was loaded"))
        movable = [job for job in left if job.id not in self._bound] if self._ready() else []
        self._bound.update(job.id for job in movable)
        self._dispatch(movable)
        for job in left:
            if job not in movable:
                self._fail(job, EngineDied("the engine died"))
        self._note_drained()

    def _fail(self, job: Job, error: ZhuyiError) -> None:
        self._bound.discard(job.id)
        self._on_result(Failed(job.id, type(error).__name__, error.data))

    def _note_drained(self) -> None:
        if self._is_draining and self._num_outstanding() == 0:
            self._drained.set()

    async def _end(self) -> None:
        if self._rollout is not None:
            self._rollout.fail(NotReady("the service is stopping"))
        await asyncio.gather(*(one.stop() for one in self._supervisors))
