"""The encoder's graph in int8: the inputs and outputs of `onnx_graph.encoder_graph`, narrow products inside.

Embeddings and hidden states are bytes from the start, so nothing is measured while it runs. The LSTM is
a loop over time (ONNX's own operator knows no bytes), both directions in one turn: the backward one
reads each source from its end, and its outputs are put back in order behind the loop.
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper

from training.decoder import EMBEDDING_SCALE, Decoder
from training.graph_writer import GraphWriter, bias_of, tensor_info, weights_of
from training.int8_products import UNIT, ZERO, byte_table, in_bytes, product
from training.model import Encoder
from training.onnx_graph import STATE, encoder_inputs, first_feed, source_mask, state_info
from training.onnx_lstm import next_state, operands


def int8_encoder_graph(encoder: Encoder, decoder: Decoder) -> onnx.ModelProto:
    """source [B, S] and source_lengths [B] to the decoder's first state, keys and values included."""
    graph = GraphWriter()
    rows, scale = byte_table(weights_of(encoder.embedding) * EMBEDDING_SCALE)
    table, lengths = graph.constant(rows), graph.node("Cast", "source_lengths", to=TensorProto.INT64)
    outputs = _lstm(graph, encoder, table, scale, lengths)  # [B, S, 2, L], both in reading order
    _first_hidden(graph, encoder, outputs, lengths)
    forwards_first = _in_order(graph, outputs, lengths)  # [B, S, 2L]
    weight, num_outputs = weights_of(encoder.projection).T, 2 * encoder.lstm.hidden_size
    from_output = product(graph, forwards_first, weight[:num_outputs], bias_of(encoder.projection), UNIT)
    from_table = product(graph, graph.node("Gather", table, "source"), weight[num_outputs:], None, scale)
    memory = graph.node("Tanh", graph.node("Add", from_output, from_table))  # [B, S, H]
    _keys_and_values(graph, decoder, memory)
    graph.node("Mul", "hidden", graph.scalar(0.0), output="cell")
    first_feed(graph, decoder)
    source_mask(graph)
    return graph.finish("encoder", encoder_inputs(), [state_info(name, decoder) for name in STATE])


def _lstm(graph: GraphWriter, encoder: Encoder, table: str, scale: float, lengths: str) -> str:
    """Outputs of both directions as bytes [B, S, 2, L], each in the order in which it reads."""
    inputs, recurrent, biases = operands(encoder.lstm)
    num_hidden = encoder.lstm.hidden_size
    forwards = graph.node("Transpose", "source", perm=[1, 0])  # [S, B]
    backwards = graph.node("ReverseSequence", forwards, lengths, time_axis=0, batch_axis=1)
    gates = []  # 2 x [S, B, 4L]
    for tokens, weight, bias in zip((forwards, backwards), inputs, biases, strict=True):
        embedded = graph.node("Gather", table, tokens)  # [S, B, E]
        gates.append(product(graph, embedded, weight.T, np.add(*np.split(bias, 2)), scale))
    sizes = [graph.integers(2), graph.node("Shape", "source", end=1), graph.integers(num_hidden)]
    shape = graph.node("Concat", *sizes, axis=0)
    zero_bytes = helper.make_tensor("zero", TensorProto.UINT8, [1], [ZERO])
    first = [graph.node("ConstantOfShape", shape, value=zero_bytes), graph.node("ConstantOfShape", shape)]
    graph.node_of_many(
        "Scan",
        [*first, *gates],
        ["last_hidden", "last_cell", "lstm_output"],
        name="lstm",
        body=_turn(recurrent, num_hidden),
        num_scan_inputs=2,
    )  # [S, 2, B, L]
    return graph.node("Transpose", "lstm_output", perm=[2, 0, 1, 3])


def _turn(recurrent: np.ndarray, num_hidden: int) -> onnx.GraphProto:
    """One time step of both directions: hidden state in bytes, cell, gates of the two inputs."""
    body = GraphWriter(prefix="turn_")
    halves = ["turn_forwards", "turn_backwards"]
    body.node_of_many("Split", ["turn_hidden"], halves, name="turn_halves", axis=0)  # 2 x [1, B, L]
    gates = [
        body.node("Add", product(body, half, weight.T, None, UNIT), f"{half}_gates")  # [1, B, 4L]
        for half, weight in zip(halves, recurrent, strict=True)
    ]
    next_state(body, body.node("Concat", *gates, axis=0), "turn_cell", num_hidden, "turn_next_")
    narrow = in_bytes(body, "turn_next_hidden")
    body.node("Identity", narrow, output="turn_output")

    def state(name: str, kind: int) -> onnx.ValueInfoProto:
        return tensor_info(name, [2, "B", num_hidden], kind)

    inputs = [state("turn_hidden", TensorProto.UINT8), state("turn_cell", TensorProto.FLOAT)]
    inputs += [tensor_info(f"{half}_gates", ["B", 4 * num_hidden]) for half in halves]
    outputs = [state(narrow, TensorProto.UINT8), state("turn_next_cell", TensorProto.FLOAT)]
    return body.graph("turn", inputs, [*outputs, state("turn_output", TensorProto.UINT8)])


def _first_hidden(graph: GraphWriter, encoder: Encoder, outputs: str, lengths: str) -> None:
    """The decoder's first hidden state [B, H], from what both directions end with."""
    last = graph.node("Unsqueeze", graph.node("Sub", lengths, graph.integers(1)), graph.integers(1))  # [B, 1]
    final = graph.node("GatherND", outputs, last, batch_dims=1)  # [B, 2, L]
    joined = graph.node("Reshape", final, graph.integers(0, -1))  # [B, 2L]
    weight, bias = weights_of(encoder.to_hidden).T, bias_of(encoder.to_hidden)
    graph.node("Tanh", product(graph, joined, weight, bias, UNIT), output="hidden")


def _in_order(graph: GraphWriter, outputs: str, lengths: str) -> str:
    """Outputs [B, S, 2, L] as [B, S, 2L], the backward half turned round."""
    halves = ["read_forwards", "read_backwards"]
    graph.node_of_many("Split", [outputs], halves, name="directions", axis=2)  # 2 x [B, S, 1, L]
    turned = graph.node("ReverseSequence", halves[1], lengths, time_axis=1, batch_axis=0)
    both = graph.node("Concat", halves[0], turned, axis=2)
    return graph.node("Reshape", both, graph.integers(0, 0, -1))


def _keys_and_values(graph: GraphWriter, decoder: Decoder, memory: str) -> None:
    """Keys [B, S, H] with W_Q and the scale in them, values [B, S, R] with W_O and the read-out in them."""
    attention = decoder.attention
    key = weights_of(attention.W_K).T @ weights_of(attention.W_Q) * attention.scale  # [H, H]
    context_half = weights_of(decoder.readout)[:, -attention.W_O.out_features :].T
    value = weights_of(attention.W_V).T @ weights_of(attention.W_O).T @ context_half  # [H, R]
    both = product(graph, in_bytes(graph, memory), np.concatenate([key, value], axis=1), None, UNIT)
    sizes = graph.integers(key.shape[1], value.shape[1])
    graph.node_of_many("Split", [both, sizes], ["keys", "values"], name="keys_and_values", axis=-1)
