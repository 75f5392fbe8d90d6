"""The ONNX side of the seam: bits that do not depend on the batch, and graphs that fit their manifest."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from service.engine.errors import ModelFolderInvalid
from service.engine.messages import Job
from service.engine.model import State
from service.engine.onnx_model import OnnxModel
from tests.engine.driving import a_job, alone, done, in_company
from tests.random_graphs import NUM_PIECES
from tests.random_model import declare_again, write_random_model

SEARCHES: tuple[dict[str, Any], ...] = (
    {},
    {"with_attention": True},
    {"beam_size": 4, "n_best": 2, "with_attention": True},
    {"beam_size": 8},
    {"beam_size": 3, "coverage_penalty": 0.2},
    {"target": (9, 8, 7), "with_attention": True},
)


def a_source(random: np.random.Generator, length: int) -> list[int]:
    """Random pieces."""
    return [int(one) for one in random.integers(4, NUM_PIECES, length)]


def random_jobs(count: int, *, seed: int, longest: int = 40) -> list[Job]:
    """Jobs of random lengths and searches."""
    random = np.random.default_rng(seed)
    lengths = random.integers(1, longest + 1, count)
    return [
        a_job(a_source(random, length), max_target_tokens=12, **SEARCHES[index % len(SEARCHES)])
        for index, length in enumerate(lengths.tolist())
    ]


def test_company_changes_no_bit_of_a_real_model(random_model: OnnxModel) -> None:
    """Tokens, scores and attention of 150 sentences are those of each alone, in fp32 on the CPU."""
    jobs = random_jobs(150, seed=5)
    pieces = random_model.manifest.pieces
    together = in_company(random_model, jobs, pieces=pieces, seed=6)
    for job in jobs:
        single = alone(random_model, job, pieces=pieces)
        assert done(together[job.id]).hypotheses == done(single).hypotheses


def test_a_broken_mask_in_a_graph_is_noticed(tmp_path: Path) -> None:
    """Positive control: a step graph that attends to padding gives itself away."""
    model = OnnxModel.load(write_random_model(tmp_path, mask=0.0))
    jobs = random_jobs(20, seed=5)
    pieces = model.manifest.pieces
    together = in_company(model, jobs, pieces=pieces, seed=6)
    singles = {job.id: done(alone(model, job, pieces=pieces)) for job in jobs}
    assert any(done(together[key]).hypotheses != one.hypotheses for key, one in singles.items())


@pytest.mark.parametrize("length", [1, 7, 8, 9, 15, 16, 31, 33, 63])
def test_no_width_of_padding_changes_a_step(random_model: OnnxModel, length: int) -> None:
    """A row beside a source of 64 tokens, and rows joined in either order, step as the row alone."""
    random = np.random.default_rng(length)
    alone_state = random_model.encode([a_source(random, length)])
    long_state = random_model.encode([a_source(random, 64)])
    previous = np.array([2], np.int64)
    expected = random_model.step(alone_state, previous, previous)
    for states, row in (((alone_state, long_state), 0), ((long_state, alone_state), 1)):
        step = random_model.step(random_model.join(*states, [1]), previous.repeat(2), previous.repeat(2))
        assert np.array_equal(step.top_scores[row], expected.top_scores[0])
        assert np.array_equal(step.attention[row, :length], expected.attention[0, :length])
        assert not step.attention[row, length:].any()


def test_junk_in_padding_changes_nothing(random_model: OnnxModel) -> None:
    """Keys and values beyond the length are never looked at, whatever they hold."""
    random = np.random.default_rng(0)
    state = random_model.encode([a_source(random, 5), a_source(random, 16)])
    arrays = {name: array.copy() for name, array in state.arrays.items()}
    arrays["keys"][0, 5:] = 1e4
    arrays["values"][0, 5:] = -1e9
    previous = np.array([2, 2], np.int64)
    clean = random_model.step(state, previous, previous)
    junk = random_model.step(State(arrays, 2), previous, previous)
    assert np.array_equal(clean.top_scores, junk.top_scores)
    assert np.array_equal(clean.attention, junk.attention)


def test_a_state_that_was_given_away_is_refused(random_model: OnnxModel) -> None:
    """Rows are worked on in place, so an old state would show another's numbers."""
    state = random_model.encode([[5, 6, 7]])
    previous = np.array([2], np.int64)
    first = random_model.step(state, previous, previous).state
    random_model.step(first, previous, previous)
    with pytest.raises(RuntimeError, match="given away"):
        random_model.step(first, previous, previous)


