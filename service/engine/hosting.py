"""What the translator needs of whatever hosts the engines, be they processes or the caller's own thread."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from service.engine.core_settings import Beside, CoreSettings
from service.engine.cores import cores_of, usable_cores
from service.engine.device import CudaOptions, Device, Precision
from service.engine.folder import ModelFolder
from service.engine.messages import Job, Progress, ReadyModel, Result, TickRecord
from service.engine.scheduler import BatchLimits

_SPARE_SECONDS = 15.0  # for a last chance, the end of a process and the pause before the next

OnResult = Callable[[Result], None]
OnProgress = Callable[[Progress], None]
OnTick = Callable[[TickRecord], None]


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """How engines are run; times in seconds.

    Engine i uses GPU i modulo `num_gpus`, with the other options of `cuda`. With `pins`, each keeps
    to `num_threads` cores of its own. For `encodes_beside` see CoreSettings.
    An engine must be ready within `start_seconds` and be heard of every `hang_seconds`, or it is
    ended. After `max_restarts` within `restart_window_seconds` it is given up, and lost; so is one of
    which, and of whose successors, nothing was heard for `max_silence_seconds`.
    """

    num_engines: int = 1
    device: Device = "cpu"
    precision: Precision = "auto"
    num_threads: int = 1
    pins: bool = False
    encodes_beside: Beside = "off"
    limits: BatchLimits = field(default_factory=BatchLimits)
    num_gpus: int = 1
    cuda: CudaOptions = field(default_factory=CudaOptions)
    shortlists: bool = False
    start_seconds: float = 120.0
    hang_seconds: float = 60.0
    max_restarts: int = 5
    restart_window_seconds: float = 300.0

    @property
    def max_silence_seconds(self) -> float:
        """As long as it takes at most to end an engine that hangs and to start its successor."""
        return self.hang_seconds + self.start_seconds + _SPARE_SECONDS

    def core(self, models: Sequence[ModelFolder], engine: int) -> CoreSettings:
        """What the engine with this number loads."""
        return CoreSettings(
            models=tuple((one.path, one.digest) for one in models),
            engine=engine,
            device=self.device,
            precision=self.precision,
            num_threads=self.num_threads,
            cores=cores_of(engine, self.num_threads, usable_cores()) if self.pins else (),
            encodes_beside=self.encodes_beside,
            limits=self.limits,
            cuda=replace(self.cuda, device_id=engine % max(1, self.num_gpus)),
            shortlists=self.shortlists,
        )


@dataclass(frozen=True, slots=True)
class StopReport:
    """How many sentences were finished while draining, and how many were cut."""

    num_finished: int
    num_cut: int


class Engines(Protocol):
    """A host of engines: it takes jobs and answers each exactly once, unless it was cancelled.

    The progress of those that stream comes before their results.
    """

    @property
    def is_ready(self) -> bool:
        """True while jobs are taken."""
        ...

    def models(self) -> tuple[ReadyModel, ...]:
        """The models in memory, as an engine that is ready tells it, or told it last."""
        ...

    async def start(self, *, on_result: OnResult, on_progress: OnProgress, on_tick: OnTick) -> None:
        """Returns when every engine is ready; raises CannotStart or EngineDied."""
        ...

    async def load(self, folder: ModelFolder) -> None:
        """Returns when every engine holds one version more; else raises, and none keeps it.

        Raises CannotStart, EngineDied, NotReady.
        """
        ...

    def unload(self, folder: ModelFolder) -> None:
        """Every engine forgets a version that nothing is posted for any more, after its last row."""
        ...

    def post(self, jobs: Sequence[Job]) -> None:
        """Takes jobs; raises NotReady, and then has taken none."""
        ...

    def cancel(self, ids: Iterable[int]) -> None:
        """Forgets jobs: nothing more is heard of them, and their rows are free at the next tick."""
        ...

    async def stop(self, *, grace_seconds: float) -> StopReport:
        """Refuses, drains for at most `grace_seconds`, cuts what is left, and ends."""
        ...
