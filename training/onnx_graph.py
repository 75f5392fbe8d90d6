"""The two ONNX graphs of a model, written node by node, so that no exporter can freeze a shape.

Products of weights (W_K with W_Q; W_V with W_O and the read-out) are written as nodes; whoever loads the
graph folds them.
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto

from training.decoder import EMBEDDING_SCALE, LOGIT_SCALE, Decoder
from training.graph_writer import GraphWriter, bias_of, tensor_info, weights_of
from training.model import Encoder
from training.onnx_lstm import bidirectional_lstm, lstm_cell

NUM_CANDIDATES = 9  # one more than the widest beam: all but EOS may be needed
MASKED = -1e9  # added to a padded position's score; its weight becomes exactly 0
NEXT = "next_"
STATE = {"hidden": None, "cell": None, "feed": None, "keys": 1, "values": 1, "source_mask": 1}


def encoder_graph(encoder: Encoder, decoder: Decoder) -> onnx.ModelProto:
    """source [B, S] and source_lengths [B] to the decoder's first state, keys and values included."""
    graph = GraphWriter()
    table = graph.constant((weights_of(encoder.embedding) * EMBEDDING_SCALE).astype(np.float16))
    embedded = graph.node("Cast", graph.node("Gather", table, "source"), to=TensorProto.FLOAT)  # [B, S, E]
    output, final = bidirectional_lstm(graph, encoder.lstm, embedded)
    joined = graph.node("Concat", output, embedded, axis=-1)  # [B, S, 2L + E]
    memory = graph.node("Tanh", graph.layer(joined, encoder.projection))  # [B, S, H]
    hidden = graph.node("Tanh", graph.layer(final, encoder.to_hidden), output="hidden")  # [B, H]
    _keys_and_values(graph, decoder, memory)
    graph.node("Mul", hidden, graph.scalar(0.0), output="cell")
    first_feed(graph, decoder)
    source_mask(graph)
    return graph.finish("encoder", encoder_inputs(), [state_info(name, decoder) for name in STATE])


def _keys_and_values(graph: GraphWriter, decoder: Decoder, memory: str) -> None:
    """Keys [B, S, H] with W_Q and the scale in them, values [B, S, R] with W_O and the read-out in them."""
    attention = decoder.attention
    key, query = graph.weight(weights_of(attention.W_K).T), graph.weight(weights_of(attention.W_Q))
    scaled = graph.node("Mul", graph.node("MatMul", key, query), graph.scalar(attention.scale))
    graph.node("MatMul", memory, scaled, output="keys")
    value, output = graph.weight(weights_of(attention.W_V).T), graph.weight(weights_of(attention.W_O).T)
    context_half = graph.weight(weights_of(decoder.readout)[:, -attention.W_O.out_features :].T)
    read = graph.node("MatMul", graph.node("MatMul", value, output), context_half)  # [H, R]
    graph.node("MatMul", memory, read, output="values")


def first_feed(graph: GraphWriter, decoder: Decoder) -> None:
    """The read-out before the first token, zero: [B, R]."""
    rows = graph.node("Gather", graph.node("Shape", "source"), graph.integers(0))
    width = graph.integers(decoder.readout.out_features)
    graph.node("ConstantOfShape", graph.node("Concat", rows, width, axis=0), output="feed")


def source_mask(graph: GraphWriter) -> None:
    """1 where a position is within the source's length, 0 beyond: [B, S]."""
    zero, one = (graph.constant(np.array(number)) for number in (0, 1))
    num_positions = graph.node("Gather", graph.node("Shape", "source"), one)
    positions = graph.node("Cast", graph.node("Range", zero, num_positions, one), to=TensorProto.INT32)
    lengths = graph.node("Unsqueeze", "source_lengths", graph.integers(1))  # [B, 1]
    graph.node("Cast", graph.node("Less", positions, lengths), to=TensorProto.FLOAT, output="source_mask")


