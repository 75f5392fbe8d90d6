"""The two ONNX graphs of a model, written node by node, so that no exporter can freeze a shape.

Weights are stored in 16 bits and cast to 32; whoever loads the graph folds the casts, and with them the
products of weights (W_K with W_Q; W_V with W_O and the read-out), which are written as nodes too.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from training.attention import Attention
from training.model import EMBEDDING_SCALE, LOGIT_SCALE, Decoder, Encoder

OPSET = 17
IR_VERSION = 9  # old enough for every runtime we serve with
NUM_CANDIDATES = 9  # one more than the widest beam: all but EOS may be needed
MASKED = -1e9  # added to a padded position's score; its weight becomes exactly 0
NEXT = "next_"
STATE = {"hidden": None, "cell": None, "feed": None, "keys": 1, "values": 1, "source_mask": 1}

Shape = Sequence[int | str]


class GraphWriter:
    """Collects nodes and weights; every method that adds a node returns the name of its output."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []

    def node(self, kind: str, *inputs: str, output: str | None = None, **attributes: object) -> str:
        name = output or f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name

    def constant(self, value: np.ndarray) -> str:
        name = f"constant_{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(value, name))
        return name

    def weight(self, value: np.ndarray) -> str:
        """A weight kept in 16 bits, used in 32."""
        stored = self.constant(np.ascontiguousarray(value, dtype=np.float16))
        return self.node("Cast", stored, to=TensorProto.FLOAT)

    def linear(self, rows: str, weight: str, bias: np.ndarray | None = None) -> str:
        product = self.node("MatMul", rows, weight)
        return product if bias is None else self.node("Add", product, self.weight(bias))

    def finish(self, name: str, inputs: list[onnx.ValueInfoProto], outputs: list[onnx.ValueInfoProto]) -> onnx.ModelProto:
        """The checked model: shapes inferred strictly, one file."""
        graph = helper.make_graph(self.nodes, name, inputs, outputs, self.initializers)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
        model.producer_name = "zhuyi"
        onnx.checker.check_model(model, full_check=True)
        return onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)


def encoder_graph(encoder: Encoder, decoder: Decoder) -> onnx.ModelProto:
    """source [B, S] and source_lengths [B] to the decoder's first state, keys and values included."""
    graph = GraphWriter()
    table = graph.constant((weights_of(encoder.embedding) * EMBEDDING_SCALE).astype(np.float16))
    embedded = graph.node("Cast", graph.node("Gather", table, "source"), to=TensorProto.FLOAT)  # [B, S, E]
    output, final = _bidirectional_lstm(graph, encoder, embedded)
    joined = graph.node("Concat", output, embedded, axis=-1)  # [B, S, 2L + E]
    projected = graph.linear(joined, graph.weight(weights_of(encoder.projection).T), bias_of(encoder.projection))
    memory = graph.node("Tanh", projected)  # [B, S, H]
    initial = graph.linear(final, graph.weight(weights_of(encoder.to_hidden).T), bias_of(encoder.to_hidden))
    hidden = graph.node("Tanh", initial, output="hidden")  # [B, H]
    _keys_and_values(graph, decoder, memory)
    graph.node("Mul", hidden, graph.constant(np.float32(0)), output="cell")
    rows = graph.node("Gather", graph.node("Shape", "source"), graph.constant(np.array([0])))
    width = graph.constant(np.array([decoder.readout.out_features]))
    graph.node("ConstantOfShape", graph.node("Concat", rows, width, axis=0), output="feed")
    _source_mask(graph)
    return graph.finish("encoder", _encoder_inputs(), [_state_info(name, decoder) for name in STATE])


