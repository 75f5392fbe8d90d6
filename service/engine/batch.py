"""The running sequences of one model and their rows: what is fed to a step, and what comes of it.

Rows lie in the order of the sequences, and a sequence's rows lie together. A failing sequence
leaves alone: its rows never decide anything for another's.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np

from service.engine.errors import ModelFailed
from service.engine.model import Floats, Integers, Seq2SeqModel, State, Step
from service.engine.search import SingleSearch, best_candidates, usable_scores
from service.engine.sequence import Sequence


@dataclass(slots=True)
class Ended:
    """A sequence that has left, and the error that made it leave, if one did."""

    sequence: Sequence
    error: ModelFailed | None = None


@dataclass(slots=True)
class _Survivors:
    """Who goes on after a step, the rows they go on from, and who does not."""

    sequences: list[Sequence] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    ended: list[Ended] = field(default_factory=list)


class Batch:
    """The rows that share each step; an empty one holds no state."""

    def __init__(self, model: Seq2SeqModel, is_banned: np.ndarray) -> None:
        self._model = model
        self._is_banned = is_banned  # [target pieces]
        self._state: State | None = None
        self.sequences: list[Sequence] = []

    @property
    def num_rows(self) -> int:
        return 0 if self._state is None else self._state.num_rows

    @property
    def reserved_rows(self) -> int:
        """The rows that the running sequences may come to occupy (a beam starts in one row)."""
        return sum(one.max_rows for one in self.sequences)

    def join(self, sequences: list[Sequence], state: State) -> None:
        """Newcomers enter behind those who run."""
        if state.num_rows != sum(one.num_rows for one in sequences):
            raise ModelFailed("", "a state has the wrong number of rows")
        self._state = state if self._state is None else self._model.join(self._state, state)
        self.sequences.extend(sequences)

    def drop(self, gone: Collection[Sequence]) -> None:
        """Sequences leave without a result."""
        survivors = _Survivors()
        row = 0
        for sequence in self.sequences:
            if sequence not in gone:
                survivors.sequences.append(sequence)
                survivors.rows.extend(range(row, row + sequence.num_rows))
            row += sequence.num_rows
        self._go_on(survivors, self._state)

    def step(self) -> list[Ended]:
        """Every sequence one token further; those at their end leave and are returned.

        Raises whatever the model raises; nothing has changed then.
        """
        assert self._state is not None
        step = self._model.step(self._state, *self._fed())
        _check_rows(step, self._state.num_rows)
        survivors = self._advanced(step)
        self._go_on(survivors, step.state)
        return survivors.ended

    def split(self) -> list[Batch]:
        """One batch for each sequence, to find out which of them the model cannot bear."""
        parts: list[Batch] = []
        row = 0
        for sequence in self.sequences:
            assert self._state is not None
            part = Batch(self._model, self._is_banned)
            part.join([sequence], self._model.keep(self._state, np.arange(row, row + sequence.num_rows)))
            parts.append(part)
            row += sequence.num_rows
        return parts

    def absorb(self, other: Batch) -> None:
        """Takes over the rows of another batch, which must not be used after."""
        if other._state is not None:
            self.join(other.sequences, other._state)

    def _fed(self) -> tuple[Integers, Integers]:
        previous: list[int] = []
        wanted: list[int] = []
        for sequence in self.sequences:
            search = sequence.search
            if isinstance(search, SingleSearch):
                previous.append(search.previous)
                wanted.append(search.wanted)
            else:
                previous.extend(search.previous)
                wanted.extend(search.previous)  # its score is not read
        return np.array(previous, np.int64), np.array(wanted, np.int64)

    def _advanced(self, step: Step) -> _Survivors:
        scores = usable_scores(step.top_tokens, step.top_scores, self._is_banned)  # [rows, candidates]
        self._allow_copies(step, scores)
        tokens, logprobs = best_candidates(step.top_tokens, scores)
        survivors = _Survivors()
        row = 0
        for sequence in self.sequences:
            num_rows = sequence.num_rows
            try:
                rows = _advance(sequence, row, step, scores, tokens[row], logprobs[row])
            except ModelFailed as error:
                survivors.ended.append(Ended(sequence, error))
            else:
                if rows:
                    sequence.num_rows = len(rows)
                    survivors.sequences.append(sequence)
                    survivors.rows.extend(rows)
                else:
                    survivors.ended.append(Ended(sequence))
            row += num_rows
        return survivors

    def _allow_copies(self, step: Step, scores: Floats) -> None:
        """Puts back the scores of the copy symbols that a row's own source holds."""
        row = 0
        for sequence in self.sequences:
            rows = slice(row, row + sequence.num_rows)
            row += sequence.num_rows
            if sequence.copies:
                is_allowed = np.isin(step.top_tokens[rows], sequence.copies)  # [rows of one, candidates]
                scores[rows] = np.where(is_allowed, step.top_scores[rows], scores[rows])

    def _go_on(self, survivors: _Survivors, state: State | None) -> None:
        self.sequences = survivors.sequences
        if not survivors.rows or state is None:
            self._state = None
        elif survivors.rows == list(range(state.num_rows)):
            self._state = state
        else:
            self._state = self._model.keep(state, np.array(survivors.rows))


def _advance(
    sequence: Sequence, row: int, step: Step, scores: Floats, token: int, logprob: float
) -> list[int]:
    """The rows that the sequence goes on from; none where it has ended."""
    search = sequence.search
    if isinstance(search, SingleSearch):
        if search.is_forced:
            token, logprob = search.wanted, float(step.wanted_scores[row])
        return [row] if search.advance(token, logprob, step.attention[row]) else []
    rows = slice(row, row + sequence.num_rows)
    parents = search.advance(step.top_tokens[rows].tolist(), scores[rows].tolist(), step.attention[rows])
    return [row + parent for parent in parents]


def _check_rows(step: Step, num_rows: int) -> None:
    """Raises ModelFailed where an answer's rows cannot be those that were asked for."""
    answers = (step.top_tokens, step.top_scores, step.wanted_scores, step.attention)
    if step.state.num_rows != num_rows or any(len(one) != num_rows for one in answers):
        raise ModelFailed("", "a step has the wrong number of rows")
    if step.top_tokens.shape != step.top_scores.shape or step.attention.ndim != 2:
        raise ModelFailed("", "a step has the wrong shape")
