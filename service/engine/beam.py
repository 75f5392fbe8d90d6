"""Beam search over the rows of one sentence, with n-best and attention that follows the hypotheses. Pure.

The candidates of all rows are ranked together by the sums of their log-probabilities: among the first
`beam_size`, those that are EOS finish; the best `beam_size` others go on, but at the limit the first
`beam_size` are the last. So a beam of one is greedy search. It stops when `beam_size` hypotheses have
finished, or when no running one can still enter the n-best. Those that finished are ordered by their
scores, penalties and all.
"""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from service.engine.errors import ModelFailed
from service.engine.messages import Found
from service.engine.model import Floats
from service.engine.search import Rules, attention_bytes, length_divisor, scored

MAX_BEAM_SIZE = 8  # a step graph tells nine candidates: EOS and one for each row


_Candidate = tuple[int, int, float, float]  # row, token, log-probability, sum with that of the row


@dataclass(slots=True)
class _Rows:
    """The rows after a step, best first: their last tokens, the sums so far, and the rows they come from.

    `attention` is that of the step, [rows before it, source]; None where it need not be remembered.
    """

    attention: Floats | None
    tokens: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    totals: list[float] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)

    def add(self, parent: int, token: int, logprob: float, total: float) -> None:
        self.parents.append(parent)
        self.tokens.append(token)
        self.logprobs.append(logprob)
        self.totals.append(total)


@dataclass(frozen=True, slots=True)
class _Finished:
    """A hypothesis of `num_tokens` that ended in `row`; `eos_logprob` is None where the limit ended it."""

    score: float
    num_tokens: int
    row: int
    eos_logprob: float | None


class BeamSearch:
    """Up to `beam_size` hypotheses in as many rows; starts in one row.

    `previous` is the last token of each row.
    """

    def __init__(self, rules: Rules, *, beam_size: int, n_best: int) -> None:
        self._rules = rules
        self._beam_size = beam_size
        self._n_best = n_best
        self._reads_attention = rules.reads_attention
        self._highest_divisor = length_divisor(rules.limit, rules.length_penalty)
        self._totals = [0.0]
        self._steps: list[_Rows] = []
        self._finished: list[_Finished] = []  # best first, of equals the one that finished first
        self.previous = [rules.bos]

    def advance(self, top_tokens: list[list[int]], scores: list[list[float]], attention: Floats) -> list[int]:
        """The rows to go on from, in their new order; a row may repeat, none means the end.

        `top_tokens` and `scores` are [rows, candidates], `attention` [rows, source]; a score of -inf
        bans a candidate. Raises ModelFailed where a score is NaN.
        """
        is_last = len(self._steps) + 1 == self._rules.limit
        candidates = _best_first(self._totals, top_tokens, scores)
        rows = _Rows(attention[:, : self._rules.num_source].copy() if self._reads_attention else None)
        self._grow(rows, islice(candidates, self._beam_size) if is_last else candidates)
        self._steps.append(rows)
        if is_last:
            self._finish_all(rows)
        if is_last or self._is_decided(rows):
            self.previous = []
            return []
        self.previous, self._totals = rows.tokens, rows.totals
        return rows.parents

    def found(self) -> tuple[Found, ...]:
        """The n best hypotheses, best first; fewer where fewer were finished."""
        if not self._finished:
            raise ModelFailed("", "no candidate has a finite score")
        return tuple(self._told(one) for one in self._finished[: self._n_best])

    def _grow(self, rows: _Rows, candidates: Iterable[_Candidate]) -> None:
        """Fills the rows with the best candidates; those that are EOS finish instead."""
        eos, beam_size, num_tokens = self._rules.eos, self._beam_size, len(self._steps)
        for rank, (parent, token, logprob, total) in enumerate(candidates):
            if token != eos:
                rows.add(parent, token, logprob, total)
            elif rank < beam_size:
                self._finish(num_tokens, parent, total, logprob)
            if len(rows.tokens) == beam_size:
                return

    def _finish_all(self, rows: _Rows) -> None:
        for row, total in enumerate(rows.totals):
            self._finish(len(self._steps), row, total, None)

    def _finish(self, num_tokens: int, row: int, total: float, eos_logprob: float | None) -> None:
        length = num_tokens if eos_logprob is None else num_tokens + 1
        attention = self._attention(self._way(num_tokens, row)) if self._rules.coverage_penalty > 0 else []
        score = scored(self._rules, total, length, attention)
        insort(self._finished, _Finished(score, num_tokens, row, eos_logprob), key=lambda one: -one.score)

    def _is_decided(self, rows: _Rows) -> bool:
        """True where no running hypothesis can enter the n-best, or enough have finished.

        A score cannot exceed the best sum of now, divided by lp of the limit: sums (never above 0) only
        fall, lp only grows, and the coverage penalty is never above 0.
        """
        if not rows.tokens or len(self._finished) >= self._beam_size:
            return True
        if len(self._finished) < self._n_best:
            return False
        return self._finished[self._n_best - 1].score >= rows.totals[0] / self._highest_divisor

    def _way(self, num_tokens: int, row: int) -> list[tuple[_Rows, int]]:
        """For each token of a hypothesis the rows of its step and its row there, read from the end."""
        way: list[tuple[_Rows, int]] = []
        for rows in reversed(self._steps[:num_tokens]):
            way.append((rows, row))
            row = rows.parents[row]
        way.reverse()
        return way

    def _attention(self, way: list[tuple[_Rows, int]]) -> list[Floats]:
        return [rows.attention[rows.parents[row]] for rows, row in way if rows.attention is not None]

    def _told(self, finished: _Finished) -> Found:
        way = self._way(finished.num_tokens, finished.row)
        tokens = tuple(rows.tokens[row] for rows, row in way)
        logprobs = tuple(rows.logprobs[row] for rows, row in way)
        attention = attention_bytes(self._rules, self._attention(way))
        if finished.eos_logprob is None:
            return Found(tokens, logprobs, finished.score, "length", attention)
        return Found(tokens, (*logprobs, finished.eos_logprob), finished.score, "eos", attention)


def _best_first(
    totals: list[float], top_tokens: list[list[int]], scores: list[list[float]]
) -> Iterator[_Candidate]:
    """The candidates of all rows, of equals that of the earlier row first; none that is banned.

    Raises ModelFailed where a score is NaN or +inf.
    """
    sums = [total + score for total, row in zip(totals, scores, strict=True) for score in row]
    if not sum(sums) < math.inf:  # nor is a NaN
        raise ModelFailed("", "a score is not finite")
    num_candidates = len(scores[0])
    for index in sorted(range(len(sums)), key=sums.__getitem__, reverse=True):  # stable all the same
        if sums[index] == -math.inf:
            return
        row, column = divmod(index, num_candidates)
        yield row, top_tokens[row][column], scores[row][column], sums[index]
