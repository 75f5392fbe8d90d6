"""Half precision: the same answers but for rounding, and the same face outside."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, numpy_helper

from service.engine.onnx_runtime import OnnxRuntime
from tests.random_graphs import NUM_PIECES, encoder_graph, step_graph
from training.fp16_graph import FP16, LARGEST, in_fp16, write_fp16_graphs

RUNTIME = OnnxRuntime(Path("none"))
SOURCE = np.array([[5, 6, 7, 8, 9], [10, 11, 0, 0, 0]])
LENGTHS = np.array([5, 2], np.int32)


@pytest.fixture(scope="module")
def graphs() -> tuple[onnx.ModelProto, onnx.ModelProto]:
    """A random encoder and step in fp32."""
    random = np.random.default_rng(0)
    return (
        onnx.load_from_string(encoder_graph(random)),
        onnx.load_from_string(step_graph(random, mask=1e9)),
    )


def ran(model: onnx.ModelProto, feed: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The outputs of a graph on the CPU, which computes 16 bits in 32 and rounds."""
    session = RUNTIME.open_on_cpu(model.SerializeToString(), num_threads=1)
    names = [one.name for one in session.get_outputs()]
    return dict(zip(names, session.run(names, feed), strict=True))


def test_answers_are_the_same_but_for_rounding(graphs: tuple[onnx.ModelProto, onnx.ModelProto]) -> None:
    """State within a few units of 2 ** -11, the best piece the same, attention 0 beyond the source."""
    encoder, step = graphs
    state = ran(encoder, {"source": SOURCE, "source_lengths": LENGTHS})
    halved_state = ran(in_fp16(encoder), {"source": SOURCE, "source_lengths": LENGTHS})
    for name, expected in state.items():
        assert halved_state[name].dtype == np.float32
        assert np.abs(halved_state[name] - expected).max() < 0.02, name
    feed = {"previous": np.array([2, 2]), "wanted": np.array([3, 3]), **state}
    expected, told = ran(step, feed), ran(in_fp16(step), feed)
    assert np.array_equal(told["top_tokens"][:, 0], expected["top_tokens"][:, 0])
    assert np.abs(told["top_scores"] - expected["top_scores"]).max() < 0.05
    assert np.abs(told["attention"] - expected["attention"]).max() < 0.01
    assert not told["attention"][1, 2:].any()


def test_a_graph_looks_the_same_from_outside(graphs: tuple[onnx.ModelProto, onnx.ModelProto]) -> None:
    """Names, types and shapes of inputs and outputs."""
    for model in graphs:
        halved = in_fp16(model)
        assert list(halved.graph.input) == list(model.graph.input)
        assert list(halved.graph.output) == list(model.graph.output)
        names = [node.name for node in halved.graph.node if node.name]
        assert len(names) == len(set(names))


def test_all_but_what_must_not_computes_in_16_bits(graphs: tuple[onnx.ModelProto, onnx.ModelProto]) -> None:
    """Products take halves; softmax, log-softmax and the candidates take whole numbers of 32 bits."""
    for model in graphs:
        halved = onnx.shape_inference.infer_shapes(in_fp16(model), strict_mode=True)
        infos = [*halved.graph.value_info, *halved.graph.input, *halved.graph.output]
        types = {one.name: one.type.tensor_type.elem_type for one in infos}
        types |= {one.name: one.data_type for one in halved.graph.initializer}
        for node in halved.graph.node:
            if node.op_type in ("MatMul", "LSTM", "Tanh", "Sigmoid"):
                assert types[node.input[0]] == TensorProto.FLOAT16, node
            if node.op_type in ("Softmax", "LogSoftmax", "TopK", "GatherElements"):
                assert types[node.input[0]] == TensorProto.FLOAT, node


def test_no_constant_is_infinite(graphs: tuple[onnx.ModelProto, onnx.ModelProto]) -> None:
    """What hides padding is -10000 instead of -1e9, so a row without a source has no NaN."""
    _, step = graphs
    floats = [
        numpy_helper.to_array(one)
        for one in in_fp16(step).graph.initializer
        if one.data_type == TensorProto.FLOAT16
    ]
    assert max(np.abs(one).max() for one in floats) == LARGEST
    state = {
        name: np.zeros((1, *sizes), np.float32)
        for name, sizes in {
            "hidden": (32,),
            "cell": (32,),
            "feed": (24,),
            "keys": (8, 32),
            "values": (8, 24),
            "source_mask": (8,),
        }.items()
    }
    told = ran(in_fp16(step), {"previous": np.array([2]), "wanted": np.array([3]), **state})
    assert np.isfinite(told["top_scores"]).all()
    assert told["top_tokens"].max() < NUM_PIECES


def test_both_graphs_are_written_beside_those_in_fp32(
    graphs: tuple[onnx.ModelProto, onnx.ModelProto], tmp_path: Path
) -> None:
    """Under names of their own, at little more than half the size of weights in 32 bits."""
    for model, name in zip(graphs, ("encoder", "step"), strict=True):
        onnx.save(model, tmp_path / f"{name}.onnx")
    write_fp16_graphs(tmp_path)
    for halved, name in ((FP16.encoder, "encoder"), (FP16.step, "step")):
        size, before = ((tmp_path / one).stat().st_size for one in (halved, f"{name}.onnx"))
        assert size < 0.7 * before
