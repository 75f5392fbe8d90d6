"""The GPU's code on the CPU's memory: the same bits as the model for the CPU, in a few shapes only."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from service.engine.buckets import Buckets
from service.engine.device import CudaOptions, DeviceArray, Place, Session, open_graphs
from service.engine.device_failures import OUT_OF_MEMORY
from service.engine.device_model import NO_GRAPH, DeviceModel
from service.engine.errors import ModelFailed
from service.engine.folder import ModelFolder
from service.engine.model import State, Step
from service.engine.onnx_model import OnnxModel
from service.engine.onnx_runtime import OnnxRuntime
from service.engine.scheduler import BatchLimits
from service.engine.warm_up import warm_up
from tests.engine.driving import a_job, a_loop, alone, done, in_company, run_to_end
from tests.engine.test_onnx_model import a_source, random_jobs

BUCKETS = Buckets.up_to(32, 64)


@dataclass
class NotingSession:
    """A real session that notes how often it ran in which shapes, and raises `error` once it is set."""

    opened: Any
    runs: list[dict[str, tuple[int, ...]]] = field(default_factory=list)
    options: list[object] = field(default_factory=list)
    error: Exception | None = None
    fails_from_rows: int = 0
    num_failures: int = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.opened, name)

    def io_binding(self) -> NotingBinding:
        return NotingBinding(self.opened.io_binding())

    def run_with_iobinding(self, iobinding: NotingBinding, run_options: object = None) -> None:
        rows = iobinding.shapes.get("previous", (0,))[0]
        if self.error is not None and rows >= self.fails_from_rows:
            self.num_failures += 1
            raise self.error
        self.runs.append(iobinding.shapes)
        self.options.append(run_options)
        self.opened.run_with_iobinding(iobinding.bound, None)


@dataclass
class NotingBinding:
    """A real binding that notes the shapes of its inputs."""

    bound: Any
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.bound, name)

    def bind_input(self, name: str, *bound: Any) -> None:
        self.shapes[name] = bound[3]
        self.bound.bind_input(name, *bound)


@dataclass
class NotingRuntime:
    """The real runtime; `sessions` are those it opened, `num_arrays` how many arrays it made."""

    real: OnnxRuntime
    sessions: list[NotingSession] = field(default_factory=list)
    num_arrays: int = 0

    def open_on_cpu(self, graph: bytes, *, num_threads: int) -> Session:
        self.sessions.append(NotingSession(self.real.open_on_cpu(graph, num_threads=num_threads)))
        return self.sessions[-1]  # type: ignore[return-value]

    def open_on_cuda(self, graph: bytes, *, num_threads: int, cuda: CudaOptions) -> Session:
        raise AssertionError("there is no GPU here")

    def zeros(self, place: Place, shape: tuple[int, ...], dtype: np.dtype[np.generic]) -> DeviceArray:
        self.num_arrays += 1
        return self.real.zeros(place, shape, dtype)

    def run_options(self, graph_number: int) -> object:
        return graph_number

    @property
    def step(self) -> NotingSession:
        """The session of the step graph."""
        return self.sessions[1]


def a_device_model(
    store_path: Path, *, buckets: Buckets = BUCKETS, captures_graphs: bool = False
) -> tuple[DeviceModel, NotingRuntime]:
    """A random model in the memory of the CPU, and the runtime that it uses."""
    folder = ModelFolder.open(store_path / "zh-en" / "1")
    runtime = NotingRuntime(OnnxRuntime(folder.path))
    cuda = CudaOptions(captures_graphs=captures_graphs)
    opened = open_graphs(runtime, folder, "cpu", "fp32", num_threads=1)
    return DeviceModel(folder, opened, runtime, buckets, cuda), runtime


def test_every_bit_is_that_of_the_model_for_the_cpu(store_path: Path, random_model: OnnxModel) -> None:
    """Tokens, scores and attention of 150 sentences that come and go, greedy, in beams and forced."""
    model, _ = a_device_model(store_path)
    jobs = random_jobs(150, seed=7)
    pieces = model.manifest.pieces
    together = in_company(model, jobs, pieces=pieces, seed=8)
    for job in jobs:
        expected = done(alone(random_model, job, pieces=pieces))
        assert done(together[job.id]).hypotheses == expected.hypotheses


def test_every_run_has_the_shape_of_a_bucket(store_path: Path) -> None:
    """Whoever comes and goes: four widths with two numbers of rows, a binding each for both memories."""
    model, runtime = a_device_model(store_path)
    in_company(model, random_jobs(60, seed=1), pieces=model.manifest.pieces, seed=2)
    met = {(one["previous"], one["keys"][:2]) for one in runtime.step.runs}
    assert {rows for (rows,), _ in met} <= set(BUCKETS.rows)
    assert all(rows == keys[0] and keys[1] in BUCKETS.widths for (rows,), keys in met)
    assert len(met) > 3
    (home,) = model._homes._vacant
    assert len(home.steps) <= 2 * len(BUCKETS.rows) * len(BUCKETS.widths)


def test_nothing_is_allocated_after_the_warm_up(store_path: Path) -> None:
    """Memory is short at the start or never: all arrays are made before the first request."""
    model, runtime = a_device_model(store_path)
    warm_up(model, model.manifest, BatchLimits(), model.buckets)
    before = runtime.num_arrays
    in_company(model, random_jobs(60, seed=3, longest=64), pieces=model.manifest.pieces, seed=4)
    assert runtime.num_arrays == before


def test_the_warm_up_meets_every_bucket_and_begins_with_the_largest(store_path: Path) -> None:
    """Each in both memories, since a step's graph is captured for each."""
    model, runtime = a_device_model(store_path)
    warm_up(model, model.manifest, BatchLimits(), model.buckets)
    shapes = [one["keys"][:2] for one in runtime.step.runs]
    assert shapes[0] == (32, 64)
    assert set(shapes) == {(rows, width) for rows in BUCKETS.rows for width in BUCKETS.widths}
    assert len(shapes) == 2 * len(set(shapes)) + 1


