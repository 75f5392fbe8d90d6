"""Scores become hypotheses: greedily or along a given target; beam.py does it in a beam.

Pure: no model, no clock. They are driven alike: `previous` and `wanted` say what the next step is
fed, `advance` takes what it answered. A hypothesis's score is that of Wu et al. (2016, arXiv
1609.08144, section 7, equation 14): s(Y, X) = log P(Y | X) / lp(Y) + cp(X; Y); see `scored`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np

from service.engine.errors import ModelFailed
from service.engine.messages import FinishReason, Found
from service.engine.model import NOBODY_ASKS, Floats, Integers
from service.engine.repetition import FIRST_LOOK, LoopGuard, next_look

Settled = tuple[tuple[int, ...], bytes | None]  # tokens, and their attention as it is told
LEAST_COVERAGE = float(np.finfo(np.float32).eps)  # 2 ** -23


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


class Rules(msgspec.Struct, frozen=True):
    """What a search must keep to: where it starts and stops, how it scores, what it remembers.

    `limit` is the number of tokens after which it stops without EOS. The penalties are α and β of
    `scored`, both at least 0. `num_source` is the number of source tokens; attention columns beyond
    it are padding.
    """

    bos: int
    eos: int
    limit: int
    length_penalty: float
    coverage_penalty: float
    num_source: int
    with_attention: bool

    @property
    def reads_attention(self) -> bool:
        """True where attention must be remembered, be it to tell it or to score by it."""
        return self.with_attention or self.coverage_penalty > 0


def scored(rules: Rules, total: float, length: int, attention: Sequence[Floats] | Floats) -> float:
    """s(Y, X) of a hypothesis whose log-probabilities, `length` of them, sum to `total`.

    `attention` has a row [source] for each token; it is read only where there is a coverage penalty.
    """
    score = total / length_divisor(length, rules.length_penalty)
    if rules.coverage_penalty > 0:
        score += rules.coverage_penalty * log_coverage(stacked(attention, rules.num_source))
    return score


def length_divisor(length: int, length_penalty: float) -> float:
    """lp(Y) = (5 + |Y|) ** α / (5 + 1) ** α, where the length |Y| counts EOS."""
    return float(((5 + length) / 6) ** length_penalty)


def log_coverage(attention: Floats) -> float:
    """cp(X; Y) / β = Σ_i log(min(Σ_j p_ij, 1)) of attention p [tokens, source]; never above 0.

    EOS's attention counts for nothing, as EOS stands for no word. A source token that got less than
    LEAST_COVERAGE counts as if it got that: weights that sum to 1 are not known any better, and log 0
    would make all hypotheses that miss a token equally bad. So missing one costs 15.9 β.
    """
    coverage = attention.sum(axis=0, dtype=np.float64)  # [source]
    return float(np.log(coverage.clip(LEAST_COVERAGE, 1.0)).sum())


def stacked(attention: Sequence[Floats] | Floats, num_source: int) -> Floats:
    """Attention rows as one array [tokens, source]; raises ModelFailed where one is not finite."""
    weights = np.asarray(attention, np.float32).reshape(len(attention), num_source)
    if not math.isfinite(np.vdot(weights, weights)):  # one that is not makes the sum of squares so
        raise ModelFailed("", "attention is not finite")
    return weights


def attention_bytes(rules: Rules, attention: Sequence[Floats] | Floats) -> bytes | None:
    """Attention rows as they are told, None where they are not wanted."""
    return stacked(attention, rules.num_source).tobytes() if rules.with_attention else None


def without(copies: tuple[int, ...], token: int) -> tuple[int, ...]:
    """The copy symbols that may still be said after a token: each as often as the source holds it."""
    if token not in copies:
        return copies
    place = copies.index(token)
    return copies[:place] + copies[place + 1 :]


class SingleSearch:
    """One hypothesis in one row: greedy, or along `target` where one is given (then it ends with EOS).

    `copies` are, for its one row, the copy symbols that it may still say; none where the source holds
    none. With them EOS's score is asked for: where the model insists on one that has been said already,
    whatever follows is made up, so the search ends. Without a `guard` nobody asks whether it loops.
    """

    def __init__(
        self,
        rules: Rules,
        *,
        target: tuple[int, ...] | None = None,
        copies: tuple[int, ...] = (),
        guard: LoopGuard | None = None,
    ) -> None:
        self._rules = rules
        self._reads_attention = rules.reads_attention
        self._path = None if target is None else (*target, rules.eos)
        most = rules.limit if target is None else len(target)
        self._attention = np.empty((most if self._reads_attention else 0, rules.num_source), np.float32)
        self._guard = guard
        self._next_look = min(rules.limit, FIRST_LOOK)  # at so many tokens
        self._tokens: list[int] = []
        self._logprobs: list[float] = []
        self._total = 0.0
        self.is_forced = target is not None
        self.previous = rules.bos
        self.copies = [copies] if copies else []
        self.wanted = self._path[0] if self._path else rules.eos if copies else NOBODY_ASKS
        self.finish_reason: FinishReason | None = None

    def advance(self, token: int, score: float, attention: Floats) -> bool:
        """Takes the chosen token and its row's attention [source]; true while the search goes on.

        It is copied, as the next step may write over it.
        """
        self._logprobs.append(checked(score))
        self._total += score
        if token == self._rules.eos:
            self.finish_reason = "eos"
            return False
        if self._reads_attention:
            self._attention[len(self._tokens)] = attention[: self._rules.num_source]
        self._tokens.append(token)
        self.previous = token
        if self._path:
            self.wanted = self._path[len(self._tokens)]
            return True
        if self.copies:
            self.copies = [without(self.copies[0], token)]
        if len(self._tokens) == self._next_look:
            self._look_round()
        return self.finish_reason is None

    def found(self) -> tuple[Found, ...]:
        """The hypothesis, once `advance` has answered false."""
        assert self.finish_reason is not None
        score = scored(self._rules, self._total, len(self._logprobs), self._seen)
        attention = attention_bytes(self._rules, self._seen)
        return (Found(tuple(self._tokens), tuple(self._logprobs), score, self.finish_reason, attention),)

    def settled(self, num_known: int) -> Settled:
        """The tokens behind the first `num_known` that nothing can change any more."""
        num_safe = len(self._tokens)
        if self._guard is not None:
            num_safe = self._guard.num_safe(self._tokens, reversed(self._seen))
        attention = attention_bytes(self._rules, self._seen[num_known:num_safe])
        return tuple(self._tokens[num_known:num_safe]), attention

    @property
    def _seen(self) -> Floats:
        """The attention of the tokens so far, [tokens, source]; [0, source] where nobody reads it."""
        return self._attention[: len(self._tokens)]

    def _look_round(self) -> None:
        """Ends the search at its limit, and where it loops."""
        num_tokens = len(self._tokens)
        self._next_look = min(self._rules.limit, next_look(num_tokens))
        if num_tokens == self._rules.limit:
            self.finish_reason = "length"
        if self._guard is not None:
            num_kept = self._guard.num_kept(self._tokens, reversed(self._seen))
            if num_kept < len(self._tokens):
                self._cut(num_kept)

    def _cut(self, num_kept: int) -> None:
        self.finish_reason = "repetition"
        del self._tokens[num_kept:], self._logprobs[num_kept:]
        self._total = math.fsum(self._logprobs)
