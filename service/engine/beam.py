"""Beam search over the rows of one sentence, with n-best and attention that follows the hypotheses. Pure.

The candidates of all rows are ranked together: among the first `beam_size`, those that are EOS
finish; the best `beam_size` others go on. So a beam of one is greedy search. It stops when
`beam_size` hypotheses have finished, or when no running one can still enter the n-best.
"""

from __future__ import annotations

from dataclasses import dataclass

from service.engine.errors import ModelFailed
from service.engine.messages import FinishReason, Found
from service.engine.model import Floats
from service.engine.search import Rules, attention_bytes, checked, penalised

MAX_BEAM_SIZE = 8  # a step graph tells nine candidates: EOS and one for each row


@dataclass(frozen=True, slots=True)
class _Node:
    """A token on the way of a hypothesis; the way is read backwards along `parent`."""

    token: int
    logprob: float
    total: float
    parent: _Node | None
    attention: Floats | None  # [source]


@dataclass(frozen=True, slots=True)
class _Finished:
    score: float
    end: _Node
    reason: FinishReason


@dataclass(frozen=True, slots=True)
class _Candidate:
    total: float
    row: int
    token: int
    logprob: float


class BeamSearch:
    """Up to `beam_size` hypotheses in as many rows; starts in one row."""

    def __init__(self, rules: Rules, *, beam_size: int, n_best: int) -> None:
        self._rules = rules
        self._beam_size = beam_size
        self._n_best = n_best
        self._depth = 0
        self._live = [_Node(rules.bos, 0.0, 0.0, None, None)]
        self._finished: list[_Finished] = []

    @property
    def previous(self) -> list[int]:
        """The last token of each row."""
        return [node.token for node in self._live]

    def advance(self, top_tokens: list[list[int]], scores: list[list[float]], attention: Floats) -> list[int]:
        """The rows to go on from, in their new order; a row may repeat, none means the end.

        `top_tokens` and `scores` are [rows, candidates], `attention` [rows, source]; raises
        ModelFailed where a score is NaN.
        """
        self._depth += 1
        candidates = self._ranked(top_tokens, scores)
        going_on = [one for one in candidates if one.token != self._rules.eos][: self._beam_size]
        for candidate in candidates[: self._beam_size]:
            if candidate.token == self._rules.eos:
                self._finish(self._node(candidate, attention), "eos")
        self._live = [self._node(candidate, attention) for candidate in going_on]
        if self._depth == self._rules.limit:
            for node in self._live:
                self._finish(node, "length")
        if self._depth == self._rules.limit or self._is_decided():
            self._live = []
        return [candidate.row for candidate in going_on] if self._live else []

    def found(self) -> tuple[Found, ...]:
        """The n best hypotheses, best first; fewer where fewer were finished."""
        if not self._finished:
            raise ModelFailed("", "no candidate has a finite score")
        best = sorted(self._finished, key=lambda one: -one.score)[: self._n_best]
        return tuple(self._told(one) for one in best)

    def _ranked(self, top_tokens: list[list[int]], scores: list[list[float]]) -> list[_Candidate]:
        candidates: list[_Candidate] = []
        for row, node in enumerate(self._live):
            for token, score in zip(top_tokens[row], scores[row], strict=True):
                if score == -float("inf"):
                    continue
                candidates.append(_Candidate(node.total + checked(score), row, token, score))
        candidates.sort(key=lambda one: -one.total)  # stable: equals stay in the order of rows
        return candidates

    def _node(self, candidate: _Candidate, attention: Floats) -> _Node:
        row = (
            None
            if self._rules.num_source is None
            else attention[candidate.row, : self._rules.num_source].copy()
        )
        return _Node(candidate.token, candidate.logprob, candidate.total, self._live[candidate.row], row)

    def _finish(self, end: _Node, reason: FinishReason) -> None:
        self._finished.append(
            _Finished(penalised(end.total, self._depth, self._rules.length_penalty), end, reason)
        )

    def _is_decided(self) -> bool:
        if not self._live or len(self._finished) >= self._beam_size:
            return True
        if len(self._finished) < self._n_best:
            return False
        last_of_best = sorted((one.score for one in self._finished), reverse=True)[self._n_best - 1]
        return last_of_best >= penalised(self._live[0].total, self._rules.limit, self._rules.length_penalty)

    def _told(self, finished: _Finished) -> Found:
        nodes: list[_Node] = []
        node: _Node | None = finished.end
        while node is not None and node.parent is not None:
            nodes.append(node)
            node = node.parent
        nodes.reverse()
        tokens = nodes[:-1] if finished.reason == "eos" else nodes
        rows = [one.attention for one in tokens if one.attention is not None]
        attention = None if self._rules.num_source is None else attention_bytes(rows)
        ids = tuple(one.token for one in tokens)
        return Found(ids, tuple(one.logprob for one in nodes), finished.score, finished.reason, attention)
