"""The int8 step whose rows choose among their own target pieces, and the projection's arrays for it.

The columns of the projection come from outside, those that any row needs; they are the left operand,
so that whoever gathers them copies whole rows. `columns` [B, W] says where a row finds its own.
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto

from training.decoder import Decoder
from training.graph_writer import GraphWriter, tensor_info
from training.int8_products import MAX_WEIGHT, UNIT, narrowed
from training.int8_step import output_weight, readout_of_step
from training.onnx_graph import MASKED, NUM_CANDIDATES, step_inputs, step_outputs

ZERO_WEIGHT = MAX_WEIGHT + 1  # the byte that means 0


def shortlist_step_graph(decoder: Decoder, size: int) -> onnx.ModelProto:
    """A step as in `int8_step`, without a wanted piece; `shortlist` and `columns` are [B, size]."""
    graph = GraphWriter()
    sums = _sums(graph, readout_of_step(graph, decoder))  # [B, C]
    own = graph.node("GatherElements", sums, "columns", axis=1)  # [B, W]
    scaled = graph.node("Mul", graph.node("Cast", own, to=TensorProto.FLOAT), "scale")
    logits = graph.node("Add", scaled, "bias")
    logprobs = graph.node("LogSoftmax", logits, axis=-1)
    count = graph.integers(NUM_CANDIDATES)
    graph.node_of_many("TopK", [logprobs, count], ["top_scores", "places"], name="candidates", axis=-1)
    graph.node("GatherElements", "shortlist", "places", output="top_tokens", axis=1)
    inputs = [one for one in step_inputs(decoder) if one.name != "wanted"]
    inputs += [tensor_info(name, ["B", size], TensorProto.INT64) for name in ("shortlist", "columns")]
    inputs += [tensor_info("weight", ["C", decoder.readout.out_features], TensorProto.UINT8)]
    inputs += [tensor_info(name, ["B", size]) for name in ("scale", "bias")]
    return graph.finish(
        "shortlist_step", inputs, [one for one in step_outputs(decoder) if one.name != "wanted_scores"]
    )


def _sums(graph: GraphWriter, readout: str) -> str:
    """Sums of products of bytes [B, C] with a read-out within ±1 [B, R]."""
    zero, zero_weight = graph.constant(np.array(0, np.int8)), graph.constant(np.array(ZERO_WEIGHT, np.uint8))
    narrow = graph.node("QuantizeLinear", readout, graph.scalar(UNIT), zero)
    rows_last = graph.node("Transpose", narrow, perm=[1, 0])  # [R, B]
    sums = graph.node("MatMulInteger", "weight", rows_last, zero_weight)  # [C, B]
    return graph.node("Transpose", sums, perm=[1, 0])


def output_arrays(decoder: Decoder, pad: int) -> dict[str, np.ndarray]:
    """weight [V, R], scale [V] and bias [V]; PAD gets a bias that makes its share exactly 0."""
    narrow, scales = narrowed(output_weight(decoder))
    bias = decoder.output_bias.detach().numpy().copy()
    bias[pad] = MASKED
    weight = (narrow.T.astype(np.int16) + ZERO_WEIGHT).astype(np.uint8)
    return {"weight": weight, "scale": (scales * UNIT).astype(np.float32), "bias": bias}
