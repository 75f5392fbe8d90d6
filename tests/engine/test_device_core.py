"""An engine's core on CUDA, from the start to a translation; the GPU is pretended."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import onnx
import pytest

from service.engine.core import Core
from service.engine.core_settings import CoreSettings
from service.engine.device import CudaOptions, Device
from service.engine.errors import ModelFolderInvalid
from service.engine.folder import ModelFolder
from service.engine.messages import Done, Post, Result
from service.engine.onnx_model import OnnxModel
from service.engine.scheduler import BatchLimits
from tests.engine.driving import alone, done
from tests.engine.pretended_cuda import PretendedRuntime
from tests.engine.test_onnx_model import random_jobs


def a_core(store_path: Path, runtime: PretendedRuntime, *, device: Device = "cuda", gpu: int = 0) -> Core:
    """A core with one model, at most 32 rows."""
    path = store_path / "zh-en" / "1"
    cuda = CudaOptions(device_id=gpu, memory_bytes=1 << 30, captures_graphs=True)
    models = ((path, ModelFolder.open(path).digest),)
    settings = CoreSettings(models, device=device, limits=BatchLimits(32), cuda=cuda)
    return Core.load(settings, clock=time.monotonic, runtime=runtime)


def test_it_translates_as_on_the_cpu(store_path: Path, random_model: OnnxModel) -> None:
    """Same tokens, scores and attention, and everything that was bound lies on the engine's own GPU."""
    runtime = PretendedRuntime(store_path)
    core = a_core(store_path, runtime, gpu=1)
    (ready,) = core.models
    assert (ready.actual_device, ready.precision, ready.fallback_reason) == ("cuda", "fp32", "")
    jobs = random_jobs(20, seed=3)
    core.receive(Post(tuple(msgspec.structs.replace(job, model="zh-en") for job in jobs)))
    results: dict[int, Result] = {}
    while core.has_work:
        results.update((one.id, one) for one in core.tick().results)
    for job in jobs:
        expected = done(alone(random_model, job, pieces=random_model.manifest.pieces))
        result = results[job.id]
        assert isinstance(result, Done)
        assert result.hypotheses == expected.hypotheses
    assert runtime.asked == {("cuda", 1)}


def test_only_the_step_is_captured_and_every_session_has_the_limit(store_path: Path) -> None:
    """Encoder, step, and the two that move rows."""
    runtime = PretendedRuntime(store_path)
    a_core(store_path, runtime)
    assert [one.captures_graphs for one in runtime.cuda] == [False, True, False, False]
    assert {one.memory_bytes for one in runtime.cuda} == {1 << 30}


@dataclass
class WrongRuntime(PretendedRuntime):
    """A device that computes the step with other weights."""

    def changed(self, graph: bytes) -> bytes:
        model = onnx.load_from_string(graph)
        if "top_scores" in {one.name for one in model.graph.output}:
            for one in model.graph.initializer:
                weights = onnx.numpy_helper.to_array(one)
                if weights.ndim == 2 and weights.dtype == np.float32:
                    one.CopyFrom(onnx.numpy_helper.from_array(weights * np.float32(1.01), one.name))
        return model.SerializeToString()


OUT_OF_MEMORY = RuntimeError("CUDA failure 2: out of memory ; GPU=0")
NO_KERNEL = RuntimeError("CUDA failure 209: no kernel image is available for execution on the device")


@pytest.mark.parametrize(
    ("kind", "error", "reason"),
    [
        (WrongRuntime, None, "from those of the CPU"),
        (PretendedRuntime, OUT_OF_MEMORY, "out of memory"),
        (PretendedRuntime, NO_KERNEL, "no kernel image"),
    ],
)
def test_a_gpu_that_is_wrong_or_full_is_found_at_the_start(
    store_path: Path, kind: type[PretendedRuntime], error: Exception | None, reason: str
) -> None:
    """`cuda` does not start; `auto` serves on the CPU and says why."""
    with pytest.raises(ModelFolderInvalid, match=reason):
        a_core(store_path, kind(store_path, error))
    (ready,) = a_core(store_path, kind(store_path, error), device="auto").models
    assert ready.actual_device == "cpu"
    assert reason in ready.fallback_reason
