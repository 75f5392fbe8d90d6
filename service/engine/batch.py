"""The running sequences of one model and their rows: what is fed to a step, and what comes of it.

A failing sequence leaves alone: its rows never decide anything for another's.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from service.engine.errors import ModelFailed
from service.engine.model import NOBODY_ASKS, Integers, Seq2SeqModel, State, Step
from service.engine.row_order import Survivor, arranged
from service.engine.search import SingleSearch
from service.engine.sequence import Sequence
from service.engine.told import Told, advanced


@dataclass(slots=True)
class Ended:
    """A sequence that has left, and the error that made it leave, if one did."""

    sequence: Sequence
    error: ModelFailed | None = None


class Batch:
    """The rows that share each step."""

    def __init__(self, model: Seq2SeqModel, is_banned: np.ndarray) -> None:
        self._model = model
        self._is_banned = is_banned  # [target pieces]
        self._banned = frozenset(np.flatnonzero(is_banned).tolist())
        self._state: State | None = None
        self._gaps: list[int] = []  # rows of sequences that have left, in ascending order
        self.sequences: list[Sequence] = []

    @property
    def num_rows(self) -> int:
        return 0 if self._state is None else self._state.num_rows - len(self._gaps)

    @property
    def reserved_rows(self) -> int:
        """The rows that the running sequences may come to occupy (a beam starts in one row)."""
        return sum(one.max_rows for one in self.sequences)

    def join(self, sequences: list[Sequence], state: State) -> None:
        """Newcomers enter, a row each: first those that were left, then new ones behind all."""
        places = self._places(len(sequences))
        self._state = state if self._state is None else self._model.join(self._state, state, places)
        for row, sequence in zip(places, sequences, strict=True):
            sequence.rows = [row]
        self.sequences.extend(sequences)

    def drop(self, gone: Collection[Sequence]) -> None:
        """Sequences leave without a result."""
        if gone:
            self._stay([one for one in self.sequences if one not in gone])

    def close_gaps(self) -> None:
        """Moves the last rows into those that were left and that nobody has taken; raises as `take`."""
        if self._gaps:
            self._stay(self.sequences)

    def ask(self) -> Step:
        """What the model says to every row; without gaps. Raises what it raises: nothing has changed then."""
        assert self._state is not None
        assert not self._gaps
        step = self._model.step(self._state, *self._fed())
        _check_rows(step, self._state.num_rows)
        return step

    def take(self, step: Step) -> list[Ended]:
        """Every sequence one token further; those at their end leave and are returned.

        What raises here has moved some rows and others not: nobody may go on with them.
        """
        survivors, ended = self._advanced(step)
        if not survivors or any(one.parents is not one.sequence.rows for one in survivors):
            self._go_on(survivors, step.state)
        elif ended:
            self._leave_gaps(survivors, ended, step.state)
        else:
            self._state = step.state
        return ended

    def split(self) -> list[Batch]:
        """One batch for each sequence, to find out which of them the model cannot bear."""
        parts: list[Batch] = []
        for sequence in self.sequences:
            assert self._state is not None
            part = Batch(self._model, self._is_banned)
            part._state = self._model.pick(self._state, np.array(sequence.rows))
            part.sequences = [sequence]
            sequence.rows = list(range(len(sequence.rows)))
            parts.append(part)
        return parts

    def absorb(self, other: Batch) -> None:
        """Takes over the rows of another batch, which must not be used after."""
        if not other.sequences or other._state is None:
            return
        other.close_gaps()
        places = self._places(other.num_rows)
        self._state = (
            other._state if self._state is None else self._model.join(self._state, other._state, places)
        )
        for sequence in other.sequences:
            sequence.rows = [places[row] for row in sequence.rows]
        self.sequences.extend(other.sequences)

    def _fed(self) -> tuple[Integers, Integers]:
        previous = [0] * self.num_rows
        wanted = [NOBODY_ASKS] * self.num_rows
        for sequence in self.sequences:
            search = sequence.search
            if isinstance(search, SingleSearch):
                row = sequence.rows[0]
                previous[row] = search.previous
                wanted[row] = search.wanted
            else:
                for row, token in zip(sequence.rows, search.previous, strict=True):
                    previous[row] = token
                if search.wanted:
                    for row, token in zip(sequence.rows, search.wanted, strict=True):
                        wanted[row] = token
        return np.array(previous, np.int64), np.array(wanted, np.int64)  # [rows], [rows]

    def _advanced(self, step: Step) -> tuple[list[Survivor], list[Ended]]:
        told = Told(step, self._is_banned, self._banned, self.sequences)
        survivors: list[Survivor] = []
        ended: list[Ended] = []
        for sequence in self.sequences:
            try:
                parents = advanced(sequence, told)
            except ModelFailed as error:
                ended.append(Ended(sequence, error))
            else:
                if parents:
                    survivors.append(Survivor(sequence, parents))
                else:
                    ended.append(Ended(sequence))
        return survivors, ended

    def _places(self, num_rows: int) -> list[int]:
        """Takes so many gaps, or places behind all rows where there are too few."""
        behind = 0 if self._state is None else self._state.num_rows
        taken, self._gaps = self._gaps[:num_rows], self._gaps[num_rows:]
        return [*taken, *range(behind, behind + num_rows - len(taken))]

    def _leave_gaps(self, survivors: list[Survivor], ended: list[Ended], state: State) -> None:
        """Nothing is moved yet: whoever enters before the next step finds a row."""
        self.sequences = [one.sequence for one in survivors]
        self._gaps = sorted(row for one in ended for row in one.sequence.rows)
        self._state = state

    def _stay(self, sequences: list[Sequence]) -> None:
        """These go on from the rows that they have; the others are gone."""
        self._go_on([Survivor(one, one.rows) for one in sequences], self._state)

    def _go_on(self, survivors: list[Survivor], state: State | None) -> None:
        self._gaps = []
        self.sequences = [one.sequence for one in survivors]
        self._state = state
        if state is None:
            return
        order = arranged(survivors)
        if order != list(range(state.num_rows)):
            self._state = self._model.keep(state, np.array(order, np.int64))


def _check_rows(step: Step, num_rows: int) -> None:
    """Raises ModelFailed where an answer's rows cannot be those that were asked for."""
    answers = (step.top_tokens, step.top_scores, step.wanted_scores, step.attention)
    if step.state.num_rows != num_rows or any(len(one) != num_rows for one in answers):
        raise ModelFailed("", "a step has the wrong number of rows")
    if step.top_tokens.shape != step.top_scores.shape or step.attention.ndim != 2:
        raise ModelFailed("", "a step has the wrong shape")
