"""Copies rows of state tensors on the device, from one memory to another or within one, in a single run.

The graph of each tensor is Gather, then for a ragged one Pad to the width that it goes to (less than
nothing where that is narrower), then ScatterND into the memory that is input and output at once. All
rows are gathered before the first is written, so a memory may be its own source, even with another width.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from service.engine.device import Session
from service.engine.device_memory import Sources, View
from service.engine.graph_bytes import model, node, tensor, whole_numbers
from service.engine.slots import Form

_INT64 = np.dtype(np.int64)


def mover_graph(forms: Mapping[str, Form], *, is_ragged: bool) -> bytes:
    """The ONNX graph that moves rows of the tensors which are, or are not, as wide as the source."""
    nodes: list[bytes] = []
    indices = [tensor("rows_from", _INT64, ["moves"]), tensor("rows_to", _INT64, ["moves", 1])]
    inputs, outputs, constants = indices, [], []
    if is_ragged:
        inputs = [*indices, tensor("padding", _INT64, [2])]
        constants = [whole_numbers("source_axis", 1)]
    for name, form in forms.items():
        if form.is_ragged != is_ragged:
            continue
        nodes.append(node("Gather", [f"source_{name}", "rows_from"], f"gathered_{name}", axis=0))
        updates = f"gathered_{name}"
        if is_ragged:
            nodes.append(node("Pad", [updates, "padding", "", "source_axis"], f"padded_{name}"))
            updates = f"padded_{name}"  # with zeros, for padding times weight 0 must be 0
        nodes.append(node("ScatterND", [f"memory_{name}", "rows_to", updates], f"placed_{name}"))
        inputs.append(tensor(f"memory_{name}", form.dtype, _shape("rows", "width", form)))
        inputs.append(tensor(f"source_{name}", form.dtype, _shape("source_rows", "source_width", form)))
        outputs.append(tensor(f"placed_{name}", form.dtype, _shape("rows", "width", form)))
    return model(nodes, inputs, outputs, constants)


def _shape(rows: str, width: str, form: Form) -> list[int | str]:
    return [rows, width, *form.sizes] if form.is_ragged else [rows, *form.sizes]


class Mover:
    """The session of one such graph; `names` are the tensors that it moves."""

    def __init__(self, session: Session, forms: Mapping[str, Form], *, is_ragged: bool) -> None:
        self._session = session
        self.is_ragged = is_ragged
        self.names = [name for name, form in forms.items() if form.is_ragged == is_ragged]

    def into(self, memories: Mapping[str, View]) -> Moves:
        """Moves into memories, which are bound once."""
        return Moves(self._session, {name: memories[name] for name in self.names}, is_ragged=self.is_ragged)


class Moves:
    """A session bound to the memories that rows are written into; where from is told each time, or once."""

    def __init__(self, session: Session, memories: Mapping[str, View], *, is_ragged: bool) -> None:
        self._session = session
        self._names = list(memories)
        self._width = memories[self._names[0]].shape[1] if is_ragged else None
        self._binding = session.io_binding()
        for name, memory in memories.items():
            memory.bind_input(self._binding, f"memory_{name}")
            memory.bind_output(self._binding, f"placed_{name}")

    def take_from(self, sources: Sources) -> Moves:
        """Rows come out of these arrays from now on."""
        for name in self._names:
            source = sources[name]
            if isinstance(source, View):
                source.bind_input(self._binding, f"source_{name}")
            else:
                self._binding.bind_cpu_input(f"source_{name}", source)
        if self._width is not None:
            missing = self._width - sources[self._names[0]].shape[1]
            self._binding.bind_cpu_input("padding", np.array([0, missing]))
        return self

    def run(self, rows_from: Sequence[int], rows_to: Sequence[int], num_moves: int) -> None:
        """Writes row `rows_from[i]` of each source into row `rows_to[i]` of its memory.

        The last move is made again until there are `num_moves`, so that few shapes are met.
        """
        _bind_rows(self._binding, "rows_from", rows_from, (num_moves,))
        _bind_rows(self._binding, "rows_to", rows_to, (num_moves, 1))
        self._session.run_with_iobinding(self._binding)


def _bind_rows(binding: Any, name: str, rows: Sequence[int], shape: tuple[int, ...]) -> None:
    padded = np.array([*rows, *[rows[-1]] * (shape[0] - len(rows))], np.int64)
    binding.bind_cpu_input(name, padded.reshape(shape))
