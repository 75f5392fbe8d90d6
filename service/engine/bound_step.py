"""A step graph bound to the memory of its rows, so that a step copies nothing but token ids.

Bindings are kept by shape, a bounded number of them; a binding is void once the memory has moved.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from service.engine.device import Session
from service.engine.graph_check import DTYPES
from service.engine.model import Array, Integers
from service.engine.slots import Slots

MAX_BINDINGS = 256
_NEXT = "next_"


class BoundStep:
    """One session bound to `num_rows` rows of one width; `outputs` are written over by every run."""

    def __init__(self, session: Session, slots: Slots, shared: Mapping[str, Array]) -> None:
        self._session = session
        self._binding = session.io_binding()
        self._tokens: dict[str, Integers] = {}
        self.outputs: dict[str, Array] = {}
        held = {**slots.arrays(), **shared}
        for one in session.get_inputs():
            if one.name not in held:
                self._tokens[one.name] = np.zeros(slots.num_rows, np.int64)  # [rows]
            _bind(self._binding.bind_input, one.name, self._tokens.get(one.name, held.get(one.name)))
        for one in session.get_outputs():
            if one.name.startswith(_NEXT):
                array = slots.array(one.name.removeprefix(_NEXT), written=True)
            else:
                array = self.outputs[one.name] = np.zeros(_shape(one.shape, slots), DTYPES[one.type])
            _bind(self._binding.bind_output, one.name, array)

    def run(self, **tokens: Integers) -> None:
        """Makes the step; raises whatever the runtime raises."""
        for name, ids in tokens.items():
            if name in self._tokens:
                self._tokens[name][:] = ids
        self._session.run_with_iobinding(self._binding)


def _bind(bind: Callable[..., None], name: str, array: Array | None) -> None:
    assert array is not None
    bind(name, "cpu", 0, array.dtype.type, array.shape, array.ctypes.data)


def _shape(declared: list[int | str], slots: Slots) -> tuple[int, ...]:
    """Rows first, then what is declared; a free axis is the source."""
    return (slots.num_rows, *(one if isinstance(one, int) else slots.width for one in declared[1:]))


class BoundSteps:
    """The bindings of one session to one memory."""

    def __init__(self, session: Session, slots: Slots) -> None:
        self._session = session
        self._slots = slots
        self._layout = slots.layout
        self._shared: Mapping[str, Array] = {}
        self._bound: dict[tuple[int, int, int], BoundStep] = {}

    def current(self, **shared: Array) -> BoundStep:
        """The step for the rows as they lie now; `shared` is what all of them read."""
        slots = self._slots
        if self._layout != slots.layout or not self._reads(shared):
            self._bound.clear()
            self._layout, self._shared = slots.layout, shared
        key = (slots.num_rows, slots.width, slots.parity)
        bound = self._bound.get(key)
        if bound is None:
            bound = self._bound[key] = BoundStep(self._session, slots, shared)
            if len(self._bound) > MAX_BINDINGS:
                del self._bound[next(iter(self._bound))]  # the oldest: a binding is soon made again
        return bound

    def _reads(self, shared: Mapping[str, Array]) -> bool:
        return all(self._shared.get(name) is array for name, array in shared.items())