def _bidirectional_lstm(graph: GraphWriter, encoder: Encoder, embedded: str) -> tuple[str, str]:
    """Output [B, S, 2L] and final hidden state [B, 2L] of ONNX's own LSTM, which obeys the lengths."""
    weights = dict(encoder.lstm.named_parameters())
    parts = {}
    for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
        both = [weights[f"{kind}_l0{suffix}"].detach().numpy() for suffix in ("", "_reverse")]
        parts[kind] = np.stack([onnx_gate_order(half) for half in both])  # [2, 4L, …]
    bias = np.concatenate([parts["bias_ih"], parts["bias_hh"]], axis=1)
    operands = [graph.weight(value) for value in (parts["weight_ih"], parts["weight_hh"], bias)]
    time_first = graph.node("Transpose", embedded, perm=[1, 0, 2])  # [S, B, E]
    graph.nodes.append(
        helper.make_node(
            "LSTM", [time_first, *operands, "source_lengths"], ["lstm_output", "lstm_final"],
            name="lstm", direction="bidirectional", hidden_size=encoder.lstm.hidden_size,
        )
    )  # [S, 2, B, L], [2, B, L]
    output = graph.node("Transpose", "lstm_output", perm=[2, 0, 1, 3])  # [B, S, 2, L]
    final = graph.node("Transpose", "lstm_final", perm=[1, 0, 2])  # [B, 2, L]
    return (
        graph.node("Reshape", output, graph.constant(np.array([0, 0, -1]))),
        graph.node("Reshape", final, graph.constant(np.array([0, -1]))),
    )


def _keys_and_values(graph: GraphWriter, decoder: Decoder, memory: str) -> None:
    """Keys [B, S, H] that already hold W_Q and the scale, values [B, S, R] that already hold W_O and the read-out."""
    attention: Attention = decoder.attention
    key, query = graph.weight(weights_of(attention.W_K).T), graph.weight(weights_of(attention.W_Q))
    scaled = graph.node("Mul", graph.node("MatMul", key, query), graph.constant(np.float32(attention.scale)))
    graph.node("MatMul", memory, scaled, output="keys")
    value, output = graph.weight(weights_of(attention.W_V).T), graph.weight(weights_of(attention.W_O).T)
    size = attention.W_O.out_features
    context_half = graph.weight(weights_of(decoder.readout)[:, -size:].T)
    graph.node("MatMul", memory, graph.node("MatMul", graph.node("MatMul", value, output), context_half), output="values")


def _source_mask(graph: GraphWriter) -> None:
    """1 where a position is within the source's length, 0 beyond: [B, S]."""
    zero, one = (graph.constant(np.array(number)) for number in (0, 1))
    num_positions = graph.node("Gather", graph.node("Shape", "source"), one)
    positions = graph.node("Cast", graph.node("Range", zero, num_positions, one), to=TensorProto.INT32)
    lengths = graph.node("Unsqueeze", "source_lengths", graph.constant(np.array([1])))
    graph.node("Cast", graph.node("Less", positions, lengths), to=TensorProto.FLOAT, output="source_mask")


def step_graph(decoder: Decoder) -> onnx.ModelProto:
    """One target position: previous [B], wanted [B] and the state, to candidates, attention and the next state."""
    graph = GraphWriter()
    table = graph.constant(weights_of(decoder.embedding).astype(np.float16))
    embedded = graph.node("Cast", graph.node("Gather", table, "previous"), to=TensorProto.FLOAT)
    scaled = graph.node("Mul", embedded, graph.constant(np.float32(EMBEDDING_SCALE)))  # [B, E]
    _lstm_cell(graph, decoder, graph.node("Concat", scaled, "feed", "hidden", axis=-1))  # [B, E + R + H]
    _attend(graph)
    hidden_half = graph.weight(weights_of(decoder.readout)[:, : decoder.cell.hidden_size].T)
    from_hidden = graph.linear(NEXT + "hidden", hidden_half, bias_of(decoder.readout))
    readout = graph.node("Tanh", graph.node("Add", from_hidden, "context"), output=NEXT + "feed")  # [B, R]
    _candidates(graph, decoder, table, readout)
    inputs = [_info("previous", ["B"], TensorProto.INT64), _info("wanted", ["B"], TensorProto.INT64)]
    inputs += [_state_info(name, decoder) for name in STATE]
    outputs = [_state_info(name, decoder, NEXT + name) for name in ("hidden", "cell", "feed")]
    outputs += [_info("top_scores", ["B", NUM_CANDIDATES]), _info("top_tokens", ["B", NUM_CANDIDATES], TensorProto.INT64)]
    outputs += [_info("wanted_scores", ["B"]), _info("attention", ["B", "S"])]
    return graph.finish("step", inputs, outputs)