@pytest.mark.parametrize("num_rows", [1, 7, 8])
def test_padded_rows_are_thrown_away(store_path: Path, num_rows: int) -> None:
    """An answer has as many rows as were asked for, and attention as wide as the bucket."""
    model, _ = a_device_model(store_path)
    state = model.encode([[5, 6, 7]] * num_rows)
    step = model.step(state, *[np.full(num_rows, 2)] * 2)
    assert step.top_tokens.shape == step.top_scores.shape == (num_rows, 9)
    assert step.wanted_scores.shape == (num_rows,)
    assert len(step.attention) == num_rows
    assert np.asarray(step.attention).shape == (num_rows, 16)


def test_attention_is_copied_for_those_who_look_at_it_only(store_path: Path) -> None:
    """A greedy search without attention leaves it on the device."""
    model, _ = a_device_model(store_path)
    step = model.step(model.encode([[5, 6, 7]]), *[np.array([2])] * 2)
    part = step.attention[0][:3]
    assert step.attention._array is None  # type: ignore[attr-defined]
    assert part.copy().sum() == pytest.approx(1)
    assert step.attention._array is not None  # type: ignore[attr-defined]


def test_rows_behind_the_batch_change_nothing(store_path: Path) -> None:
    """What a sentence that has left holds, be it no number at all, is computed along and never seen."""
    model, _ = a_device_model(store_path)
    random = np.random.default_rng(0)
    sources = [a_source(random, 9) for _ in range(6)]
    expected = _scores(model.step(model.encode(sources[:2]), *[np.full(2, 2)] * 2))
    state = model.step(model.encode(sources), *[np.full(6, 2)] * 2).state
    home = state.home
    for name in ("keys", "values"):
        home.rows.view(name, 8).array.numpy()[:] = np.nan
    kept = model.join(model.keep(state, np.arange(0)), model.encode(sources[:2]), [0, 1])
    assert np.array_equal(_scores(model.step(kept, *[np.full(2, 2)] * 2)), expected)


def _scores(step: Step) -> np.ndarray:
    return step.top_scores.copy()


def test_a_state_that_was_given_away_is_refused(store_path: Path) -> None:
    """Rows are worked on in place, so an old state would show another's numbers."""
    model, _ = a_device_model(store_path)
    previous = np.array([2])
    first = model.step(model.encode([[5, 6, 7]]), previous, previous).state
    model.step(first, previous, previous)
    with pytest.raises(RuntimeError, match="given away"):
        model.step(first, previous, previous)
    with pytest.raises(RuntimeError, match="given away"):
        model.pick(first, np.array([0]))


def test_two_states_live_side_by_side_and_join(store_path: Path, random_model: OnnxModel) -> None:
    """As after a failed step: each picked row goes on alone, then all are one batch again."""
    model, _ = a_device_model(store_path)
    random = np.random.default_rng(0)
    sources = [a_source(random, length) for length in (9, 40, 20)]
    told = []
    for one in (model, random_model):
        previous = np.full(3, 2)
        state = one.step(one.encode(sources), previous, previous).state
        parts = [one.pick(state, np.array([row])) for row in (2, 0, 1)]
        joined = one.keep(state, np.arange(0))
        for row, part in enumerate(parts):
            joined = one.join(joined, one.step(part, previous[:1], previous[:1]).state, [row])
        told.append(_scores(one.step(joined, previous, previous)))
    assert np.array_equal(*told)


def test_a_small_home_grows(store_path: Path) -> None:
    """A state beside the batch may become as large as the batch."""
    model, _ = a_device_model(store_path)
    model.step(model.encode([[5, 6]]), *[np.array([2])] * 2)
    beside = model.step(model.encode([[7, 8, 9]] * 8), *[np.full(8, 2)] * 2).state
    grown = model.join(beside, model.encode([[7, 8, 9]] * 8), range(8, 16))
    assert grown.home.rows.capacity == 32
    assert model.step(model.keep(grown, np.arange(32) % 16), *[np.full(32, 2)] * 2).state.num_rows == 32


