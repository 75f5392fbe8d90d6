"""Sequences that are encoded and wait for rows: encoding several at once costs less than one by one."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from service.engine.model import Seq2SeqModel, State
from service.engine.sequence import Sequence


@dataclass(slots=True)
class Encoded:
    """Sequences and their encoded rows, one each, in the same order."""

    sequences: list[Sequence]
    state: State


@dataclass(slots=True)
class _Group:
    """An encoded state and who of it has not entered yet, each with its row."""

    state: State
    waiting: list[tuple[Sequence, int]]


class Deck:
    """Encoded groups in their order; nobody overtakes the first, so no wide beam starves."""

    def __init__(self, model: Seq2SeqModel) -> None:
        self._model = model
        self._groups: deque[_Group] = deque()

    @property
    def is_empty(self) -> bool:
        return not self._groups

    @property
    def num_waiting(self) -> int:
        """How many wait for rows."""
        return sum(len(group.waiting) for group in self._groups)

    @property
    def sequences(self) -> list[Sequence]:
        """All of them, the first to enter first."""
        return [sequence for group in self._groups for sequence, _ in group.waiting]

    def put(self, encoded: Encoded) -> None:
        """Takes an encoded group."""
        rows = [(sequence, row) for row, sequence in enumerate(encoded.sequences)]
        self._groups.append(_Group(encoded.state, rows))

    def take(self, num_rows: int) -> Encoded | None:
        """Those of the first group who may enter where `num_rows` are free; None where nobody may."""
        if not self._groups:
            return None
        group = self._groups[0]
        count = _num_fitting(group.waiting, num_rows)
        if count == 0:
            return None
        entering, group.waiting = group.waiting[:count], group.waiting[count:]
        if not group.waiting:
            self._groups.popleft()
        sequences, rows = [one for one, _ in entering], [row for _, row in entering]
        is_whole = len(rows) == group.state.num_rows
        state = group.state if is_whole else self._model.pick(group.state, np.array(rows))
        return Encoded(sequences, state)

    def remove(self, gone: Collection[Sequence]) -> None:
        """Takes sequences out without a trace."""
        for group in self._groups if gone else ():
            group.waiting = [(one, row) for one, row in group.waiting if one not in gone]
        self._groups = deque(group for group in self._groups if group.waiting)


def _num_fitting(waiting: list[tuple[Sequence, int]], num_rows: int) -> int:
    """How many of the first find their rows."""
    for count, (sequence, _) in enumerate(waiting):
        num_rows -= sequence.max_rows
        if num_rows < 0:
            return count
    return len(waiting)
