"""From a model folder to a decode loop that has run and said what it must: the way of every model.

At the start it is the engine's own thread that makes them, later one beside it (loader.py).
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from service.engine.core_settings import CoreSettings
from service.engine.decode_loop import DecodeLoop
from service.engine.device import Device, Precision, Runtime
from service.engine.device_check import require_same_scores
from service.engine.device_model import DeviceModel
from service.engine.errors import ModelFolderInvalid
from service.engine.folder import ModelFolder
from service.engine.golden import require_golden
from service.engine.loading import LoadedModel, load_model
from service.engine.messages import ReadyModel
from service.engine.scheduler import BatchLimits
from service.engine.tally import LoopIdentity
from service.engine.warm_up import warm_up


@dataclass(frozen=True, slots=True)
class WarmLoop:
    """A decode loop without work, and what is told of its model."""

    loop: DecodeLoop
    ready: ReadyModel


def load_warm_loop(
    path: Path,
    digest: str,
    settings: CoreSettings,
    *,
    clock: Callable[[], float],
    runtime: Runtime | None = None,
) -> WarmLoop:
    """Loads, warms and checks the model in a folder; raises CannotStart."""
    started = clock()
    model = _warm_model(path, digest, settings, runtime)
    manifest, running = model.manifest, model.running
    identity = LoopIdentity(settings.engine, manifest.name, manifest.version, running.device)
    executor = ThreadPoolExecutor(1, "encoder") if _encodes_beside(model, settings) else None
    loop = DecodeLoop(
        model, manifest.pieces, identity, limits=settings.limits, clock=clock, executor=executor
    )
    ready = ReadyModel(
        manifest.name,
        manifest.version,
        settings.device,
        running.device,
        running.precision,
        clock() - started,
        running.fallback_reason,
    )
    return WarmLoop(loop, ready)


def _encodes_beside(model: LoadedModel, settings: CoreSettings) -> bool:
    """An encoder in int8 is so quick that it would take more from HTTP's core than the engine gains."""
    if isinstance(model, DeviceModel) or settings.encodes_beside == "off":
        return False
    return settings.encodes_beside == "on" or model.running.precision == "fp32"


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
        _try_out(model, settings.limits, path, digest)
        if isinstance(model, DeviceModel):
            require_same_scores(model, loaded("cpu", "fp32"))
    except ModelFolderInvalid as error:
        if settings.device != "auto" or model.running.device == "cpu":
            raise
        model = loaded("cpu")
        model.running = replace(model.running, fallback_reason=error.reason)
        _try_out(model, settings.limits, path, digest)
    return model


def _try_out(model: LoadedModel, limits: BatchLimits, path: Path, digest: str) -> None:
    """The largest shapes, then the golden sentences; raises ModelFolderInvalid."""
    buckets = model.buckets if isinstance(model, DeviceModel) else None
    warm_up(model, model.manifest, limits, buckets)
    require_golden(model, ModelFolder.open(path, digest=digest), limits)