def test_more_rows_than_the_largest_bucket_are_refused(store_path: Path) -> None:
    """No shape is met that was not tried at the start."""
    model, _ = a_device_model(store_path, buckets=Buckets.up_to(8, 64))
    with pytest.raises(ValueError, match="9 is more than 8"):
        model.encode([[5]] * 9)


OUT_OF_MEMORY_TEXTS = (
    "[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : Non-zero status code returned while running MatMul node. "
    "BFCArena::AllocateRawInternal Failed to allocate memory for requested buffer of size 1048576",
    "CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED ; GPU=0",
    "CUDA failure 2: out of memory ; GPU=0",
)


@pytest.mark.parametrize("text", OUT_OF_MEMORY_TEXTS)
def test_being_out_of_memory_is_told_in_one_way(store_path: Path, text: str) -> None:
    """The runtime has many; a state that could not be stepped is as it was."""
    model, runtime = a_device_model(store_path)
    state = model.step(model.encode([[5, 6, 7]]), *[np.array([2])] * 2).state
    runtime.step.error = RuntimeError(text)
    with pytest.raises(ModelFailed) as raised:
        model.step(state, *[np.array([2])] * 2)
    assert raised.value.reason == OUT_OF_MEMORY
    runtime.step.error = None
    assert model.step(state, *[np.array([2])] * 2).state.num_rows == 1


def test_a_first_step_that_fails_leaves_its_home_to_the_next(store_path: Path) -> None:
    """Else the home of the whole batch, bound and captured at the start, would be lost."""
    model, runtime = a_device_model(store_path)
    waiting = model.encode([[5, 6, 7]])
    for session in (runtime.step, runtime.sessions[-1]):  # the step, or the move into the home
        session.error = RuntimeError(OUT_OF_MEMORY_TEXTS[0])
        with pytest.raises(ModelFailed):
            model.step(waiting, *[np.array([2])] * 2)
        session.error = None
    assert model.step(waiting, *[np.array([2])] * 2).state.home.is_main


def test_other_errors_stay_what_they_are(store_path: Path) -> None:
    """Only memory is spoken of."""
    model, runtime = a_device_model(store_path)
    runtime.step.error = RuntimeError("a wrong shape")
    with pytest.raises(RuntimeError, match="a wrong shape"):
        model.step(model.encode([[5]]), *[np.array([2])] * 2)


def test_a_batch_too_large_for_the_memory_goes_on_in_parts(store_path: Path, random_model: OnnxModel) -> None:
    """Where only the large bucket fails, every sentence is translated all the same."""
    model, runtime = a_device_model(store_path)
    runtime.step.error, runtime.step.fails_from_rows = RuntimeError(OUT_OF_MEMORY_TEXTS[0]), 32
    jobs = random_jobs(12, seed=9)
    pieces = model.manifest.pieces
    loop = a_loop(model, pieces=pieces)
    for job in jobs:
        loop.post(job)
    _, results = run_to_end(loop)
    assert runtime.step.num_failures > 1
    for job in jobs:
        assert done(results[job.id]).hypotheses == done(alone(random_model, job, pieces=pieces)).hypotheses


def test_each_step_of_the_batch_is_captured_as_a_graph_of_its_own(store_path: Path) -> None:
    """One number per bucket and memory; what runs beside the batch is neither captured nor replayed."""
    model, runtime = a_device_model(store_path, captures_graphs=True)
    warm_up(model, model.manifest, BatchLimits(), model.buckets)
    numbers = set(runtime.step.options)
    assert numbers == set(range(1, 2 * len(BUCKETS.rows) * len(BUCKETS.widths) + 1))
    random = np.random.default_rng(0)
    states = [model.encode([a_source(random, 5)]) for _ in range(2)]
    for state in states:
        model.step(state, *[np.array([2])] * 2)
    assert runtime.step.options[-2] in numbers
    assert runtime.step.options[-1] == NO_GRAPH


def test_without_graphs_a_run_has_no_options(store_path: Path) -> None:
    """Nothing is captured unless it was asked for."""
    model, runtime = a_device_model(store_path)
    model.step(model.encode([[5]]), *[np.array([2])] * 2)
    assert runtime.step.options == [None]


def test_an_empty_state_takes_whatever_joins(store_path: Path) -> None:
    """A batch that has run dry holds no memory that another state could not use."""
    model, _ = a_device_model(store_path)
    newcomers = model.encode([[5]])
    assert model.join(State({}, 0), newcomers, [0]) is newcomers


def test_a_job_of_the_longest_source_runs(store_path: Path) -> None:
    """The last bucket is as wide as the model's limit."""
    model, _ = a_device_model(store_path)
    job = a_job([5] * 64, max_target_tokens=3)
    assert done(alone(model, job, pieces=model.manifest.pieces)).hypotheses
