"""Items as the tensors of an inference response.

Attention is [texts, target tokens, source tokens]: of one text the matrices of its sentences along the
diagonal, of several texts filled up with zeros to the largest; the numbers of tokens tell what is filled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray
from starlette.responses import Response

from service.api.dialects.oip.requests import HEADER_LENGTH, InferRequest
from service.api.dialects.oip.tensors import Datatype, Tensor, text_array
from service.api.segments_view import SegmentView
from service.engine.errors import TooLong
from service.engine.translation import LoadedModelInfo
from service.pipeline.items import Item

MAX_CELLS: Final = 1_000_000
"""Of one attention tensor: 4 MB binary, some 10 MB as JSON."""


class InferenceAnswer:
    """The outputs for the items of one request; each is made when it is asked for."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._texts = [item.text for item in items]
        self._views = [SegmentView.all_of(item) for item in items]
        self._sources = [
            [token.text for view in views for token in view.wording.source_tokens] for views in self._views
        ]
        self._targets = [
            [token.text for view in views for token in view.wording.target_tokens] for views in self._views
        ]

    def tensor(self, name: str) -> Tensor:
        """The output of this name; raises TooLong for more than MAX_CELLS of attention."""
        makers: Mapping[str, tuple[Datatype, Callable[[], NDArray[Any]]]] = {
            "translation": ("BYTES", lambda: np.array(self._texts, dtype=object)),
            "attention": ("FP32", self._attention),
            "source_tokens": ("BYTES", lambda: text_array(self._sources)),
            "target_tokens": ("BYTES", lambda: text_array(self._targets)),
            "num_source_tokens": ("INT32", lambda: _lengths(self._sources)),
            "num_target_tokens": ("INT32", lambda: _lengths(self._targets)),
        }
        datatype, make = makers[name]
        return Tensor(name, datatype, make())

    def _attention(self) -> NDArray[np.float32]:
        shape = (len(self._views), *(max(map(len, sides)) for sides in (self._targets, self._sources)))
        if (num_cells := int(np.prod(shape))) > MAX_CELLS:
            raise TooLong("q", MAX_CELLS, num_cells, "cells of attention")
        padded = np.zeros(shape, np.float32)  # [texts, T, S]
        for matrix, views in zip(padded, self._views, strict=True):
            row = column = 0
            for view in views:
                weights = view.wording.weights  # [T, S] of a sentence
                num_rows, num_columns = weights.shape
                matrix[row : row + num_rows, column : column + num_columns] = weights
                row, column = row + num_rows, column + num_columns
        return padded


def infer_response(
    request: InferRequest, model: LoadedModelInfo, tensors: Sequence[tuple[Tensor, bool]]
) -> Response:
    """The answer; tensors that should be binary follow the JSON in their order."""
    outputs, raws = [], []
    for tensor, is_binary in tensors:
        if is_binary:
            raws.append(tensor.raw())
            outputs.append(tensor.describe() | {"parameters": {"binary_data_size": len(raws[-1])}})
        else:
            outputs.append(tensor.describe() | {"data": tensor.data()})
    answer: dict[str, Any] = {"model_name": model.name, "model_version": model.version, "outputs": outputs}
    head = msgspec.json.encode(answer if request.id is None else answer | {"id": request.id})
    if not raws:
        return Response(head, media_type="application/json")
    headers = {HEADER_LENGTH: str(len(head))}
    return Response(b"".join([head, *raws]), media_type="application/octet-stream", headers=headers)


def _lengths(rows: Sequence[Sequence[str]]) -> NDArray[np.int32]:
    return np.array([len(row) for row in rows], np.int32)
