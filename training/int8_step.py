"""The step's graph in int8: the inputs and outputs of `onnx_graph.step_graph`, narrow products inside.

What the last token adds to the gates is looked up in a table, a product of weights that loading folds;
what the state adds is one product. Attention stays in 32 bits: its operands are no weights.
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto
from torch import Tensor

from training.decoder import EMBEDDING_SCALE, LOGIT_SCALE, Decoder
from training.graph_writer import GraphWriter, bias_of, weights_of
from training.int8_products import UNIT, in_bytes, product
from training.onnx_candidates import best_candidates
from training.onnx_graph import NEXT, attend, step_inputs, step_outputs, wanted_score
from training.onnx_lstm import next_state, onnx_gate_order


def int8_step_graph(decoder: Decoder) -> onnx.ModelProto:
    """One target position: previous [B], wanted [B] and the state to candidates, attention, next state."""
    graph = GraphWriter()
    readout = readout_of_step(graph, decoder)
    bias = decoder.output_bias.detach().numpy()
    logits = product(graph, in_bytes(graph, readout), output_weight(decoder), bias, UNIT)
    logprobs = graph.node("LogSoftmax", logits, axis=-1)
    best_candidates(graph, logprobs, len(bias))
    wanted_score(graph, logprobs)
    return graph.finish("step", step_inputs(decoder), step_outputs(decoder))


def readout_of_step(graph: GraphWriter, decoder: Decoder) -> str:
    """Everything before the projection; writes next state and attention, returns the read-out [B, R]."""
    gates = graph.node("Add", _gates_of_token(graph, decoder), _gates_of_state(graph, decoder))  # [B, 4H]
    next_state(graph, gates, "cell", decoder.cell.hidden_size, NEXT)
    attend(graph)
    hidden_half = weights_of(decoder.readout)[:, : decoder.cell.hidden_size].T
    hidden = in_bytes(graph, NEXT + "hidden")
    from_hidden = product(graph, hidden, hidden_half, bias_of(decoder.readout), UNIT)
    return graph.node("Tanh", graph.node("Add", from_hidden, "context"), output=NEXT + "feed")


def output_weight(decoder: Decoder) -> np.ndarray:
    """The projection's weight, tied to the embedding: [R, V]."""
    return weights_of(decoder.embedding).T * (EMBEDDING_SCALE * LOGIT_SCALE)


def _gates_of_token(graph: GraphWriter, decoder: Decoder) -> str:
    """What the last token adds to the gates: [B, 4H]; the table is kept in 16 bits."""
    embedding = graph.weight(weights_of(decoder.embedding))  # [V, E]
    used = _gates(decoder.cell.weight_ih)[:, : decoder.embedding.embedding_dim]
    gates = graph.node("MatMul", embedding, graph.weight(used.T * EMBEDDING_SCALE))  # [V, 4H]
    table = graph.node("Cast", gates, to=TensorProto.FLOAT16)
    return graph.node("Cast", graph.node("Gather", table, "previous"), to=TensorProto.FLOAT)


def _gates_of_state(graph: GraphWriter, decoder: Decoder) -> str:
    """What read-out and hidden state add to the gates, and the biases: [B, 4H]."""
    cell = decoder.cell
    fed = _gates(cell.weight_ih)[:, decoder.embedding.embedding_dim :]
    weight = np.concatenate([fed, _gates(cell.weight_hh)], axis=1).T  # [R + H, 4H]
    joined = graph.node("Concat", "feed", "hidden", axis=-1)  # [B, R + H]
    return product(graph, in_bytes(graph, joined), weight, _gates(cell.bias_ih + cell.bias_hh), UNIT)


def _gates(parameter: Tensor) -> np.ndarray:
    """Weights or biases of the cell, their gates in ONNX's order."""
    return onnx_gate_order(parameter.detach().numpy())
