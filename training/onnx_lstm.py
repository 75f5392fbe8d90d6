"""The LSTMs of the ONNX graphs: the encoder as ONNX's own node, the decoder's cell as one product."""

from __future__ import annotations

import numpy as np
from torch import nn

from training.graph_writer import GraphWriter


def bidirectional_lstm(graph: GraphWriter, lstm: nn.LSTM, embedded: str) -> tuple[str, str]:
    """Output [B, S, 2L] and final hidden state [B, 2L] of ONNX's own LSTM, which obeys `source_lengths`."""
    weights = [graph.weight(value) for value in operands(lstm)]
    time_first = graph.node("Transpose", embedded, perm=[1, 0, 2])  # [S, B, E]
    graph.node_of_many(
        "LSTM",
        [time_first, *weights, "source_lengths"],
        ["lstm_output", "lstm_final"],
        name="lstm",
        direction="bidirectional",
        hidden_size=lstm.hidden_size,
    )  # [S, 2, B, L], [2, B, L]
    output = graph.node("Transpose", "lstm_output", perm=[2, 0, 1, 3])  # [B, S, 2, L]
    final = graph.node("Transpose", "lstm_final", perm=[1, 0, 2])  # [B, 2, L]
    return (
        graph.node("Reshape", output, graph.integers(0, 0, -1)),
        graph.node("Reshape", final, graph.integers(0, -1)),
    )


def operands(lstm: nn.LSTM) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """W [2, 4L, E], R [2, 4L, L] and B [2, 8L] as ONNX wants them, forwards first."""
    weights = dict(lstm.named_parameters())
    parts = {}
    for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
        both = [weights[f"{kind}_l0{suffix}"].detach().numpy() for suffix in ("", "_reverse")]
        parts[kind] = np.stack([onnx_gate_order(half) for half in both])  # [2, 4L, …]
    bias = np.concatenate([parts["bias_ih"], parts["bias_hh"]], axis=1)  # [2, 8L]
    return parts["weight_ih"], parts["weight_hh"], bias


def onnx_gate_order(gates: np.ndarray) -> np.ndarray:
    """Rows in PyTorch's order (input, forget, cell, output) put into ONNX's (input, output, forget, cell)."""
    admit, forget, candidate, output = np.split(gates, 4)
    return np.concatenate([admit, output, forget, candidate])


def torch_gate_order(gates: np.ndarray) -> np.ndarray:
    """Rows in ONNX's order put into PyTorch's."""
    admit, output, forget, candidate = np.split(gates, 4)
    return np.concatenate([admit, forget, candidate, output])


def lstm_cell(graph: GraphWriter, cell: nn.LSTMCell, joined: str, previous_cell: str, prefix: str) -> None:
    """One step of the cell for joined input and state [B, I + H]; writes `<prefix>hidden` and `<prefix>cell`.

    The gates are one product; PyTorch's order is input, forget, cell, output.
    """
    weight = np.concatenate([cell.weight_ih.detach().numpy(), cell.weight_hh.detach().numpy()], axis=1).T
    bias = (cell.bias_ih + cell.bias_hh).detach().numpy()
    gates = graph.linear(joined, graph.weight(weight), bias)  # [B, 4H]
    names = ["gate_input", "gate_forget", "gate_candidate", "gate_output"]
    sizes = graph.integers(*[cell.hidden_size] * 4)
    graph.node_of_many("Split", [gates, sizes], names, name="gates", axis=1)
    admit, forget, output = (graph.node("Sigmoid", names[index]) for index in (0, 1, 3))
    kept = graph.node("Mul", forget, previous_cell)
    admitted = graph.node("Mul", admit, graph.node("Tanh", names[2]))
    next_cell = graph.node("Add", kept, admitted, output=prefix + "cell")
    graph.node("Mul", output, graph.node("Tanh", next_cell), output=prefix + "hidden")


def next_state(graph: GraphWriter, gates: str, previous_cell: str, num_hidden: int, prefix: str) -> None:
    """The rest of a step, from gates [..., 4H] in ONNX's order; writes `<prefix>hidden` and `<prefix>cell`.

    The three gates of a kind lie side by side, so they are one sigmoid.
    """
    kinds, opened = [prefix + "gates", prefix + "candidate"], ["admit", "output", "forget"]
    sizes = graph.integers(3 * num_hidden, num_hidden)
    graph.node_of_many("Split", [gates, sizes], kinds, name=prefix + "kinds", axis=-1)
    names = [prefix + name for name in opened]
    graph.node_of_many("Split", [graph.node("Sigmoid", kinds[0])], names, name=prefix + "opened", axis=-1)
    kept = graph.node("Mul", names[2], previous_cell)
    admitted = graph.node("Mul", names[0], graph.node("Tanh", kinds[1]))
    next_cell = graph.node("Add", kept, admitted, output=prefix + "cell")
    graph.node("Mul", names[1], graph.node("Tanh", next_cell), output=prefix + "hidden")
