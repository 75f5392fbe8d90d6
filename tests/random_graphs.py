"""The two ONNX graphs of a small random model, with the operators of a trained one.

An LSTM encoder, an LSTM cell with input feeding, masked attention, and top-k in the graph.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

NUM_PIECES = 310  # 256 of them are bytes
FEED = 24
_EMBEDDING, _HIDDEN, _CANDIDATES = 24, 32, 9
_SIZES: dict[str, list[int | str]] = {
    "hidden": ["rows", _HIDDEN],
    "cell": ["rows", _HIDDEN],
    "feed": ["rows", FEED],
    "keys": ["rows", "source", _HIDDEN],
    "values": ["rows", "source", FEED],
    "source_mask": ["rows", "source"],
}


def encoder_graph(random: np.random.Generator) -> bytes:
    """The encoder: sources and lengths become one array per state tensor."""
    half = _HIDDEN // 2
    graph = _Graph(random)
    embedded = graph.add(
        "Transpose",
        graph.add("Gather", graph.weights(NUM_PIECES, _EMBEDDING, scale=5.0), "source"),
        perm=[1, 0, 2],
    )
    weights = (
        graph.weights(2, 4 * half, _EMBEDDING),
        graph.weights(2, 4 * half, half),
        graph.weights(2, 8 * half),
    )
    graph.nodes.append(
        helper.make_node(
            "LSTM",
            [embedded, *weights, "source_lengths"],
            ["outputs", "last"],
            direction="bidirectional",
            hidden_size=half,
        )
    )
    encoded = graph.add(
        "Reshape", graph.add("Transpose", "outputs", perm=[2, 0, 1, 3]), graph.whole(0, 0, _HIDDEN)
    )
    last = graph.add("Reshape", graph.add("Transpose", "last", perm=[1, 0, 2]), graph.whole(0, _HIDDEN))
    graph.add("MatMul", encoded, graph.weights(_HIDDEN, _HIDDEN), named="keys")
    graph.add("MatMul", encoded, graph.weights(_HIDDEN, FEED), named="values")
    for name in ("hidden", "cell"):
        graph.add("Tanh", graph.add("MatMul", last, graph.weights(_HIDDEN, _HIDDEN)), named=name)
    graph.add("MatMul", last, graph.constant(np.zeros((_HIDDEN, FEED), np.float32)), named="feed")
    width = graph.add("Squeeze", graph.add("Shape", "source", start=1, end=2))
    zero, one = graph.constant(np.int64(0)), graph.constant(np.int64(1))
    lengths = graph.add(
        "Cast", graph.add("Unsqueeze", "source_lengths", graph.whole(1)), to=TensorProto.INT64
    )
    is_real = graph.add("Less", graph.add("Range", zero, width, one), lengths)
    graph.add("Cast", is_real, to=TensorProto.FLOAT, named="source_mask")
    inputs = [
        _value("source", TensorProto.INT64, ["rows", "source"]),
        _value("source_lengths", TensorProto.INT32, ["rows"]),
    ]
    return graph.model(inputs, [_value(name, TensorProto.FLOAT, sizes) for name, sizes in _SIZES.items()])


def step_graph(random: np.random.Generator, mask: float) -> bytes:
    """The decoder step; `mask` is what is taken from the scores of padding."""
    graph = _Graph(random)
    feed = _advance(graph, mask)
    logits = graph.add("MatMul", feed, graph.weights(FEED, NUM_PIECES, scale=20.0))
    logprobs = graph.add("LogSoftmax", graph.add("Add", logits, graph.eos_bonus()), axis=1)
    graph.nodes.append(
        helper.make_node("TopK", [logprobs, graph.whole(_CANDIDATES)], ["top_scores", "top_tokens"], axis=1)
    )
    second = graph.whole(1)
    wanted = graph.add("GatherElements", logprobs, graph.add("Unsqueeze", "wanted", second), axis=1)
    graph.add("Squeeze", wanted, second, named="wanted_scores")
    return graph.model(
        _step_inputs("previous", "wanted"),
        _step_outputs(_value("wanted_scores", TensorProto.FLOAT, ["rows"])),
    )


def short_step_graph(random: np.random.Generator, mask: float, size: int) -> bytes:
    """The same step with shortlists of `size` pieces; their weights are fed as bytes, 64 meaning 0."""
    graph = _Graph(random)
    feed = _advance(graph, mask)
    zero = graph.constant(np.int8(0))
    narrow = graph.add("QuantizeLinear", feed, graph.constant(np.float32(1 / 127)), zero)
    turned = graph.add("Transpose", narrow, perm=[1, 0])
    sums = graph.add("MatMulInteger", "weight", turned, graph.constant(np.uint8(64)))
    own = graph.add("GatherElements", graph.add("Transpose", sums, perm=[1, 0]), "columns", axis=1)
    scaled = graph.add("Mul", graph.add("Cast", own, to=TensorProto.FLOAT), "scale")
    logprobs = graph.add("LogSoftmax", graph.add("Add", scaled, "bias"), axis=1)
    graph.nodes.append(
        helper.make_node("TopK", [logprobs, graph.whole(_CANDIDATES)], ["top_scores", "places"], axis=1)
    )
    graph.add("GatherElements", "shortlist", "places", named="top_tokens", axis=1)
    inputs = _step_inputs("previous")
    inputs += [_value(name, TensorProto.INT64, ["rows", size]) for name in ("shortlist", "columns")]
    inputs += [_value(name, TensorProto.FLOAT, ["rows", size]) for name in ("scale", "bias")]
    inputs.append(_value("weight", TensorProto.UINT8, ["pieces", FEED]))
    return graph.model(inputs, _step_outputs())


def _advance(graph: _Graph, mask: float) -> str:
    """Everything of a step before its scores; the next read-out [rows, feed]."""
    embedded = graph.add("Gather", graph.weights(NUM_PIECES, _EMBEDDING, scale=5.0), "previous")
    fed = graph.add("Concat", embedded, "feed", "hidden", axis=1)
    gates = graph.add("MatMul", fed, graph.weights(_EMBEDDING + FEED + _HIDDEN, 4 * _HIDDEN))
    graph.nodes.append(helper.make_node("Split", [gates], ["i", "f", "g", "o"], axis=1, num_outputs=4))
    kept = graph.add("Mul", graph.add("Sigmoid", "f"), "cell")
    added = graph.add("Mul", graph.add("Sigmoid", "i"), graph.add("Tanh", "g"))
    cell = graph.add("Add", kept, added, named="next_cell")
    hidden = graph.add("Mul", graph.add("Sigmoid", "o"), graph.add("Tanh", cell), named="next_hidden")
    second = graph.whole(1)
    scores = graph.add(
        "MatMul", graph.add("Unsqueeze", hidden, second), graph.add("Transpose", "keys", perm=[0, 2, 1])
    )
    padding = graph.add("Sub", "source_mask", graph.constant(np.float32(1)))
    masked = graph.add(
        "Add",
        graph.add("Squeeze", scores, second),
        graph.add("Mul", padding, graph.constant(np.float32(mask))),
    )
    attention = graph.add("Softmax", masked, axis=1, named="attention")
    context = graph.add(
        "Squeeze", graph.add("MatMul", graph.add("Unsqueeze", attention, second), "values"), second
    )
    combined = graph.add("Add", graph.add("MatMul", hidden, graph.weights(_HIDDEN, FEED)), context)
    return graph.add("Tanh", combined, named="next_feed")


def _step_inputs(*tokens: str) -> list[onnx.ValueInfoProto]:
    inputs = [_value(name, TensorProto.INT64, ["rows"]) for name in tokens]
    return inputs + [_value(name, TensorProto.FLOAT, sizes) for name, sizes in _SIZES.items()]


def _step_outputs(*further: onnx.ValueInfoProto) -> list[onnx.ValueInfoProto]:
    outputs = [_value(f"next_{name}", TensorProto.FLOAT, _SIZES[name]) for name in ("hidden", "cell", "feed")]
    outputs += [
        _value("top_scores", TensorProto.FLOAT, ["rows", _CANDIDATES]),
        _value("top_tokens", TensorProto.INT64, ["rows", _CANDIDATES]),
        _value("attention", TensorProto.FLOAT, ["rows", "source"]),
    ]
    return outputs + list(further)


def _value(name: str, element_type: int, sizes: list[int | str]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, element_type, sizes)


class _Graph:
    """A graph that is written down node by node."""

    def __init__(self, random: np.random.Generator) -> None:
        self._random = random
        self._initializers: list[onnx.TensorProto] = []
        self.nodes: list[onnx.NodeProto] = []

    def add(self, operator: str, *inputs: str, named: str | None = None, **attributes: Any) -> str:
        """Appends a node with one output and returns the output's name."""
        output = named or f"value_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    def constant(self, array: object) -> str:
        name = f"constant_{len(self._initializers)}"
        self._initializers.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def weights(self, *shape: int, scale: float = 1.0) -> str:
        values = self._random.standard_normal(shape) * scale / np.sqrt(shape[-1])
        return self.constant(values.astype(np.float32))

    def whole(self, *numbers: int) -> str:
        return self.constant(np.array(numbers, np.int64))

    def eos_bonus(self) -> str:
        """Makes sentences end now and then."""
        return self.constant(np.where(np.arange(NUM_PIECES) == 3, 2, 0).astype(np.float32))

    def model(self, inputs: list[onnx.ValueInfoProto], outputs: list[onnx.ValueInfoProto]) -> bytes:
        graph = helper.make_graph(self.nodes, "random", inputs, outputs, self._initializers)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
        onnx.checker.check_model(model)
        return bytes(model.SerializeToString())
