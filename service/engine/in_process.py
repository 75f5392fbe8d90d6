"""The engine core on the caller's own event loop, without a process: for the command line and tests."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence

from service.engine.core import Core
from service.engine.errors import NotReady
from service.engine.folder import ModelFolder
from service.engine.hosting import EngineSettings, OnProgress, OnResult, OnTick, StopReport
from service.engine.messages import Cancel, Failed, Job, Post, ReadyModel, Unload
from service.engine.warm_loop import WarmLoop, load_warm_loop


class InProcessEngines:
    """Hosts one core and ticks it between the loop's other callbacks; `make` makes its loops."""

    def __init__(self, folders: Sequence[ModelFolder], make: Callable[[ModelFolder], WarmLoop]) -> None:
        self._folders = folders
        self._make = make
        self._core: Core | None = None
        self._outstanding: set[int] = set()
        self._on_result: OnResult = lambda _: None
        self._on_progress: OnProgress = lambda _: None
        self._on_tick: OnTick = lambda _: None
        self._is_draining = False
        self._is_ticking = False
        self._drained = asyncio.Event()

    @classmethod
    def of(cls, models: Sequence[ModelFolder], settings: EngineSettings) -> InProcessEngines:
        """Engines that load `models` from their folders."""
        core = settings.core((), 0)
        return cls(models, lambda one: load_warm_loop(one.path, one.digest, core, clock=time.monotonic))

    @property
    def is_ready(self) -> bool:
        """True while jobs are taken."""
        return self._core is not None and not self._is_draining

    def models(self) -> tuple[ReadyModel, ...]:
        """The models in memory; none before `start`."""
        return () if self._core is None else self._core.models

    async def start(self, *, on_result: OnResult, on_progress: OnProgress, on_tick: OnTick) -> None:
        """Loads the models; raises CannotStart."""
        self._on_result, self._on_progress, self._on_tick = on_result, on_progress, on_tick
        self._core = Core.of([await asyncio.to_thread(self._make, one) for one in self._folders])

    async def load(self, folder: ModelFolder) -> None:
        """Makes one version more, which takes jobs then; raises CannotStart, NotReady."""
        warm = await asyncio.to_thread(self._make, folder)
        if self._core is None or self._is_draining:
            raise NotReady("not started, or draining")
        self._core.add(warm)

    def unload(self, folder: ModelFolder) -> None:
        """Forgets a version that nothing is posted for any more, after its last row."""
        if self._core is not None:
            self._core.receive(Unload(folder.manifest.name, folder.manifest.version))

    def post(self, jobs: Sequence[Job]) -> None:
        """Takes jobs; raises NotReady."""
        if self._core is None or self._is_draining:
            raise NotReady("draining" if self._is_draining else "not started")
        self._outstanding.update(job.id for job in jobs)
        self._core.receive(Post(tuple(jobs)))
        self._tick_soon()

    def cancel(self, ids: Iterable[int]) -> None:
        """Forgets jobs; their rows are free at the next tick."""
        gone = self._outstanding.intersection(ids)
        self._outstanding -= gone
        if self._core is not None and gone:
            self._core.receive(Cancel(tuple(gone)))
        self._note_drained()

    async def stop(self, *, grace_seconds: float) -> StopReport:
        """Refuses, drains for at most `grace_seconds`, and cuts what is left."""
        self._is_draining = True
        before = len(self._outstanding)
        self._note_drained()
        try:
            async with asyncio.timeout(grace_seconds):
                await self._drained.wait()
        except TimeoutError:
            pass
        cut = tuple(self._outstanding)
        self.cancel(cut)
        error = NotReady("the service is stopping")
        for one in cut:
            self._on_result(Failed(one, type(error).__name__, error.data))
        return StopReport(before - len(cut), len(cut))

    def _tick_soon(self) -> None:
        if not self._is_ticking:
            self._is_ticking = True
            asyncio.get_running_loop().call_soon(self._tick)

    def _tick(self) -> None:
        self._is_ticking = False
        assert self._core is not None
        report = self._core.tick()
        for record in report.records:
            self._on_tick(record)
        for progress in report.progress:
            if progress.id in self._outstanding:
                self._on_progress(progress)
        for result in report.results:
            if result.id in self._outstanding:
                self._outstanding.discard(result.id)
                self._on_result(result)
        self._note_drained()
        if self._core.has_work:
            self._tick_soon()

    def _note_drained(self) -> None:
        if self._is_draining and not self._outstanding:
            self._drained.set()
