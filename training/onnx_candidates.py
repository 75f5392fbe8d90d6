"""The best pieces of every row, found in two stages: the blocks with the best maxima, then inside them.

The runtime's TopK over a whole vocabulary is a tenth of a narrow step; this is a fourth of that, and
its answer is the same to the order of equals.
"""

from __future__ import annotations

import numpy as np

from training.graph_writer import GraphWriter
from training.onnx_graph import NUM_CANDIDATES

BLOCK = 32  # pieces


def best_candidates(graph: GraphWriter, logprobs: str, num_pieces: int) -> None:
    """Writes `top_scores` and `top_tokens` [B, K] of log-probabilities [B, V]; equals by their ids."""
    if num_pieces % BLOCK or num_pieces < BLOCK * NUM_CANDIDATES:
        _top(graph, logprobs, ["top_scores", "top_tokens"])
        return
    blocks = graph.node("Reshape", logprobs, graph.integers(0, -1, BLOCK))  # [B, V / BLOCK, BLOCK]
    chosen = _best_blocks(graph, blocks)  # [B, K]
    indices = graph.node("Unsqueeze", chosen, graph.integers(2))
    best = graph.node("GatherND", blocks, indices, batch_dims=1)  # [B, K, BLOCK]
    flat = graph.node("Reshape", best, graph.integers(0, NUM_CANDIDATES * BLOCK))
    _top(graph, flat, ["top_scores", "places"])
    _tokens_at(graph, "places", chosen)


def _best_blocks(graph: GraphWriter, blocks: str) -> str:
    """The blocks with the best maxima in their own order, so that equals stay in order: [B, K].

    No other can hold a candidate: each of these has a piece that is at least as good.
    """
    _top(graph, graph.node("ReduceMax", blocks, axes=[2], keepdims=0), ["block_scores", "best_blocks"])
    _top(graph, "best_blocks", ["blocks_in_order", "their_places"], largest=0)
    return "blocks_in_order"


def _tokens_at(graph: GraphWriter, places: str, chosen: str) -> None:
    """`top_tokens` [B, K]: a place among the chosen blocks' pieces plus what its block lies further on."""
    size = graph.constant(np.array(BLOCK))
    slots = graph.integers(*range(NUM_CANDIDATES))
    further = graph.node("Mul", graph.node("Sub", chosen, slots), size)  # [B, K]
    block = graph.node("Div", places, size)
    graph.node("Add", places, graph.node("GatherElements", further, block, axis=1), output="top_tokens")


def _top(graph: GraphWriter, values: str, outputs: list[str], *, largest: int = 1) -> None:
    count = graph.integers(NUM_CANDIDATES)
    name = f"find_{outputs[1]}"
    graph.node_of_many("TopK", [values, count], outputs, name=name, axis=-1, largest=largest)
