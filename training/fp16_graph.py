"""Graphs in half precision, made from those in fp32; for CUDA, where they halve what a step reads.

What a graph takes and gives stays in 32 bits, and so does whatever sums exponentials or ranks by them:
softmax, log-softmax, the candidates. Everything else computes in 16.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from service.engine.manifest import Graphs

FP16 = Graphs(encoder="encoder.fp16.onnx", step="step.fp16.onnx")
LARGEST = 1e4  # -1e9, which hides padding, would be -inf in 16 bits, and a row without a source NaN

_IN_32_BITS = frozenset({"ConstantOfShape", "GatherElements", "LogSoftmax", "ReduceSum", "Softmax", "TopK"})
_EITHER = frozenset({"Reshape", "Squeeze", "Transpose", "Unsqueeze"})  # they only move numbers
_FLOAT, _HALF = int(TensorProto.FLOAT), int(TensorProto.FLOAT16)
_SUFFIXES = {_FLOAT: "_32", _HALF: "_16"}


def write_fp16_graphs(folder: Path) -> None:
    """Writes the two graphs of a model folder in half precision beside those in fp32."""
    fp32 = Graphs()
    for source, target in ((fp32.encoder, FP16.encoder), (fp32.step, FP16.step)):
        (folder / target).write_bytes(in_fp16(onnx.load(folder / source)).SerializeToString())


def in_fp16(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same graph in half precision, checked; `model` stays as it was."""
    inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    halver = _Halver(inferred.graph)
    for node in inferred.graph.node:
        halver.add(node)
    graph = helper.make_graph(
        halver.nodes,
        inferred.graph.name,
        inferred.graph.input,
        inferred.graph.output,
        [_halved(one) for one in inferred.graph.initializer],
    )
    halved = helper.make_model(graph, opset_imports=inferred.opset_import, ir_version=inferred.ir_version)
    onnx.checker.check_model(halved, full_check=True)
    return halved


def _halved(initializer: onnx.TensorProto) -> onnx.TensorProto:
    if initializer.data_type != _FLOAT:
        return initializer
    values = numpy_helper.to_array(initializer).clip(-LARGEST, LARGEST)
    return numpy_helper.from_array(values.astype(np.float16), initializer.name)


class _Halver:
    """Collects the nodes of the new graph; `_types` tells in which precision each value is held there."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        infos = [*graph.input, *graph.output, *graph.value_info]
        self._was_float = {one.name for one in infos if one.type.tensor_type.elem_type == _FLOAT}
        self._was_float |= {one.name for one in graph.initializer if one.data_type == _FLOAT}
        self._outputs = {one.name for one in graph.output}
        self._types: dict[str, int] = {one.name: _FLOAT for one in graph.input}
        self._types |= {one.name: _HALF for one in graph.initializer}
        self._casts: dict[tuple[str, int], str] = {}
        self.nodes: list[onnx.NodeProto] = []

    def add(self, node: onnx.NodeProto) -> None:
        """Adds a node in the precision that is right for it, with casts before and after where needed."""
        kind = self._kind(node)
        inputs = [self._cast(name, kind) if name in self._was_float else name for name in node.input]
        halved = onnx.NodeProto()
        halved.CopyFrom(node)
        halved.input[:] = inputs
        for attribute in halved.attribute:
            if node.op_type == "Cast" and attribute.i == _FLOAT:
                attribute.i = kind
        self.nodes.append(halved)
        for index, name in enumerate(node.output):
            if name in self._was_float:
                self._hold(halved, index, kind)

    def _kind(self, node: onnx.NodeProto) -> int:
        if node.op_type in _IN_32_BITS:
            return _FLOAT
        if node.op_type in _EITHER and node.input[0] in self._was_float:
            return self._types[node.input[0]]
        return _HALF

    def _cast(self, name: str, kind: int) -> str:
        """The value in the wanted precision."""
        if self._types[name] == kind:
            return name
        if (name, kind) not in self._casts:
            self._casts[name, kind] = cast = name + _SUFFIXES[kind]
            self.nodes.append(helper.make_node("Cast", [name], [cast], name=cast, to=kind))
        return self._casts[name, kind]

    def _hold(self, node: onnx.NodeProto, index: int, kind: int) -> None:
        """Notes in which precision an output is; one of the graph's gets its name in 32 bits."""
        name = node.output[index]
        self._types[name] = kind
        if name in self._outputs and kind == _HALF:
            node.output[index] = half = name + _SUFFIXES[kind]
            self._casts[name, kind] = half
            self._types[name] = _FLOAT
            self.nodes.append(
                helper.make_node("Cast", [half], [name], name=name + _SUFFIXES[_FLOAT], to=_FLOAT)
            )