def _lstm_cell(graph: GraphWriter, decoder: Decoder, joined: str) -> None:
    """The cell as one product and its gates; PyTorch's order is input, forget, cell, output."""
    cell = decoder.cell
    weight = np.concatenate([cell.weight_ih.detach().numpy(), cell.weight_hh.detach().numpy()], axis=1).T
    bias = (cell.bias_ih + cell.bias_hh).detach().numpy()
    gates = graph.linear(joined, graph.weight(weight), bias)  # [B, 4H]
    names = ["gate_input", "gate_forget", "gate_candidate", "gate_output"]
    sizes = graph.constant(np.array([cell.hidden_size] * 4))
    graph.nodes.append(helper.make_node("Split", [gates, sizes], names, name="gates", axis=1))
    admit, forget, output = (graph.node("Sigmoid", names[index]) for index in (0, 1, 3))
    kept = graph.node("Mul", forget, "cell")
    admitted = graph.node("Mul", admit, graph.node("Tanh", names[2]))
    next_cell = graph.node("Add", kept, admitted, output=NEXT + "cell")
    graph.node("Mul", output, graph.node("Tanh", next_cell), output=NEXT + "hidden")


def _attend(graph: GraphWriter) -> None:
    """softmax(keys · hidden) over the real source positions, and the weighted sum of the values."""
    two, one = graph.constant(np.array([2])), graph.constant(np.array([1]))
    column = graph.node("Unsqueeze", NEXT + "hidden", two)  # [B, H, 1]
    scores = graph.node("Squeeze", graph.node("MatMul", "keys", column), two)  # [B, S]
    padded = graph.node("Sub", "source_mask", graph.constant(np.float32(1)))
    masked = graph.node("Sub", scores, graph.node("Mul", padded, graph.constant(np.float32(MASKED))))
    weights = graph.node("Softmax", masked, axis=-1, output="attention")  # [B, S]
    summed = graph.node("MatMul", graph.node("Unsqueeze", weights, one), "values")  # [B, 1, R]
    graph.node("Squeeze", summed, one, output="context")


def _candidates(graph: GraphWriter, decoder: Decoder, table: str, readout: str) -> None:
    """Log-probabilities of the best pieces and of the wanted one; the softmax shares the embedding's table."""
    scale = graph.constant(np.float32(EMBEDDING_SCALE * LOGIT_SCALE))
    matrix = graph.node("Transpose", graph.node("Mul", graph.node("Cast", table, to=TensorProto.FLOAT), scale), perm=[1, 0])
    scores = graph.linear(readout, matrix, decoder.output_bias.detach().numpy())  # [B, V]
    logprobs = graph.node("LogSoftmax", scores, axis=-1)
    count = graph.constant(np.array([NUM_CANDIDATES]))
    graph.nodes.append(helper.make_node("TopK", [logprobs, count], ["top_scores", "top_tokens"], name="candidates", axis=-1))
    one = graph.constant(np.array([1]))
    wanted = graph.node("Unsqueeze", "wanted", one)
    graph.node("Squeeze", graph.node("GatherElements", logprobs, wanted, axis=1), one, output="wanted_scores")


def onnx_gate_order(gates: np.ndarray) -> np.ndarray:
    """Rows in PyTorch's order (input, forget, cell, output) put into ONNX's (input, output, forget, cell)."""
    admit, forget, candidate, output = np.split(gates, 4)
    return np.concatenate([admit, output, forget, candidate])


def weights_of(module: object) -> np.ndarray:
    """A module's weight as an array."""
    array: np.ndarray = module.weight.detach().numpy()  # type: ignore[attr-defined]
    return array


def bias_of(module: object) -> np.ndarray:
    array: np.ndarray = module.bias.detach().numpy()  # type: ignore[attr-defined]
    return array


def _encoder_inputs() -> list[onnx.ValueInfoProto]:
    return [_info("source", ["B", "S"], TensorProto.INT64), _info("source_lengths", ["B"], TensorProto.INT32)]


def _state_info(name: str, decoder: Decoder, as_name: str | None = None) -> onnx.ValueInfoProto:
    hidden, readout = decoder.cell.hidden_size, decoder.readout.out_features
    sizes: dict[str, Shape] = {"hidden": ["B", hidden], "cell": ["B", hidden], "feed": ["B", readout]}
    sizes |= {"keys": ["B", "S", hidden], "values": ["B", "S", readout], "source_mask": ["B", "S"]}
    return _info(as_name or name, sizes[name])


def _info(name: str, shape: Shape, kind: int = TensorProto.FLOAT) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, list(shape))