def step_graph(decoder: Decoder) -> onnx.ModelProto:
    """One target position: previous [B], wanted [B] and the state to candidates, attention, next state."""
    graph = GraphWriter()
    table = graph.constant(weights_of(decoder.embedding).astype(np.float16))
    embedded = graph.node("Cast", graph.node("Gather", table, "previous"), to=TensorProto.FLOAT)
    scaled = graph.node("Mul", embedded, graph.scalar(EMBEDDING_SCALE))  # [B, E]
    joined = graph.node("Concat", scaled, "feed", "hidden", axis=-1)  # [B, E + R + H]
    lstm_cell(graph, decoder.cell, joined, "cell", NEXT)
    attend(graph)
    hidden_half = graph.weight(weights_of(decoder.readout)[:, : decoder.cell.hidden_size].T)
    from_hidden = graph.linear(NEXT + "hidden", hidden_half, bias_of(decoder.readout))
    readout = graph.node("Tanh", graph.node("Add", from_hidden, "context"), output=NEXT + "feed")  # [B, R]
    _candidates(graph, _logits(graph, decoder, table, readout))
    return graph.finish("step", step_inputs(decoder), step_outputs(decoder))


def attend(graph: GraphWriter) -> None:
    """softmax(keys · hidden) over the real source positions, and the weighted sum of the values."""
    two, one = graph.integers(2), graph.integers(1)
    column = graph.node("Unsqueeze", NEXT + "hidden", two)  # [B, H, 1]
    scores = graph.node("Squeeze", graph.node("MatMul", "keys", column), two)  # [B, S]
    padded = graph.node("Sub", "source_mask", graph.scalar(1.0))
    masked = graph.node("Sub", scores, graph.node("Mul", padded, graph.scalar(MASKED)))
    weights = graph.node("Softmax", masked, axis=-1, output="attention")  # [B, S]
    summed = graph.node("MatMul", graph.node("Unsqueeze", weights, one), "values")  # [B, 1, R]
    graph.node("Squeeze", summed, one, output="context")  # [B, R]


def _logits(graph: GraphWriter, decoder: Decoder, table: str, readout: str) -> str:
    """Scores of all pieces [B, V] before the softmax, which is tied to the embedding."""
    scale = graph.scalar(EMBEDDING_SCALE * LOGIT_SCALE)
    scaled = graph.node("Mul", graph.node("Cast", table, to=TensorProto.FLOAT), scale)  # [V, R]
    matrix = graph.node("Transpose", scaled, perm=[1, 0])
    return graph.linear(readout, matrix, decoder.output_bias.detach().numpy())


def _candidates(graph: GraphWriter, logits: str) -> None:
    """Log-probabilities of the best pieces and of the wanted one, from the scores of all [B, V]."""
    logprobs = graph.node("LogSoftmax", logits, axis=-1)
    count = graph.integers(NUM_CANDIDATES)
    graph.node_of_many("TopK", [logprobs, count], ["top_scores", "top_tokens"], name="candidates", axis=-1)
    wanted_score(graph, logprobs)


def wanted_score(graph: GraphWriter, logprobs: str) -> None:
    """The log-probability of the wanted piece: [B]."""
    one = graph.integers(1)
    wanted = graph.node("Unsqueeze", "wanted", one)  # [B, 1]
    graph.node("Squeeze", graph.node("GatherElements", logprobs, wanted, axis=1), one, output="wanted_scores")


def encoder_inputs() -> list[onnx.ValueInfoProto]:
    """What an encoder is fed, whatever its precision."""
    return [
        tensor_info("source", ["B", "S"], TensorProto.INT64),
        tensor_info("source_lengths", ["B"], TensorProto.INT32),
    ]


def step_inputs(decoder: Decoder) -> list[onnx.ValueInfoProto]:
    """What a step is fed, whatever its precision."""
    tokens = [tensor_info(name, ["B"], TensorProto.INT64) for name in ("previous", "wanted")]
    return [*tokens, *(state_info(name, decoder) for name in STATE)]


def step_outputs(decoder: Decoder) -> list[onnx.ValueInfoProto]:
    """What a step answers, whatever its precision."""
    return [
        *(state_info(name, decoder, NEXT) for name in ("hidden", "cell", "feed")),
        tensor_info("top_scores", ["B", NUM_CANDIDATES]),
        tensor_info("top_tokens", ["B", NUM_CANDIDATES], TensorProto.INT64),
        tensor_info("wanted_scores", ["B"]),
        tensor_info("attention", ["B", "S"]),
    ]


def state_info(name: str, decoder: Decoder, prefix: str = "") -> onnx.ValueInfoProto:
    """What a graph declares of a tensor of the state."""
    hidden, readout = decoder.cell.hidden_size, decoder.readout.out_features
    sizes = {"hidden": [hidden], "cell": [hidden], "feed": [readout]}
    ragged = {"keys": [hidden], "values": [readout], "source_mask": []}
    shape = ["B", *sizes[name]] if name in sizes else ["B", "S", *ragged[name]]
    return tensor_info(prefix + name, shape)
