"""Beam search over the rows of one sentence, with n-best and attention that follows the hypotheses. Pure.

The candidates of all rows are ranked together by the sums of their log-probabilities: among the first
`beam_size`, those that are EOS finish; the best `beam_size` others go on, but at the limit the first
`beam_size` are the last. So a beam of one is greedy search. It stops when `beam_size` hypotheses have
finished, or when no running one can still enter the n-best. Those that finished are ordered by their
scores, penalties and all.

A hypothesis that loops leaves the beam, finished where the loop began, and with it leave those that came
half the way round with it and then went astray. It ranks behind all that do not loop, and does not count
among those that let the search stop: so it wins only where there is no other.
"""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from service.engine.errors import ModelFailed
from service.engine.hypotheses import Finished, History, Rows, Way, attention_of
from service.engine.messages import Found
from service.engine.model import Floats
from service.engine.repetition import FIRST_LOOK, LoopGuard, next_look
from service.engine.search import Rules, Settled, attention_bytes, length_divisor, scored, without

MAX_BEAM_SIZE = 8  # a step graph tells nine candidates: EOS and one for each row

Candidate = tuple[int, int, float, float]  # row, token, log-probability, sum with that of the row


class BeamSearch:
    """Up to `beam_size` hypotheses in as many rows; starts in one row.

    `previous` is the last token of each row, `copies` the copy symbols that each may still say, none
    where the source holds none. `wanted` are tokens whose score is asked for, one for each row: EOS where
    there are copy symbols, as all other candidates of a row may be symbols that it may not say. Without
    a `guard` nobody asks whether a hypothesis loops.
    """

    def __init__(
        self,
        rules: Rules,
        *,
        beam_size: int,
        n_best: int,
        copies: tuple[int, ...] = (),
        guard: LoopGuard | None = None,
    ) -> None:
        self._rules = rules
        self.beam_size = beam_size
        self._n_best = n_best
        self._guard = guard
        self._reads_attention = rules.reads_attention
        self._highest_divisor = length_divisor(rules.limit, rules.length_penalty)
        self._totals = [0.0]
        self._history = History(rules)
        self._steps = self._history.steps
        self._next_look = min(rules.limit, FIRST_LOOK)  # at so many tokens
        self._finished: list[Finished] = []  # best first, of equals the one that finished first
        self._num_sound = 0
        self.previous = [rules.bos]
        self.copies = [copies] if copies else []
        self.wanted = [rules.eos] if copies else []

    def advance(self, top_tokens: list[list[int]], scores: list[list[float]], attention: Floats) -> list[int]:
        """The rows to go on from, in their new order; a row may repeat, none means the end.

        `top_tokens` and `scores` are [rows, candidates], `attention` [rows, source]; a score of -inf
        bans a candidate. Raises ModelFailed where a score is NaN.
        """
        num_tokens = len(self._steps) + 1
        is_last = num_tokens == self._rules.limit
        rows = Rows(attention[:, : self._rules.num_source].copy() if self._reads_attention else None)
        self._grow(rows, best_first(self._totals, top_tokens, scores), is_last=is_last)
        self._steps.append(rows)
        if num_tokens == self._next_look:
            self._look_round(rows, num_tokens)
        if is_last or self._is_decided(rows):
            self.previous = []
            return []
        self.previous, self._totals = rows.tokens, rows.totals
        if self.copies or self.wanted:
            self._go_on(rows)
        return rows.parents

    def settled(self, num_known: int) -> Settled:
        """The tokens behind the first `num_known` that all who can still win have in common.

        Those are the best that has finished, and the running ones whose scores may exceed its own. What a
        loop might take back is left out.
        """
        best = self._finished[0] if self._finished else None
        rivals: Iterable[int] = range(len(self._totals))
        if best is not None and best.is_sound:
            rivals = [row for row in rivals if self._totals[row] / self._highest_divisor > best.score]
        way = self._history.way(*self._history.agreed(rivals, best))
        num_safe = min((self._num_safe(row) for row in rivals), default=len(way))
        way = way[num_known : max(num_known, num_safe)]
        attention = attention_bytes(self._rules, list(attention_of(way)))
        return tuple(rows.tokens[row] for rows, row in way), attention

    def found(self) -> tuple[Found, ...]:
        """The n best hypotheses, best first; fewer where fewer were finished."""
        if not self._finished:
            raise ModelFailed("", "no candidate has a finite score")
        return tuple(self._history.told(one, self._met(one)) for one in self._finished[: self._n_best])

    def _grow(self, rows: Rows, candidates: Iterator[Candidate], *, is_last: bool) -> None:
        """Fills the rows with the best candidates; those that are EOS finish instead."""
        eos, beam_size, num_tokens = self._rules.eos, self.beam_size, len(self._steps)
        for rank, (parent, token, logprob, total) in enumerate(
            islice(candidates, beam_size) if is_last else candidates
        ):
            if token != eos:
                rows.add(parent, token, logprob, total)
            elif rank < beam_size:
                self._finish(num_tokens, parent, total, eos_logprob=logprob)
            if len(rows.tokens) == beam_size:
                return

    def _go_on(self, rows: Rows) -> None:
        """Notes what each row may say and asks for, where that matters."""
        if self.copies:
            left = zip(rows.parents, rows.tokens, strict=True)
            self.copies = [without(self.copies[parent], token) for parent, token in left]
        self.wanted = [self._rules.eos] * len(rows.tokens)

    def _num_safe(self, row: int) -> int:
        way = self._history.way(len(self._steps), row)
        if self._guard is None:
            return len(way)
        tokens = [step.tokens[place] for step, place in way]
        return self._guard.num_safe(tokens, attention_of(way, from_the_end=True))

    def _look_round(self, rows: Rows, num_tokens: int) -> None:
        """Finishes what loops, and at the limit what is left."""
        self._next_look = min(self._rules.limit, next_look(num_tokens))
        if self._guard is not None:
            self._end_loops(rows, self._guard)
        if num_tokens == self._rules.limit:
            for row, total in enumerate(rows.totals):
                self._finish(num_tokens, row, total)

    def _end_loops(self, rows: Rows, guard: LoopGuard) -> None:
        """Takes those that loop out of the rows, and finishes each where its loop began, once."""
        ways = [self._history.way(len(self._steps), row) for row in range(len(rows.tokens))]
        looping: set[int] = set()
        for way in ways:
            tokens = [step.tokens[place] for step, place in way]
            num_kept = guard.num_kept(tokens, attention_of(way, from_the_end=True))
            if num_kept < len(tokens) and self._may_end(tokens[:num_kept]):
                self._finish_loop(way, num_kept)
                halfway = (num_kept + len(tokens)) // 2
                looping.update(at for at, other in enumerate(ways) if other[halfway][1] == way[halfway][1])
        for row in sorted(looping, reverse=True):
            rows.remove(row)

    def _finish_loop(self, way: Way, num_kept: int) -> None:
        step, row = way[num_kept - 1]
        if all((one.num_tokens, one.row) != (num_kept, row) for one in self._finished):
            self._finish(num_kept, row, step.totals[row], is_loop=True)

    def _finish(
        self,
        num_tokens: int,
        row: int,
        total: float,
        *,
        eos_logprob: float | None = None,
        is_loop: bool = False,
    ) -> None:
        length = num_tokens if eos_logprob is None else num_tokens + 1
        needs_way = self._rules.coverage_penalty > 0
        attention = list(attention_of(self._history.way(num_tokens, row))) if needs_way else []
        score = scored(self._rules, total, length, attention)
        num_unmet = self._num_unmet(num_tokens, row)
        finished = Finished(score, num_tokens, row, eos_logprob, is_loop, num_unmet)
        insort(self._finished, finished, key=lambda one: one.rank)
        self._num_sound += finished.is_sound

    def _may_end(self, tokens: Sequence[int]) -> bool:
        """True where a loop that is cut to these tokens may leave: here nothing is required."""
        return True

    def _num_unmet(self, num_tokens: int, row: int) -> int:
        """How many tokens of required phrases a hypothesis lacks."""
        return 0

    def _met(self, finished: Finished) -> tuple[bool, ...]:
        """For each required phrase whether a hypothesis holds it."""
        return ()

    def _is_decided(self, rows: Rows) -> bool:
        """True where no running hypothesis can enter the n-best, or enough have finished.

        A score cannot exceed the best sum of now, divided by lp of the limit: sums (never above 0) only
        fall, lp only grows, and the coverage penalty is never above 0.
        """
        if not rows.tokens or self._num_sound >= self.beam_size:
            return True
        if self._num_sound < self._n_best:
            return False
        return self._finished[self._n_best - 1].score >= rows.totals[0] / self._highest_divisor


def best_first(
    totals: list[float], top_tokens: list[list[int]], scores: list[list[float]]
) -> Iterator[Candidate]:
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
