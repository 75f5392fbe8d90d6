"""The benchmark for GPUs, run on the CPU's memory: that it runs, and that its checks can fail."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from benchmarks import gpu
from benchmarks.bare import jobs_of
from benchmarks.gpu_checks import check_invariance, check_parity, check_placement, margin
from benchmarks.gpu_model import Loaded, load
from benchmarks.texts import read_texts
from service.engine.device import CUDA_PROVIDER, CudaOptions
from service.engine.device_model import DeviceModel
from service.engine.folder import ModelFolder
from service.engine.messages import Found, Job
from service.engine.model import Integers, State, Step
from service.engine.onnx_model import OnnxModel
from service.engine.onnx_runtime import has_cuda, placement
from service.engine.scheduler import BatchLimits
from tests.random_model import write_random_model

LIMITS = BatchLimits(32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> ModelFolder:
    """A random model."""
    return ModelFolder.open(write_random_model(tmp_path_factory.mktemp("store")))


@pytest.fixture(scope="module")
def loaded(folder: ModelFolder) -> Loaded:
    """Loaded with the code for GPUs."""
    return load(folder, "cpu", "fp32", LIMITS, CudaOptions())


@pytest.fixture(scope="module")
def jobs(folder: ModelFolder) -> list[Job]:
    """Some of our own sentences, as far as they fit."""
    texts = gpu.fitting(folder, read_texts(max_texts=100))
    assert texts
    return jobs_of(folder, texts[:20], beam_size=1, limit=12)


def test_all_of_it_runs_on_the_memory_of_the_cpu(
    folder: ModelFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every check passes there, and the report says that it is about no GPU."""
    arguments = "--device cpu --rows 1 9 --max-texts 60 --steps 3 --rounds 1".split()
    out = tmp_path / "report.md"
    assert gpu.main([*arguments, "--model", str(folder.path), "--out", str(out)]) == 0
    report = out.read_text()
    assert report.strip() in capsys.readouterr().out
    assert "Not a GPU" in report
    assert "FAILED" not in report
    assert report.count("| passed |") == 4 + 1 + 2 * 3 + 1
    assert "| 9 |" in report


@pytest.mark.skipif(has_cuda(), reason="CUDA can be asked for here")
def test_without_cuda_it_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2: nothing was checked."""
    assert gpu.main([]) == 2
    assert "no CUDA provider" in capsys.readouterr().out


def test_another_model_fails_the_parity(
    loaded: Loaded, jobs: list[Job], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Positive control: other weights give other tokens, by margins that are no ties."""
    other = OnnxModel.load(write_random_model(tmp_path_factory.mktemp("other"), seed=3))
    assert not check_parity(loaded.model, other, jobs, LIMITS).is_passed


@dataclass
class MixingModel:
    """A model whose scores tell how many rows there are, in their last bits."""

    model: DeviceModel

    def __getattr__(self, name: str) -> Any:
        return getattr(self.model, name)

    def step(self, state: State, previous: Integers, wanted: Integers) -> Step:
        step = self.model.step(state, previous, wanted)
        return replace(step, top_scores=step.top_scores * (1 + len(previous) * 2.0**-20))


def test_a_row_that_sees_its_neighbours_is_noticed(loaded: Loaded) -> None:
    """Positive control: a last bit is enough."""
    assert check_invariance(loaded.model, 1, 8, 16).is_passed
    assert not check_invariance(MixingModel(loaded.model), 1, 8, 16).is_passed  # type: ignore[arg-type]


def test_a_node_on_the_wrong_device_is_noticed(loaded: Loaded) -> None:
    """What computes much must not run elsewhere; shapes may."""
    placed = placement(loaded.sessions[0])
    assert "LSTM" in placed["CPUExecutionProvider"]
    assert not check_placement("encoder", placed, CUDA_PROVIDER).is_passed
    assert check_placement("step", {CUDA_PROVIDER: ["MatMul"], "CPU": ["Shape"]}, CUDA_PROVIDER).is_passed
    assert not check_placement("step", {}, CUDA_PROVIDER).is_passed


@pytest.mark.parametrize(
    ("told", "along", "expected"),
    [
        ((5, 9), (-0.5, -0.75, -2.0), 0.25),  # another second piece
        ((5,), (-0.5, -1.5), 1.0),  # EOS instead of the second piece
        ((5, 7, 8), (-0.5, -0.5, -3.0, -1.0), 2.0),  # a third piece instead of EOS
    ],
)
def test_the_margin_is_that_of_the_first_position_that_parts(
    told: tuple[int, ...], along: tuple[float, ...], expected: float
) -> None:
    """After the same prefix: what the reference gave its own piece, less what it gave the other's."""
    reference = Found((5, 7), (-0.5, -0.5, -1.0), 0.0, "eos", None)
    other = Found(told, along, 0.0, "eos", None)
    assert margin(reference, other, other) == pytest.approx(expected)
