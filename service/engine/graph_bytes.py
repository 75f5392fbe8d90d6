"""ONNX models as bytes, for small graphs made while loading: the `onnx` package is no part of the service.

Protocol buffers' wire format with the field numbers of onnx.proto; only what our graphs need.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_OPSET = 18
_IR_VERSION = 9
_INT_ATTRIBUTE = 2
_ELEMENT_TYPES = {"float32": 1, "int64": 7, "float16": 10}


def model(
    nodes: Sequence[bytes], inputs: Sequence[bytes], outputs: Sequence[bytes], constants: Sequence[bytes]
) -> bytes:
    """A ModelProto with one graph."""
    graph = [
        *(_bytes(1, one) for one in nodes),
        _bytes(2, "graph"),
        *(_bytes(5, one) for one in constants),
        *(_bytes(11, one) for one in inputs),
        *(_bytes(12, one) for one in outputs),
    ]
    opset = _bytes(1, "") + _integer(2, _OPSET)
    return _integer(1, _IR_VERSION) + _bytes(7, b"".join(graph)) + _bytes(8, opset)


def node(kind: str, inputs: Sequence[str], output: str, **integers: int) -> bytes:
    """A NodeProto of one output; `integers` are its attributes."""
    attributes = (
        _bytes(1, name) + _integer(3, value) + _integer(20, _INT_ATTRIBUTE)
        for name, value in integers.items()
    )
    parts = [
        *(_bytes(1, name) for name in inputs),
        _bytes(2, output),
        _bytes(3, output),
        _bytes(4, kind),
        *(_bytes(5, one) for one in attributes),
    ]
    return b"".join(parts)


def tensor(name: str, dtype: np.dtype[np.generic], shape: Sequence[int | str]) -> bytes:
    """A ValueInfoProto: what a graph declares of an input or output; a name in the shape is a free axis."""
    axes = (_bytes(1, _integer(1, one) if isinstance(one, int) else _bytes(2, one)) for one in shape)
    declared = _integer(1, _ELEMENT_TYPES[dtype.name]) + _bytes(2, b"".join(axes))
    return _bytes(1, name) + _bytes(2, _bytes(1, declared))


def whole_numbers(name: str, *numbers: int) -> bytes:
    """A TensorProto: a constant [numbers] of 64-bit integers, none of them negative."""
    values = b"".join(_integer(7, one) for one in numbers)
    return _integer(1, len(numbers)) + _integer(2, _ELEMENT_TYPES["int64"]) + values + _bytes(8, name)


def _integer(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, content: bytes | str) -> bytes:
    encoded = content.encode() if isinstance(content, str) else content
    return _varint(field << 3 | 2) + _varint(len(encoded)) + encoded


def _varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first; the eighth says that more follow."""
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
