"""The models that the GPU benchmark compares, and ways to drive them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from service.engine.decode_loop import DecodeLoop
from service.engine.device import CudaOptions, Precision, Session, open_graphs
from service.engine.device_model import DeviceModel
from service.engine.folder import ModelFolder
from service.engine.loading import LoadedModel, buckets_for
from service.engine.messages import Done, Found, Job
from service.engine.model import State
from service.engine.onnx_runtime import OnnxRuntime
from service.engine.scheduler import BatchLimits
from service.engine.tally import LoopIdentity
from service.engine.warm_up import warm_up

ENCODED_TOGETHER = 8


class KeepingRuntime(OnnxRuntime):
    """The runtime, with the sessions that it opened: encoder, step, and the two that move rows."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, records_placement=True)
        self.sessions: list[Session] = []

    def open_on_cpu(self, graph: bytes, *, num_threads: int) -> Session:
        self.sessions.append(super().open_on_cpu(graph, num_threads=num_threads))
        return self.sessions[-1]

    def open_on_cuda(self, graph: bytes, *, num_threads: int, cuda: CudaOptions) -> Session:
        self.sessions.append(super().open_on_cuda(graph, num_threads=num_threads, cuda=cuda))
        return self.sessions[-1]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A warm model on the device, its sessions, and how long loading and warming took."""

    model: DeviceModel
    sessions: list[Session]
    limits: BatchLimits
    start_seconds: float


def load(
    folder: ModelFolder,
    device: Literal["cpu", "cuda"],
    precision: Precision,
    limits: BatchLimits,
    cuda: CudaOptions,
) -> Loaded:
    """The code for GPUs on a GPU, or on the CPU's memory; raises CannotStart."""
    started = time.perf_counter()
    folder.verify()
    runtime = KeepingRuntime(folder.path)
    wanted: Precision = "fp32" if device == "cpu" else precision
    opened = open_graphs(runtime, folder, device, wanted, num_threads=1, cuda=cuda)
    model = DeviceModel(folder, opened, runtime, buckets_for(folder.manifest, limits), cuda)
    warm_up(model, folder.manifest, limits, model.buckets)
    return Loaded(model, runtime.sessions, limits, time.perf_counter() - started)


def carried_out(model: LoadedModel, jobs: Sequence[Job], limits: BatchLimits) -> dict[int, Found]:
    """The best hypothesis of every job, all of them posted at once."""
    manifest = model.manifest
    identity = LoopIdentity(0, manifest.name, manifest.version, model.running.device)
    loop = DecodeLoop(model, manifest.pieces, identity, limits=limits, clock=time.monotonic)
    for job in jobs:
        loop.post(job)
    found: dict[int, Found] = {}
    while loop.has_work:
        for result in loop.tick()[1]:
            assert isinstance(result, Done), result
            found[result.id] = result.hypotheses[0]
    return found


def rows_of(model: LoadedModel, sources: Sequence[Sequence[int]]) -> State:
    """A state with a row for each source; they are encoded by eights, so an encoding has one shape."""
    state = State({}, 0)
    for start in range(0, len(sources), ENCODED_TOGETHER):
        encoded = model.encode(sources[start : start + ENCODED_TOGETHER])
        places = range(start, start + encoded.num_rows)
        state = model.join(state, encoded, places) if state.num_rows else encoded
    return state


def dismiss(model: LoadedModel, state: State) -> None:
    """Lets all rows go."""
    model.keep(state, np.arange(0))