def test_two_states_live_side_by_side(random_model: OnnxModel) -> None:
    """As while a failed batch is tried sentence by sentence."""
    random = np.random.default_rng(0)
    sources = [a_source(random, 9), a_source(random, 20)]
    previous = np.array([2], np.int64)
    together = random_model.step(random_model.encode(sources), previous.repeat(2), previous.repeat(2))
    expected = together.top_scores.copy()
    picked = [random_model.pick(together.state, np.array([row])) for row in (0, 1)]
    apart = [random_model.step(one, previous, previous) for one in picked]
    following = random_model.step(together.state, previous.repeat(2), previous.repeat(2))
    for row, step in enumerate(apart):
        assert np.array_equal(step.top_scores[0], following.top_scores[row])
    assert not np.array_equal(expected, following.top_scores)


def test_bindings_are_bounded(random_model: OnnxModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many shapes are met, and a shape that comes again still answers the same."""
    monkeypatch.setattr("service.engine.bound_step.MAX_BINDINGS", 4)
    random = np.random.default_rng(1)
    state = random_model.encode([a_source(random, 5) for _ in range(12)])
    for num_rows in (12, 11, 10, 9, 8, 7):
        previous = np.full(num_rows, 2, np.int64)
        step = random_model.step(random_model.keep(state, np.arange(num_rows)), previous, previous)
        state = step.state
    assert len(state.home.steps._bound) <= 4


def test_a_graph_that_is_none_is_refused(tmp_path: Path) -> None:
    """An HTML page in the place of a graph, correctly declared: the runtime's refusal becomes ours."""
    path = write_random_model(tmp_path)
    (path / "step.onnx").write_bytes(b"<html>404</html>")
    declare_again(path)
    with pytest.raises(ModelFolderInvalid, match="ONNX Runtime refuses"):
        OnnxModel.load(path)


def test_a_graph_without_a_state_tensor_is_refused_by_name(tmp_path: Path) -> None:
    """The manifest's table and the graphs must name the same tensors."""
    path = write_random_model(tmp_path)
    graph = onnx.load(path / "encoder.onnx")
    del graph.graph.output[2]
    onnx.save(graph, path / "encoder.onnx")
    declare_again(path)
    with pytest.raises(ModelFolderInvalid, match=r"the encoder's outputs .* feed"):
        OnnxModel.load(path)


def test_an_encoder_and_a_step_of_different_models_are_refused(tmp_path: Path) -> None:
    """Sizes are compared before anything runs."""
    path = write_random_model(tmp_path)
    graph = onnx.load(path / "encoder.onnx")
    (maker,) = [node for node in graph.graph.node if "values" in node.output]
    (weights,) = [one for one in graph.graph.initializer if one.name == maker.input[1]]
    narrower = onnx.numpy_helper.to_array(weights)[:, 1:]
    weights.CopyFrom(onnx.numpy_helper.from_array(np.ascontiguousarray(narrower), weights.name))
    (output,) = [one for one in graph.graph.output if one.name == "values"]
    output.type.tensor_type.shape.dim[2].dim_value -= 1
    onnx.save(graph, path / "encoder.onnx")
    declare_again(path)
    with pytest.raises(ModelFolderInvalid, match="disagree about values"):
        OnnxModel.load(path)


def test_the_runtime_is_told_to_send_nothing() -> None:
    """Before it is imported: its telemetry is off wherever this module is used."""
    found = subprocess.run(
        [
            sys.executable,
            "-c",
            "import service.engine.onnx_model, os; print(os.environ['ORT_DISABLE_TELEMETRY'])",
        ],
        capture_output=True,
        check=True,
        text=True,
    )
    assert found.stdout == "1\n"
