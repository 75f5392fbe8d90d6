"""A CUDA that is pretended: sessions say that they run on a GPU, and are bound to the CPU's memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from service.engine.device import CUDA_PROVIDER, CudaOptions, DeviceArray, Place, Session
from service.engine.onnx_runtime import OnnxRuntime


@dataclass
class PretendedBinding:
    """A binding that notes each device it is asked for, and takes the CPU's memory in its place."""

    bound: Any
    asked: set[tuple[str, int]]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.bound, name)

    def bind_input(self, name: str, kind: str, number: int, *memory: Any) -> None:
        self.asked.add((kind, number))
        self.bound.bind_input(name, "cpu", 0, *memory)

    def bind_output(self, name: str, kind: str, number: int, *memory: Any) -> None:
        self.asked.add((kind, number))
        self.bound.bind_output(name, "cpu", 0, *memory)


@dataclass
class PretendedSession:
    """A session on the CPU that says it runs on CUDA; with `error` every run raises it."""

    opened: Any
    asked: set[tuple[str, int]]
    error: Exception | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.opened, name)

    def get_providers(self) -> list[str]:
        return [CUDA_PROVIDER, "CPUExecutionProvider"]

    def io_binding(self) -> PretendedBinding:
        return PretendedBinding(self.opened.io_binding(), self.asked)

    def run_with_iobinding(self, iobinding: PretendedBinding, run_options: object = None) -> None:
        if self.error is not None:
            raise self.error
        self.opened.run_with_iobinding(iobinding.bound, None)


@dataclass
class PretendedRuntime:
    """The real runtime, with such a CUDA; `asked` are the devices that anything was bound to."""

    path: Path
    error: Exception | None = None
    cuda: list[CudaOptions] = field(default_factory=list)
    asked: set[tuple[str, int]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._real = OnnxRuntime(self.path)

    def open_on_cpu(self, graph: bytes, *, num_threads: int) -> Session:
        return self._real.open_on_cpu(graph, num_threads=num_threads)

    def open_on_cuda(self, graph: bytes, *, num_threads: int, cuda: CudaOptions) -> Session:
        self.cuda.append(cuda)
        opened = self._real.open_on_cpu(self.changed(graph), num_threads=num_threads)
        return PretendedSession(opened, self.asked, self.error)  # type: ignore[return-value]

    def changed(self, graph: bytes) -> bytes:
        """The graph as this device computes it."""
        return graph

    def zeros(self, place: Place, shape: tuple[int, ...], dtype: np.dtype[np.generic]) -> DeviceArray:
        self.asked.add((place.kind, place.number))
        return self._real.zeros(Place(), shape, dtype)

    def run_options(self, graph_number: int) -> object:
        return graph_number
