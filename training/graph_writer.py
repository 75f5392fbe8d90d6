"""Writes ONNX graphs node by node; weights are kept in 16 bits and cast to 32, a cast that loading folds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from torch import nn

OPSET = 17
RUNTIME = "com.microsoft"  # the domain of ONNX Runtime's own operators
IR_VERSION = 9  # old enough for every runtime we serve with


class GraphWriter:
    """Collects nodes and weights; a method that adds a node of one output returns that output's name.

    The body of a loop is written by a writer of its own, whose `prefix` keeps its names apart.
    """

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix
        self._nodes: list[onnx.NodeProto] = []
        self._initializers: list[onnx.TensorProto] = []

    def node(self, kind: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        """Adds a node of one output, which gives the node its name."""
        name = output or f"{self._prefix}{kind.lower()}_{len(self._nodes)}"
        self.node_of_many(kind, inputs, [name], name=name, **attributes)
        return name

    def node_of_many(
        self, kind: str, inputs: Sequence[str], outputs: Sequence[str], *, name: str, **attributes: Any
    ) -> None:
        """Adds a node of several outputs."""
        self._nodes.append(helper.make_node(kind, inputs, outputs, name=name, **attributes))

    def constant(self, value: np.ndarray) -> str:
        """An array that keeps its type."""
        name = f"{self._prefix}constant_{len(self._initializers)}"
        self._initializers.append(numpy_helper.from_array(value, name))
        return name

    def scalar(self, value: float) -> str:
        """A number of 32 bits without axes."""
        return self.constant(np.array(value, dtype=np.float32))

    def integers(self, *values: int) -> str:
        """Sizes, axes or indices of 64 bits: [values]."""
        return self.constant(np.array(values))

    def weight(self, value: np.ndarray) -> str:
        """A weight kept in 16 bits, used in 32."""
        stored = self.constant(np.ascontiguousarray(value, dtype=np.float16))
        return self.node("Cast", stored, to=TensorProto.FLOAT)

    def linear(self, rows: str, weight: str, bias: np.ndarray) -> str:
        """rows [..., inputs] times weight [inputs, outputs] plus bias [outputs]."""
        return self.node("Add", self.node("MatMul", rows, weight), self.weight(bias))

    def layer(self, rows: str, module: nn.Linear) -> str:
        """A linear layer of the model, applied to rows [..., inputs]."""
        return self.linear(rows, self.weight(weights_of(module).T), bias_of(module))

    def finish(
        self, name: str, inputs: Sequence[onnx.ValueInfoProto], outputs: Sequence[onnx.ValueInfoProto]
    ) -> onnx.ModelProto:
        """The checked model: shapes inferred strictly, one file."""
        graph = self.graph(name, inputs, outputs)
        model = helper.make_model(graph, opset_imports=self._opsets(), ir_version=IR_VERSION)
        model.producer_name = "zhuyi"
        onnx.checker.check_model(model, full_check=True)
        return onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)

    def graph(
        self, name: str, inputs: Sequence[onnx.ValueInfoProto], outputs: Sequence[onnx.ValueInfoProto]
    ) -> onnx.GraphProto:
        """The nodes and weights so far: a whole graph, or the body of a loop."""
        return helper.make_graph(self._nodes, name, inputs, outputs, self._initializers)

    def _opsets(self) -> list[onnx.OperatorSetIdProto]:
        """ONNX's operators, and the runtime's own where a node is one of them."""
        opsets = [helper.make_opsetid("", OPSET)]
        if any(node.domain == RUNTIME for node in self._nodes):
            opsets.append(helper.make_opsetid(RUNTIME, 1))
        return opsets


def tensor_info(name: str, shape: Sequence[int | str], kind: int = TensorProto.FLOAT) -> onnx.ValueInfoProto:
    """What a graph declares of an input or output; a name in the shape is a free axis."""
    return helper.make_tensor_value_info(name, kind, list(shape))


def weights_of(module: nn.Linear | nn.Embedding) -> np.ndarray:
    """A module's weight as an array."""
    array: np.ndarray = module.weight.detach().numpy()
    return array


def bias_of(module: nn.Linear) -> np.ndarray:
    """A module's bias as an array."""
    array: np.ndarray = module.bias.detach().numpy()
    return array
