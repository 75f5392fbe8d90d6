"""A step graph bound to one bucket of rows on a device.

Token ids go there in one copy and answers come back in one; attention stays until somebody asks for it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from service.engine.device import Session
from service.engine.device_memory import Memory, View
from service.engine.device_rows import DeviceRows
from service.engine.graph_check import DTYPES
from service.engine.late_array import LateArray
from service.engine.model import Integers

_NEXT = "next_"
_ATTENTION = "attention"
_TOKENS = ("previous", "wanted")
_INT64 = np.dtype(np.int64)
_BYTE = np.dtype(np.uint8)
_ALIGNMENT = 256  # bytes, as the runtime's own arrays are aligned on a GPU


class DeviceStep:
    """One session bound to `rows` as they lie now. `run_options` are given to every run."""

    def __init__(self, session: Session, rows: DeviceRows, memory: Memory, run_options: object) -> None:
        self._session = session
        self._run_options = run_options
        self._num_rows, self._width = rows.bucket
        self._tokens = memory.zeros((len(_TOKENS), self._num_rows), _INT64)
        outputs = [one for one in session.get_outputs() if not one.name.startswith(_NEXT)]
        (attention,) = (one for one in outputs if one.name == _ATTENTION)
        self._attention = memory.zeros((self._num_rows, self._width), np.dtype(DTYPES[attention.type]))
        self._answers = _side_by_side([one for one in outputs if one is not attention], rows, memory)
        self._binding = self._bound(rows)

    def run(self, previous: Integers, wanted: Integers) -> dict[str, Any]:
        """Makes the step; its outputs by name, of the real rows. Raises whatever the runtime raises."""
        num_rows = len(previous)
        tokens = np.zeros((len(_TOKENS), self._num_rows), np.int64)
        tokens[:, :num_rows] = previous, wanted
        self._tokens.array.update_inplace(tokens)
        self._session.run_with_iobinding(self._binding, self._run_options)
        told: dict[str, Any] = self._read(num_rows)
        shape = (num_rows, self._width)
        told[_ATTENTION] = LateArray(lambda: self._attention.array.numpy()[:num_rows], shape)
        return told

    def _read(self, num_rows: int) -> dict[str, Any]:
        """All answers but attention, copied from the device together."""
        first = next(iter(self._answers.values()))
        copied = first.array.numpy()
        return {
            name: copied[one.offset : one.offset + one.num_bytes]
            .view(one.dtype)
            .reshape(one.shape)[:num_rows]
            for name, one in self._answers.items()
        }

    def _bound(self, rows: DeviceRows) -> Any:
        binding = self._session.io_binding()
        for one in self._session.get_inputs():
            self._input(one.name, rows).bind_input(binding, one.name)
        for one in self._session.get_outputs():
            self._output(one.name, rows).bind_output(binding, one.name)
        return binding

    def _input(self, name: str, rows: DeviceRows) -> View:
        if name not in _TOKENS:
            return rows.view(name, self._num_rows)
        offset = _TOKENS.index(name) * self._num_rows * _INT64.itemsize
        return self._tokens.part((self._num_rows,), _INT64, offset)

    def _output(self, name: str, rows: DeviceRows) -> View:
        if name.startswith(_NEXT):
            return rows.view(name.removeprefix(_NEXT), self._num_rows, written=True)
        return self._attention if name == _ATTENTION else self._answers[name]


def _side_by_side(outputs: list[Any], rows: DeviceRows, memory: Memory) -> dict[str, View]:
    """Views of one memory, an output behind the other."""
    forms = {one.name: ((rows.bucket[0], *one.shape[1:]), np.dtype(DTYPES[one.type])) for one in outputs}
    offsets = [0]
    for shape, dtype in forms.values():
        num_bytes = int(np.prod(shape)) * dtype.itemsize
        offsets.append(offsets[-1] + -(-num_bytes // _ALIGNMENT) * _ALIGNMENT)
    whole = memory.zeros((offsets[-1],), _BYTE)
    return {
        name: whole.part(*form, offset)
        for (name, form), offset in zip(forms.items(), offsets[:-1], strict=True)
    }
