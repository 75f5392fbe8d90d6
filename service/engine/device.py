"""Which device a model runs on: asked for, checked, and told truthfully.

What the sessions themselves say decides, never what the package claims to offer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from service.engine.errors import DeviceUnavailable
from service.engine.model import Array

Device = Literal["cpu", "cuda", "auto"]

CUDA_PROVIDER = "CUDAExecutionProvider"


class Session(Protocol):
    """What is used of an ONNX Runtime session."""

    def run(self, output_names: Sequence[str] | None, input_feed: dict[str, Array]) -> list[Array]: ...
    def get_inputs(self) -> Sequence[Any]: ...
    def get_outputs(self) -> Sequence[Any]: ...
    def get_providers(self) -> Sequence[str]: ...


class Runtime(Protocol):
    """Makes sessions from the bytes of graphs."""

    def open_on_cpu(self, graph: bytes, *, num_threads: int) -> Session:
        """A session on the CPU."""
        ...

    def open_on_cuda(self, graph: bytes, *, num_threads: int) -> Session:
        """A session that was asked to run on CUDA; whether it does, it says itself.

        Raises DeviceUnavailable where CUDA cannot even be asked for.
        """
        ...


@dataclass(frozen=True, slots=True)
class OpenSessions:
    """Sessions of one model, all on the same device; `fallback_reason` where `auto` ended on the CPU."""

    sessions: tuple[Session, ...]
    requested: Device
    actual: Literal["cpu", "cuda"]
    fallback_reason: str = ""


def open_sessions(
    runtime: Runtime, graphs: Sequence[bytes], device: Device, *, num_threads: int
) -> OpenSessions:
    """Sessions for all graphs on one device.

    `cuda` raises DeviceUnavailable where CUDA is not really used; `auto` then falls back to the CPU,
    and `actual` and `fallback_reason` tell.
    """
    reason = ""
    if device != "cpu":
        try:
            return OpenSessions(_on_cuda(runtime, graphs, num_threads), device, "cuda")
        except DeviceUnavailable as error:
            if device == "cuda":
                raise
            reason = error.reason
    opened = tuple(runtime.open_on_cpu(graph, num_threads=num_threads) for graph in graphs)
    return OpenSessions(opened, device, "cpu", reason)


def _on_cuda(runtime: Runtime, graphs: Sequence[bytes], num_threads: int) -> tuple[Session, ...]:
    opened = tuple(runtime.open_on_cuda(graph, num_threads=num_threads) for graph in graphs)
    for session in opened:
        providers = list(session.get_providers())
        if providers[:1] != [CUDA_PROVIDER]:
            raise DeviceUnavailable("cuda", "cpu", f"the session runs on {', '.join(providers)}")
    return opened
