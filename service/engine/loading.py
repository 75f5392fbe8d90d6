"""From a model folder to a model that runs: on the CPU with rows in host memory, on CUDA with rows there."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from service.engine.buckets import Buckets
from service.engine.device import CudaOptions, Device, Precision, Runtime, open_graphs
from service.engine.device_model import DeviceModel
from service.engine.folder import ModelFolder
from service.engine.graph_check import check_graphs
from service.engine.manifest import Manifest
from service.engine.model import Seq2SeqModel
from service.engine.onnx_model import OnnxModel, Running
from service.engine.onnx_runtime import OnnxRuntime
from service.engine.scheduler import BatchLimits
from service.engine.shortlist import with_shortlists


class LoadedModel(Seq2SeqModel, Protocol):
    """A model with its manifest, and what it runs on."""

    manifest: Manifest
    running: Running


def load_model(
    path: Path,
    *,
    device: Device = "cpu",
    precision: Precision = "auto",
    num_threads: int = 1,
    limits: BatchLimits,
    cuda: CudaOptions,
    shortlists: bool = False,
    digest: str | None = None,
    runtime: Runtime | None = None,
) -> LoadedModel:
    """The model in a folder, its files verified against the manifest before the runtime sees them.

    Raises ModelFolderInvalid where files or graphs are not what the manifest says,
    PrecisionUnavailable where the folder has no graphs of that precision, and DeviceUnavailable
    where `device` is "cuda" and CUDA is not really used. With `shortlists`, ShortlistUnavailable
    where they cannot be had.
    """
    folder = ModelFolder.open(path, digest=digest)
    folder.verify()
    runtime = runtime or OnnxRuntime(path)
    opened = open_graphs(runtime, folder, device, precision, num_threads=num_threads, cuda=cuda)
    check_graphs(folder, *opened.sessions)
    if shortlists:
        return with_shortlists(folder, opened, runtime, num_threads=num_threads)
    if opened.actual == "cuda":
        return DeviceModel(folder, opened, runtime, buckets_for(folder.manifest, limits), cuda)
    return OnnxModel(
        folder, *opened.sessions, Running(opened.actual, opened.precision, opened.fallback_reason)
    )


def buckets_for(manifest: Manifest, limits: BatchLimits) -> Buckets:
    """The shapes that a model meets on a device."""
    most = max(limits.max_rows, limits.max_encode)
    return Buckets.up_to(most, manifest.limits.max_source_tokens)
