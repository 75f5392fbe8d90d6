"""Tensors of the Open Inference Protocol in JSON and in its binary extension.

Binary: little endian, row by row, without gaps; an element of BYTES is its length in 4 bytes and itself.
https://kserve.github.io/website/docs/concepts/architecture/data-plane/v2-protocol/binary-tensor-data-extension
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from service.api.errors import FieldError, InvalidFields

Datatype = Literal["BYTES", "FP32", "INT32"]
_LENGTH = struct.Struct("<I")
_LITTLE_ENDIAN = {"FP32": "<f4", "INT32": "<i4"}


@dataclass(frozen=True, slots=True, eq=False)
class Tensor:
    """An output: `values` has its shape, and holds texts for BYTES, else numbers."""

    name: str
    datatype: Datatype
    values: NDArray[Any]

    def describe(self) -> dict[str, Any]:
        """Name, type and shape."""
        return {"name": self.name, "datatype": self.datatype, "shape": list(self.values.shape)}

    def data(self) -> list[Any]:
        """The elements for JSON, flattened."""
        elements: list[Any] = self.values.ravel().tolist()
        return elements

    def raw(self) -> bytes:
        """The elements for the binary extension."""
        if self.datatype != "BYTES":
            return self.values.astype(_LITTLE_ENDIAN[self.datatype]).tobytes()
        encoded = [text.encode() for text in self.data()]
        return b"".join(part for one in encoded for part in (_LENGTH.pack(len(one)), one))


def text_array(rows: Sequence[Sequence[str]]) -> NDArray[Any]:
    """Texts as an array [rows, longest row], filled up with ""."""
    width = max(map(len, rows), default=0)
    array = np.full((len(rows), width), "", dtype=object)
    for number, row in enumerate(rows):
        array[number, : len(row)] = row
    return array


def read_texts(raw: bytes, field: str) -> list[str]:
    """The elements of a binary tensor of BYTES; raises InvalidFields."""
    texts: list[str] = []
    position = 0
    while position < len(raw):
        start = position + _LENGTH.size
        if start > len(raw) or (end := start + _LENGTH.unpack_from(raw, position)[0]) > len(raw):
            raise InvalidFields((FieldError(field, "has an element that is longer than the rest"),))
        texts.append(_decode(raw[start:end], field))
        position = end
    return texts


def _decode(element: bytes, field: str) -> str:
    try:
        return element.decode()
    except UnicodeDecodeError:
        raise InvalidFields((FieldError(field, "has an element that is not UTF-8"),)) from None
