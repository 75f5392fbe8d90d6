"""The decode loops of all models in one thread: messages in, a tick at a time, reports out.

The same core runs in an engine process, in the command line's own process and in tests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from service.engine.decode_loop import DecodeLoop
from service.engine.device import CudaOptions, Device, Precision, Runtime
from service.engine.device_check import require_same_scores
from service.engine.device_model import DeviceModel
from service.engine.errors import ModelFolderInvalid
from service.engine.loading import LoadedModel, load_model
from service.engine.messages import Cancel, Post, Progress, ReadyModel, Report, Result, TickRecord
from service.engine.scheduler import BatchLimits
from service.engine.tally import LoopIdentity
from service.engine.warm_up import warm_up


@dataclass(frozen=True, slots=True)
class CoreSettings:
    """What an engine loads and how it runs: folders with their manifests' digests, device, bounds.

    A process of its own keeps to `cores`; none leaves that to the system.
    """

    models: tuple[tuple[Path, str], ...]
    engine: int = 0
    device: Device = "cpu"
    precision: Precision = "auto"
    num_threads: int = 1
    cores: tuple[int, ...] = ()
    limits: BatchLimits = field(default_factory=BatchLimits)
    cuda: CudaOptions = field(default_factory=CudaOptions)
    shortlists: bool = False


class Core:
    """Decode loops by the name of their model."""

    def __init__(self, loops: Mapping[str, DecodeLoop], models: tuple[ReadyModel, ...] = ()) -> None:
        self._loops = dict(loops)
        self.models = models

    @classmethod
    def load(
        cls, settings: CoreSettings, *, clock: Callable[[], float], runtime: Runtime | None = None
    ) -> Core:
        """Loads and warms every model; raises CannotStart."""
        loops: dict[str, DecodeLoop] = {}
        ready: list[ReadyModel] = []
        for path, digest in settings.models:
            started = clock()
            model = _warm_model(path, digest, settings, runtime)
            manifest = model.manifest
            running = model.running
            identity = LoopIdentity(settings.engine, manifest.name, manifest.version, running.device)
            loops[manifest.name] = DecodeLoop(
                model, manifest.pieces, identity, limits=settings.limits, clock=clock
            )
            seconds = clock() - started
            ready.append(
                ReadyModel(
                    manifest.name,
                    manifest.version,
                    settings.device,
                    running.device,
                    running.precision,
                    seconds,
                    running.fallback_reason,
                )
            )
        return cls(loops, tuple(ready))

    @property
    def has_work(self) -> bool:
        """True while a tick would do something."""
        return any(loop.has_work for loop in self._loops.values())

    def receive(self, message: Post | Cancel) -> None:
        """Queues jobs, or forgets some."""
        if isinstance(message, Cancel):
            for loop in self._loops.values():
                loop.cancel(message.ids)
            return
        for job in message.jobs:
            self._loops[job.model].post(job)

    def tick(self) -> Report:
        """One tick of every model that has work."""
        records: list[TickRecord] = []
        results: list[Result] = []
        progress: list[Progress] = []
        for loop in self._loops.values():
            if loop.has_work:
                record, ended = loop.tick()
                records.append(record)
                results.extend(ended)
                progress.extend(loop.progress)
        return Report(tuple(records), tuple(results), tuple(progress))


def _warm_model(path: Path, digest: str, settings: CoreSettings, runtime: Runtime | None) -> LoadedModel:
    """A model that has run; `auto` falls back where CUDA opens a model but cannot run it, or runs it wrong.

    Raises CannotStart.
    """

    def loaded(device: Device, precision: Precision = settings.precision) -> LoadedModel:
        return load_model(
            path,
            device=device,
            precision=precision,
            num_threads=settings.num_threads,
            limits=settings.limits,
            cuda=settings.cuda,
            shortlists=settings.shortlists,
            digest=digest,
            runtime=runtime,
        )

    model = loaded(settings.device)
    try:
        if isinstance(model, DeviceModel):
            warm_up(model, model.manifest, settings.limits, model.buckets)
            require_same_scores(model, loaded("cpu", "fp32"))
        else:
            warm_up(model, model.manifest, settings.limits)
    except ModelFolderInvalid as error:
        if settings.device != "auto" or model.running.device == "cpu":
            raise
        model = loaded("cpu")
        model.running = replace(model.running, fallback_reason=error.reason)
        warm_up(model, model.manifest, settings.limits)
    return model
