"""Which device is used is what the sessions say, not what was hoped for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from service.engine.device import (
    CudaOptions,
    Device,
    DeviceArray,
    OpenGraphs,
    Place,
    Precision,
    Session,
    open_graphs,
)
from service.engine.errors import DeviceUnavailable, PrecisionUnavailable
from service.engine.folder import ModelFolder
from service.engine.gpus import num_gpus
from service.engine.hosting import EngineSettings
from service.engine.loading import LoadedModel, load_model
from service.engine.model import Array
from service.engine.onnx_runtime import OnnxRuntime, provider_options
from service.engine.scheduler import BatchLimits

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

    def run_with_iobinding(self, iobinding: Any, run_options: Any = None) -> None:
        raise AssertionError("nothing is run here")


@dataclass
class FakeRuntime:
    """Gives CUDA sessions whose providers are those of `cuda`, one after another, or none at all.

    `asked` are the options that each was asked for with.
    """

    cuda: list[list[str]] = field(default_factory=list)
    asked: list[CudaOptions] = field(default_factory=list)

    def open_on_cpu(self, graph: bytes, *, num_threads: int) -> Session:
        return FakeSession([CPU])

    def open_on_cuda(self, graph: bytes, *, num_threads: int, cuda: CudaOptions) -> Session:
        if not self.cuda:
            raise DeviceUnavailable("cuda", "cpu", "no driver")
        self.asked.append(cuda)
        return FakeSession(self.cuda.pop(0))

    def zeros(self, place: Place, shape: tuple[int, ...], dtype: np.dtype[np.generic]) -> DeviceArray:
        raise AssertionError("nothing is allocated here")

    def run_options(self, graph_number: int) -> object:
        raise AssertionError("nothing is run here")


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


def a_model(store_path: Path, device: Device) -> LoadedModel:
    """A model on a device, by the runtime as it is installed."""
    return load_model(
        store_path / "zh-en" / "1",
        device=device,
        limits=BatchLimits(),
        cuda=CudaOptions(captures_graphs=True),
    )


@pytest.mark.parametrize(("device", "actual"), [("cpu", "cpu"), ("auto", "cpu")])
def test_a_machine_without_cuda_serves_on_the_cpu(store_path: Path, device: Device, actual: str) -> None:
    """With the real runtime, as it is installed for CPUs."""
    assert a_model(store_path, device).running.device == actual


def test_a_machine_without_cuda_refuses_to_pretend(store_path: Path) -> None:
    """Asked for CUDA, the real runtime for CPUs is no excuse."""
    with pytest.raises(DeviceUnavailable):
        a_model(store_path, "cuda")
    with pytest.raises(DeviceUnavailable):
        OnnxRuntime(store_path).open_on_cuda(b"", num_threads=1, cuda=CudaOptions())


def test_the_encoder_is_never_captured(folder: ModelFolder) -> None:
    """Its LSTM reads the lengths on the host, which a CUDA graph does not repeat."""
    runtime = FakeRuntime(cuda=[[CUDA], [CUDA]])
    cuda = CudaOptions(device_id=1, memory_bytes=5, captures_graphs=True)
    open_graphs(runtime, folder, "cuda", "fp32", num_threads=1, cuda=cuda)
    assert runtime.asked == [CudaOptions(1, 5, captures_graphs=False), cuda]


def test_fp16_is_no_substitute_for_what_the_folder_lacks(folder: ModelFolder) -> None:
    """Half precision is a choice, and its graphs are a model version's own."""
    with pytest.raises(PrecisionUnavailable, match="no graphs in fp16"):
        opened(FakeRuntime(cuda=[[CUDA], [CUDA]]), folder, "cuda", "fp16")


def test_the_provider_is_told_what_keeps_numbers_and_memory_in_order() -> None:
    """No TF32; memory as it is asked for, up to the limit; copies in order; graphs where wanted."""
    told = provider_options(CudaOptions(device_id=2, memory_bytes=1 << 30, captures_graphs=True))
    assert told == {
        "device_id": "2",
        "use_tf32": "0",
        "arena_extend_strategy": "kSameAsRequested",
        "do_copy_in_default_stream": "1",
        "enable_cuda_graph": "1",
        "gpu_mem_limit": "1073741824",
    }
    assert "gpu_mem_limit" not in provider_options(CudaOptions())
    assert provider_options(CudaOptions())["enable_cuda_graph"] == "0"


@pytest.mark.parametrize(
    ("visible", "expected"),
    [(None, 3), ("", 0), ("-1", 0), ("0", 1), ("2,0", 2), ("0,-1,1", 1), ("0,7", 1), ("GPU-8a2f,GPU-1b", 2)],
)
def test_gpus_are_counted_as_cuda_sees_them(tmp_path: Path, visible: str | None, expected: int) -> None:
    """Device files, as far as CUDA_VISIBLE_DEVICES lets them be seen; no driver is asked."""
    for name in ("nvidia0", "nvidia1", "nvidia2", "nvidiactl", "nvidia-uvm", "tty1"):
        (tmp_path / name).touch()
    environment = {} if visible is None else {"CUDA_VISIBLE_DEVICES": visible}
    assert num_gpus(tmp_path, environment) == expected


@pytest.mark.parametrize(("engine", "gpu"), [(0, 0), (1, 1), (2, 0), (3, 1)])
def test_engines_take_turns_on_the_gpus(engine: int, gpu: int) -> None:
    """More engines than GPUs share them evenly."""
    settings = EngineSettings(device="cuda", num_gpus=2, cuda=CudaOptions(memory_bytes=7))
    assert settings.core([], engine).cuda == CudaOptions(device_id=gpu, memory_bytes=7)
