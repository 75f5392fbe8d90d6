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


class Deck:
    """Encoded groups in their order; nobody overtakes the first, so no wide beam starves."""

    def __init__(self, model: Seq2SeqModel) -> None:
        self._model = model
        self._groups: deque[Encoded] = deque()

    @property
    def is_empty(self) -> bool:
        return not self._groups

    @property
    def sequences(self) -> list[Sequence]:
        """All of them, the first to enter first."""
        return [one for group in self._groups for one in group.sequences]

    def put(self, group: Encoded) -> None:
        """Takes an encoded group."""
        self._groups.append(group)

    def take(self, num_rows: int) -> Encoded | None:
        """Those of the first group who may enter where `num_rows` are free; None where nobody may."""
        if not self._groups:
            return None
        group = self._groups[0]
        count = _num_fitting(group.sequences, num_rows)
        if count == len(group.sequences):
            return self._groups.popleft()
        if count == 0:
            return None
        self._groups[0] = self._part(group, group.sequences[count:])
        return self._part(group, group.sequences[:count])

    def remove(self, gone: Collection[Sequence]) -> None:
        """Takes sequences out without a trace."""
        if not gone:
            return
        left = ((group, [one for one in group.sequences if one not in gone]) for group in self._groups)
        self._groups = deque(self._part(group, staying) for group, staying in left if staying)

    def _part(self, group: Encoded, sequences: list[Sequence]) -> Encoded:
        if len(sequences) == len(group.sequences):
            return group
        rows = np.array([row for row, one in enumerate(group.sequences) if one in sequences])
        return Encoded(sequences, self._model.pick(group.state, rows))


def _num_fitting(sequences: list[Sequence], num_rows: int) -> int:
    """How many of the first sequences find their rows."""
    for count, sequence in enumerate(sequences):
        num_rows -= sequence.max_rows
        if num_rows < 0:
            return count
    return len(sequences)
