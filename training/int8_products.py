"""Products of 8-bit integers: rows in unsigned bytes, weights in 7 bits with one scale per output.

Processors without a dot product of bytes (AVX2 without VNNI) add two products of bytes in 16 bits that
saturate: 2 · 255 · 127 does not fit, 2 · 255 · 63 does. With weights of at most ±63 every processor
computes the exact sum. No scale depends on what is in the batch, so neither does a bit of a row.
"""

from __future__ import annotations

import numpy as np

from training.graph_writer import RUNTIME, GraphWriter

MAX_WEIGHT = 63  # 7 bits
MAX_VALUE = 127
ZERO = 128  # the byte that means 0
UNIT = 1.0 / MAX_VALUE  # the scale of what lies within ±1: read-outs, hidden states, memories


def in_bytes(graph: GraphWriter, rows: str) -> str:
    """Rows within ±1 as bytes."""
    return graph.node("QuantizeLinear", rows, graph.scalar(UNIT), zero_byte(graph))


def zero_byte(graph: GraphWriter) -> str:
    """The zero point of bytes."""
    return graph.constant(np.array(ZERO, np.uint8))


def product(graph: GraphWriter, rows: str, weight: np.ndarray, bias: np.ndarray | None, scale: float) -> str:
    """Bytes [..., inputs] of a scale times weight [inputs, outputs] plus bias [outputs], in 32 bits."""
    narrow, scales = narrowed(weight)
    inputs = [rows, graph.constant(narrow), graph.scalar(scale), graph.constant(scales), zero_byte(graph), ""]
    if bias is not None:
        inputs.append(graph.constant(bias.astype(np.float32)))
    return graph.node("MatMulIntegerToFloat", *inputs, domain=RUNTIME)


def narrowed(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A weight [inputs, outputs] in 7 bits and the scale of each output."""
    largest = np.abs(weight).max(axis=0)
    scales = np.where(largest > 0, largest / MAX_WEIGHT, 1.0).astype(np.float32)
    return np.rint(weight / scales).astype(np.int8), scales


def byte_table(table: np.ndarray) -> tuple[np.ndarray, float]:
    """A table of embeddings in bytes, and their one scale."""
    scale = float(np.abs(table).max() / MAX_VALUE)
    return (np.rint(table / scale) + ZERO).astype(np.uint8), scale
