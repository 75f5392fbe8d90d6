"""Which device is used is what the sessions say, not what was hoped for."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from service.engine.core import Core, CoreSettings
from service.engine.device import Device, OpenGraphs, Precision, Session, open_graphs
from service.engine.errors import DeviceUnavailable, ModelFolderInvalid, PrecisionUnavailable
from service.engine.folder import ModelFolder
from service.engine.model import Array
from service.engine.onnx_model import OnnxModel
from service.engine.onnx_runtime import OnnxRuntime

CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"


@dataclass
class FakeSession:
    """A session that runs where it says it runs."""

    providers: list[str]

    def run(self, output_names: Sequence[str] | None, input_feed: dict[str, Array]) -> list[Array]:
        raise AssertionError("nothing is run here")

    def get_inputs(self) -> list[object]:
        return []

    def get_outputs(self) -> list[object]:
        return []

    def get_providers(self) -> list[str]:
        return self.providers

    def io_binding(self) -> Any:
        raise AssertionError("nothing is bound here")

    def run_with_iobinding(self, iobinding: Any) -> None:
        raise AssertionError("nothing is run here")


@dataclass
class FakeRuntime:
    """Gives CUDA sessions whose providers are those of `cuda`, one after another, or none at all."""

    cuda: list[list[str]] = field(default_factory=list)

    def open_on_cpu(self, graph: bytes, *, num_threads: int) -> Session:
        return FakeSession([CPU])

    def open_on_cuda(self, graph: bytes, *, num_threads: int) -> Session:
        if not self.cuda:
            raise DeviceUnavailable("cuda", "cpu", "no driver")
        return FakeSession(self.cuda.pop(0))


@pytest.fixture
def folder(store_path: Path) -> ModelFolder:
    """A model folder without graphs in int8."""
    return ModelFolder.open(store_path / "zh-en" / "1")


def opened(
    runtime: FakeRuntime, folder: ModelFolder, device: Device, precision: Precision = "auto"
) -> OpenGraphs:
    """What a folder's graphs are opened on."""
    return open_graphs(runtime, folder, device, precision, num_threads=1)


def test_cuda_is_used_where_every_session_says_so(folder: ModelFolder) -> None:
    """Both graphs, whether it was demanded or left open."""
    for device in ("cuda", "auto"):
        runtime = FakeRuntime(cuda=[[CUDA, CPU], [CUDA, CPU]])
        assert opened(runtime, folder, device).actual == "cuda"


def test_a_session_that_fell_back_in_silence_is_noticed(folder: ModelFolder) -> None:
    """ONNX Runtime drops a provider that fails with a warning only: the second session runs on the CPU."""
    runtime = FakeRuntime(cuda=[[CUDA, CPU], [CPU]])
    with pytest.raises(DeviceUnavailable) as raised:
        opened(runtime, folder, "cuda")
    assert (raised.value.requested, raised.value.actual) == ("cuda", "cpu")


@pytest.mark.parametrize("cuda", [[], [[CUDA, CPU], [CPU]]])
def test_auto_falls_back_and_says_why(cuda: list[list[str]], folder: ModelFolder) -> None:
    """Both graphs move to the CPU together."""
    graphs = opened(FakeRuntime(cuda), folder, "auto")
    assert graphs.actual == "cpu"
    assert [list(one.get_providers()) for one in graphs.sessions] == [[CPU], [CPU]]
    assert graphs.fallback_reason


def test_the_cpu_is_not_a_fallback(folder: ModelFolder) -> None:
    """Asked for and given: nothing to explain."""
    graphs = opened(FakeRuntime(), folder, "cpu")
    assert (graphs.actual, graphs.fallback_reason) == ("cpu", "")


def test_auto_takes_the_precision_that_there_is(folder: ModelFolder) -> None:
    """Without graphs in int8 the CPU runs in fp32, and says so."""
    assert opened(FakeRuntime(), folder, "cpu").precision == "fp32"


@pytest.mark.parametrize(("device", "precision"), [("cpu", "int8"), ("cpu", "fp16"), ("cuda", "int8")])
def test_a_precision_that_cannot_be_had_stops_the_start(
    folder: ModelFolder, device: Device, precision: Precision
) -> None:
    """No other is taken in its place."""
    with pytest.raises(PrecisionUnavailable):
        opened(FakeRuntime(cuda=[[CUDA], [CUDA]]), folder, device, precision)


@pytest.mark.parametrize(("device", "actual"), [("cpu", "cpu"), ("auto", "cpu")])
def test_a_machine_without_cuda_serves_on_the_cpu(store_path: Path, device: Device, actual: str) -> None:
    """With the real runtime, as it is installed for CPUs."""
    assert OnnxModel.load(store_path / "zh-en" / "1", device=device).running.device == actual


def test_a_machine_without_cuda_refuses_to_pretend(store_path: Path) -> None:
    """Asked for CUDA, the real runtime for CPUs is no excuse."""
    with pytest.raises(DeviceUnavailable):
        OnnxModel.load(store_path / "zh-en" / "1", device="cuda")
    with pytest.raises(DeviceUnavailable):
        OnnxRuntime(store_path).open_on_cuda(b"", num_threads=1)


@dataclass
class UnableSession:
    """Opens on CUDA and fails there at the first run, as on a processor without kernels for it."""

    opened: Session

    def run(self, output_names: Sequence[str] | None, input_feed: dict[str, Array]) -> list[Array]:
        raise RuntimeError("no kernel image is available")

    def get_inputs(self) -> Sequence[object]:
        return self.opened.get_inputs()

    def get_outputs(self) -> Sequence[object]:
        return self.opened.get_outputs()

    def get_providers(self) -> list[str]:
        return [CUDA, CPU]

    def io_binding(self) -> Any:
        return self.opened.io_binding()

    def run_with_iobinding(self, iobinding: Any) -> None:
        raise RuntimeError("no kernel image is available")


class UnableRuntime(OnnxRuntime):
    """The real runtime, with a CUDA that opens and does not run."""

    def open_on_cuda(self, graph: bytes, *, num_threads: int) -> Session:
        return UnableSession(self.open_on_cpu(graph, num_threads=num_threads))


def test_a_cuda_that_cannot_run_is_found_at_the_start(store_path: Path) -> None:
    """`auto` serves on the CPU and says why, `cuda` does not start."""
    path = store_path / "zh-en" / "1"
    models = ((path, ModelFolder.open(path).digest),)
    core = Core.load(CoreSettings(models, device="auto"), clock=time.monotonic, runtime=UnableRuntime(path))
    (ready,) = core.models
    assert (ready.requested_device, ready.actual_device) == ("auto", "cpu")
    assert "no kernel image" in ready.fallback_reason
    with pytest.raises(ModelFolderInvalid, match="no kernel image"):
        Core.load(CoreSettings(models, device="cuda"), clock=time.monotonic, runtime=UnableRuntime(path))
