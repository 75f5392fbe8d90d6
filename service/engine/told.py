"""What a step told, and how a sequence's search takes it: with what may not be said left out."""

from __future__ import annotations

import math
from collections.abc import Collection

import numpy as np

from service.engine.model import Floats, Step
from service.engine.search import SingleSearch, best_candidates, usable_scores
from service.engine.sequence import Sequence

_HALF = math.log(0.5)


class Told:
    """By row: the best candidate that may be emitted, and for beams all of them."""

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

    def insists(self, row: int) -> bool:
        """True where what the row may not say is likelier than all that it may, or nothing is left."""
        if self.logprobs[row] == -math.inf:
            return True
        is_best = self.step.top_tokens[row, 0] == self.tokens[row]
        return not is_best and bool(self.step.top_scores[row, 0] > _HALF)


def advanced(sequence: Sequence, told: Told) -> list[int]:
    """The rows that the sequence goes on from; none where it has ended."""
    search, rows = sequence.search, sequence.rows
    attention = told.step.attention  # [rows, source]
    if isinstance(search, SingleSearch):
        row = rows[0]
        token, logprob = told.tokens[row], told.logprobs[row]
        if search.is_forced or (search.copies and told.insists(row)):
            token, logprob = search.wanted, float(told.step.wanted_scores[row])
        return rows if search.advance(token, logprob, attention[row]) else []
    top_tokens, scores = [told.top_tokens[row] for row in rows], [told.scores[row] for row in rows]
    if search.wanted:
        _add_wanted(top_tokens, scores, search.wanted, told.step.wanted_scores[rows].tolist())
    return [rows[parent] for parent in search.advance(top_tokens, scores, attention[rows])]


def _allow_copies(step: Step, scores: Floats, sequences: list[Sequence]) -> None:
    """Puts back the scores of the copy symbols that each row may still say."""
    for sequence in sequences:
        copies = sequence.search.copies
        if copies:
            for row, allowed in zip(sequence.rows, copies, strict=True):
                is_allowed = [token in allowed for token in step.top_tokens[row].tolist()]
                scores[row] = np.where(is_allowed, step.top_scores[row], scores[row])


def _add_wanted(
    top_tokens: list[list[int]], scores: list[list[float]], wanted: list[int], wanted_scores: list[float]
) -> None:
    """Puts the token that a row asks for behind its candidates; with -inf where it is among them already."""
    for row, (token, score) in enumerate(zip(wanted, wanted_scores, strict=True)):
        is_new = token not in top_tokens[row]
        top_tokens[row] = [*top_tokens[row], token]
        scores[row] = [*scores[row], score if is_new else -math.inf]
