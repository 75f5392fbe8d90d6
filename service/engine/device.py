"""Which device and precision a model runs on: asked for, checked, and told truthfully.

What the sessions themselves say decides, never what the package claims to offer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

import numpy as np

from service.engine.errors import DeviceUnavailable, PrecisionUnavailable
from service.engine.folder import ModelFolder
from service.engine.manifest import Graphs
from service.engine.model import Array

Device = Literal["cpu", "cuda", "auto"]
Precision = Literal["auto", "int8", "fp32", "fp16"]

CUDA_PROVIDER = "CUDAExecutionProvider"


class Session(Protocol):
    """What is used of an ONNX Runtime session."""

    def run(self, output_names: Sequence[str] | None, input_feed: dict[str, Array]) -> list[Array]: ...
    def get_inputs(self) -> Sequence[Any]: ...
    def get_outputs(self) -> Sequence[Any]: ...
    def get_providers(self) -> Sequence[str]: ...
    def io_binding(self) -> Any: ...
    def run_with_iobinding(self, iobinding: Any, run_options: Any = None) -> None: ...


@dataclass(frozen=True, slots=True)
class Place:
    """A device's memory, as ONNX Runtime names it."""

    kind: Literal["cpu", "cuda"] = "cpu"
    number: int = 0


class DeviceArray(Protocol):
    """What is used of an ONNX Runtime array (OrtValue) on a device."""

    def data_ptr(self) -> int: ...
    def shape(self) -> Sequence[int]: ...
    def numpy(self) -> Array:
        """A copy on the host; of an array on the CPU, the array itself."""
        ...

    def update_inplace(self, data: Array) -> None:
        """Copies an array of the same size in from the host."""
        ...


@dataclass(frozen=True, slots=True)
class CudaOptions:
    """Which GPU an engine uses, and how.

    `memory_bytes` bounds the memory that each session takes for what it computes, 0 does not;
    `captures_graphs` lets the steps be captured as CUDA graphs.
    """

    device_id: int = 0
    memory_bytes: int = 0
    captures_graphs: bool = False


class Runtime(Protocol):
    """Makes sessions from the bytes of graphs, and arrays that they can be bound to."""

    def open_on_cpu(self, graph: bytes, *, num_threads: int) -> Session:
        """A session on the CPU."""
        ...

    def open_on_cuda(self, graph: bytes, *, num_threads: int, cuda: CudaOptions) -> Session:
        """A session that was asked to run on CUDA; whether it does, it says itself.

        Raises DeviceUnavailable where CUDA cannot even be asked for.
        """
        ...

    def zeros(self, place: Place, shape: tuple[int, ...], dtype: np.dtype[np.generic]) -> DeviceArray:
        """An array on a device."""
        ...

    def run_options(self, graph_number: int) -> object:
        """What lets a run be captured, and later replayed, as the CUDA graph of this number."""
        ...


@dataclass(frozen=True, slots=True)
class OpenGraphs:
    """The encoder and the step of one model, both on the same device in the same precision.

    `fallback_reason` says why `auto` ended on the CPU, "" where it did not.
    """

    sessions: tuple[Session, Session]
    actual: Literal["cpu", "cuda"]
    precision: str
    fallback_reason: str = ""


def open_graphs(
    runtime: Runtime,
    folder: ModelFolder,
    device: Device,
    precision: Precision,
    *,
    num_threads: int,
    cuda: CudaOptions = CudaOptions(),
) -> OpenGraphs:
    """Sessions for the graphs of a folder on one device.

    `cuda` raises DeviceUnavailable where CUDA is not really used; `auto` then falls back to the CPU,
    and `actual` and `fallback_reason` tell. Raises PrecisionUnavailable where the device cannot have it.
    """
    reason = ""
    if device != "cpu":
        try:
            return _on_cuda(runtime, folder, precision, num_threads, cuda)
        except DeviceUnavailable as error:
            if device == "cuda":
                raise
            reason = error.reason
    chosen = _precision_on_cpu(folder, precision)
    graphs = folder.manifest.int8 if chosen == "int8" else folder.manifest.graphs
    assert graphs is not None
    encoder, step = (
        runtime.open_on_cpu(folder.read(file), num_threads=num_threads)
        for file in (graphs.encoder, graphs.step)
    )
    return OpenGraphs((encoder, step), "cpu", chosen, reason)


def _precision_on_cpu(folder: ModelFolder, precision: Precision) -> str:
    if precision == "fp16":
        raise PrecisionUnavailable(precision, "processors gain nothing by it; it is for CUDA")
    if precision == "int8" and folder.manifest.int8 is None:
        raise PrecisionUnavailable(precision, f"{folder.manifest.name} has no graphs in int8")
    if precision == "auto":
        return "fp32" if folder.manifest.int8 is None else "int8"
    return precision


def _on_cuda(
    runtime: Runtime, folder: ModelFolder, precision: Precision, num_threads: int, cuda: CudaOptions
) -> OpenGraphs:
    graphs = _graphs_for_cuda(folder, precision)
    uncaptured = replace(cuda, captures_graphs=False)  # an encoder's LSTM reads the lengths on the host
    encoder = runtime.open_on_cuda(folder.read(graphs.encoder), num_threads=num_threads, cuda=uncaptured)
    step = runtime.open_on_cuda(folder.read(graphs.step), num_threads=num_threads, cuda=cuda)
    for session in (encoder, step):
        require_cuda(session)
    return OpenGraphs((encoder, step), "cuda", "fp16" if precision == "fp16" else "fp32")


def require_cuda(session: Session) -> None:
    """Raises DeviceUnavailable where a session does not run on CUDA, whatever it was asked for."""
    providers = list(session.get_providers())
    if providers[:1] != [CUDA_PROVIDER]:
        raise DeviceUnavailable("cuda", "cpu", f"the session runs on {', '.join(providers)}")


def _graphs_for_cuda(folder: ModelFolder, precision: Precision) -> Graphs:
    if precision == "int8":
        raise PrecisionUnavailable(precision, "its products are for processors; CUDA takes fp32 or fp16")
    if precision != "fp16":
        return folder.manifest.graphs
    if folder.manifest.fp16 is None:
        raise PrecisionUnavailable(precision, f"{folder.manifest.name} has no graphs in fp16")
    return folder.manifest.fp16
