"""Scores become hypotheses: greedily or along a given target; beam.py does it in a beam.

Pure: no model, no clock. They are driven alike: `previous` and `wanted` say what the next step is
fed, `advance` takes what it answered. A hypothesis's score is the sum of its log-probabilities divided by
length ** length_penalty, where the length counts EOS.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from service.engine.errors import ModelFailed
from service.engine.messages import FinishReason, Found
from service.engine.model import Floats, Integers


def usable_scores(top_tokens: Integers, top_scores: Floats, is_banned: np.ndarray) -> Floats:
    """The candidates' scores [rows, candidates], -inf for tokens that must never be emitted."""
    return np.where(is_banned[top_tokens], np.float32(-np.inf), top_scores)


def best_candidates(top_tokens: Integers, scores: Floats) -> tuple[list[int], list[float]]:
    """The best token of every row and its score.

    A row with a NaN gets NaN as its score, never a token chosen by it; see `checked`.
    """
    best = scores.argmax(axis=1)  # [rows]; the first of equals, and NaN before any number
    rows = np.arange(len(best))
    return top_tokens[rows, best].tolist(), scores[rows, best].tolist()


def checked(score: float) -> float:
    """The score, if it is a number that can be reported; raises ModelFailed otherwise."""
    if not math.isfinite(score):
        raise ModelFailed("", "a score is not finite")
    return score


def penalised(total: float, length: int, length_penalty: float) -> float:
    """The score of a hypothesis of `length` tokens whose log-probabilities sum to `total`."""
    return float(total / length**length_penalty)


@dataclass(frozen=True, slots=True)
class Rules:
    """What a search must keep to: where it starts and stops, how it scores, what it remembers.

    `limit` is the number of tokens after which it stops without EOS. `num_source` is the number of
    attention columns to keep, None to keep no attention.
    """

    bos: int
    eos: int
    limit: int
    length_penalty: float
    num_source: int | None


class SingleSearch:
    """One hypothesis in one row: greedy, or along `target` where one is given (then it ends with EOS)."""

    def __init__(self, rules: Rules, *, target: tuple[int, ...] | None = None) -> None:
        self._rules = rules
        self._path = None if target is None else (*target, rules.eos)
        self._tokens: list[int] = []
        self._logprobs: list[float] = []
        self._attention: list[Floats] = []
        self.is_forced = target is not None
        self.previous = rules.bos
        self.wanted = rules.eos if self._path is None else self._path[0]
        self.finish_reason: FinishReason | None = None

    def advance(self, token: int, score: float, attention: Floats) -> bool:
        """Takes the chosen token and its row's attention [source]; true while the search goes on."""
        self._logprobs.append(checked(score))
        if token == self._rules.eos:
            self.finish_reason = "eos"
            return False
        self._tokens.append(token)
        self.previous = token
        if self._rules.num_source is not None:
            self._attention.append(attention[: self._rules.num_source].copy())
        if self._path:
            self.wanted = self._path[len(self._tokens)]
        elif len(self._tokens) == self._rules.limit:
            self.finish_reason = "length"
        return self.finish_reason is None

    def found(self) -> tuple[Found, ...]:
        """The hypothesis, once `advance` has answered false."""
        assert self.finish_reason is not None
        score = penalised(sum(self._logprobs), len(self._logprobs), self._rules.length_penalty)
        attention = None if self._rules.num_source is None else attention_bytes(self._attention)
        return (Found(tuple(self._tokens), tuple(self._logprobs), score, self.finish_reason, attention),)


def attention_bytes(rows: list[Floats]) -> bytes:
    """Attention rows as bytes; raises ModelFailed where one is not finite."""
    if not rows:
        return b""
    weights = np.stack(rows)  # [tokens, source]
    if not np.isfinite(weights).all():
        raise ModelFailed("", "attention is not finite")
    return weights.tobytes()
