"""The running sequences of one model and their rows: what is fed to a step, and what comes of it.

A failing sequence leaves alone: its rows never decide anything for another's.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from service.engine.beam import MAX_BEAM_SIZE
from service.engine.errors import ModelFailed
from service.engine.model import Floats, Integers, Seq2SeqModel, State, Step
from service.engine.row_order import Survivor, arranged
from service.engine.search import SingleSearch, best_candidates, usable_scores
from service.engine.sequence import Sequence

_UNREAD = np.zeros((MAX_BEAM_SIZE, 0), np.float32)


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
        self.sequences: list[Sequence] = []

    @property
    def num_rows(self) -> int:
        return 0 if self._state is None else self._state.num_rows

    @property
    def reserved_rows(self) -> int:
        """The rows that the running sequences may come to occupy (a beam starts in one row)."""
        return sum(one.max_rows for one in self.sequences)

    def join(self, sequences: list[Sequence], state: State) -> None:
        """Newcomers enter, a row each."""
        first = self.num_rows
        self._state = state if self._state is None else self._model.join(self._state, state)
        for row, sequence in enumerate(sequences, first):
            sequence.rows = [row]
        self.sequences.extend(sequences)

    def drop(self, gone: Collection[Sequence]) -> None:
        """Sequences leave without a result."""
        if gone:
            self._go_on([Survivor(one, one.rows) for one in self.sequences if one not in gone], self._state)

    def step(self) -> list[Ended]:
        """Every sequence one token further; those at their end leave and are returned.

        Raises whatever the model raises; nothing has changed then.
        """
        assert self._state is not None
        num_rows = self._state.num_rows
        step = self._model.step(self._state, *self._fed())
        _check_rows(step, num_rows)
        survivors, ended = self._advanced(step)
        if ended or any(one.parents is not one.sequence.rows for one in survivors):
            self._go_on(survivors, step.state)
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
        first = self.num_rows
        self._state = other._state if self._state is None else self._model.join(self._state, other._state)
        for sequence in other.sequences:
            sequence.rows = [first + row for row in sequence.rows]
        self.sequences.extend(other.sequences)

    def _fed(self) -> tuple[Integers, Integers]:
        previous = [0] * self.num_rows
        wanted = [0] * self.num_rows  # that of nobody: only a forced search reads it
        for sequence in self.sequences:
            search = sequence.search
            if isinstance(search, SingleSearch):
                row = sequence.rows[0]
                previous[row] = search.previous
                if search.is_forced:
                    wanted[row] = search.wanted
            else:
                for row, token in zip(sequence.rows, search.previous, strict=True):
                    previous[row] = token
        return np.array(previous, np.int64), np.array(wanted, np.int64)  # [rows], [rows]

    def _advanced(self, step: Step) -> tuple[list[Survivor], list[Ended]]:
        told = _Told(step, self._is_banned, self._banned, self.sequences)
        survivors: list[Survivor] = []
        ended: list[Ended] = []
        for sequence in self.sequences:
            try:
                parents = _advance(sequence, told)
            except ModelFailed as error:
                ended.append(Ended(sequence, error))
            else:
                if parents:
                    survivors.append(Survivor(sequence, parents))
                else:
                    ended.append(Ended(sequence))
        return survivors, ended

    def _go_on(self, survivors: list[Survivor], state: State | None) -> None:
        self.sequences = [one.sequence for one in survivors]
        self._state = state
        if state is None:
            return
        order = arranged(survivors)
        if order != list(range(state.num_rows)):
            self._state = self._model.keep(state, np.array(order, np.int64))


class _Told:
    """What a step told, by row: the best candidate that may be emitted, and for beams all of them."""

    def __init__(
        self, step: Step, is_banned: np.ndarray, banned: Collection[int], sequences: list[Sequence]
    ) -> None:
        self.step = step
        self.tokens = step.top_tokens[:, 0].tolist()  # the best, where nothing bans it
        self.logprobs = step.top_scores[:, 0].tolist()
        if any(token in banned for token in self.tokens) or any(one.max_rows > 1 for one in sequences):
            scores = usable_scores(step.top_tokens, step.top_scores, is_banned)  # [rows, candidates]
            _allow_copies(step, scores, sequences)
            self.tokens, self.logprobs = best_candidates(step.top_tokens, scores)
            self.top_tokens, self.scores = step.top_tokens.tolist(), scores.tolist()

    def attention(self, sequence: Sequence) -> Floats:
        """The rows of a sequence [rows, source]; nothing is fetched for one that does not read them."""
        return self.step.attention[sequence.rows] if sequence.reads_attention else _UNREAD


def _allow_copies(step: Step, scores: Floats, sequences: list[Sequence]) -> None:
    """Puts back the scores of the copy symbols that each row may still say."""
    for sequence in sequences:
        copies = sequence.search.copies
        if copies:
            for row, allowed in zip(sequence.rows, copies, strict=True):
                is_allowed = [token in allowed for token in step.top_tokens[row].tolist()]
                scores[row] = np.where(is_allowed, step.top_scores[row], scores[row])


def _advance(sequence: Sequence, told: _Told) -> list[int]:
    """The rows that the sequence goes on from; none where it has ended."""
    search, rows = sequence.search, sequence.rows
    attention = told.attention(sequence)
    if isinstance(search, SingleSearch):
        row = rows[0]
        token, logprob = told.tokens[row], told.logprobs[row]
        if search.is_forced:
            token, logprob = search.wanted, float(told.step.wanted_scores[row])
        return rows if search.advance(token, logprob, attention[0]) else []
    top_tokens, scores = [told.top_tokens[row] for row in rows], [told.scores[row] for row in rows]
    return [rows[parent] for parent in search.advance(top_tokens, scores, attention)]


def _check_rows(step: Step, num_rows: int) -> None:
    """Raises ModelFailed where an answer's rows cannot be those that were asked for."""
    answers = (step.top_tokens, step.top_scores, step.wanted_scores, step.attention)
    if step.state.num_rows != num_rows or any(len(one) != num_rows for one in answers):
        raise ModelFailed("", "a step has the wrong number of rows")
    if step.top_tokens.shape != step.top_scores.shape or step.attention.ndim != 2:
        raise ModelFailed("", "a step has the wrong shape")
