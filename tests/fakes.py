"""Fake models behind the engine's seam: real classes, exact arithmetic, no randomness.

Everything they compute is a whole number or an entry of a fixed table, so a row's answer can differ
between two batches only if the engine, or a mask, mixed something up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from service.engine.manifest import Pieces
from service.engine.model import Array, Floats, Integers, State, Step
from tests.state_table import StateTable

PIECES = Pieces(num_source=16, num_target=16)
NUM_CANDIDATES = 9
_NUM_CONTEXTS = 997


@dataclass
class FakeClock:
    """A clock that stands still unless it is moved."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def score_table(num_tokens: int, *, seed: int = 1, eos_bonus: float = 1.0) -> Floats:
    """Log-probabilities of every token in every context: [contexts, tokens]."""
    logits = np.random.default_rng(seed).normal(scale=2.0, size=(_NUM_CONTEXTS, num_tokens))
    logits[:, PIECES.eos] += eos_bonus
    scores: Floats = (logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))).astype(np.float32)
    return scores


def answer(scores: Floats, wanted: Integers, attention: Floats, state: State) -> Step:
    """The step that a model answers with, from the scores [rows, tokens] of all tokens."""
    num_candidates = min(NUM_CANDIDATES, scores.shape[1])
    top = np.argsort(-scores, axis=1, kind="stable")[:, :num_candidates]  # [rows, candidates]
    wanted_scores = scores[np.arange(len(wanted)), wanted]
    return Step(top, np.take_along_axis(scores, top, axis=1), wanted_scores, attention, state)


def padded(sources: Sequence[Sequence[int]]) -> tuple[Integers, Floats]:
    """Sources [rows, source] padded with zeros, and their mask [rows, source]."""
    width = max(len(one) for one in sources)
    tokens = np.zeros((len(sources), width), np.int64)
    mask = np.zeros((len(sources), width), np.float32)
    for row, one in enumerate(sources):
        tokens[row, : len(one)] = one
        mask[row, : len(one)] = 1
    return tokens, mask


@dataclass
class FixedStateModel:
    """A state of fixed size beside the source, as an LSTM's: `hidden` [rows]. Padding weighs, if unmasked."""

    scores: Floats = field(default_factory=lambda: score_table(PIECES.num_target))
    honours_mask: bool = True
    calls: list[tuple[str, int]] = field(default_factory=list)
    table: StateTable = field(
        default_factory=lambda: StateTable({"hidden": None, "keys": 1, "source_mask": 1}), init=False
    )

    def encode(self, sources: Sequence[Sequence[int]]) -> State:
        self.calls.append(("encode", len(sources)))
        keys, mask = padded(sources)
        hidden = np.array([sum(one) for one in sources], np.int64)
        return State({"hidden": hidden, "keys": keys, "source_mask": mask}, len(sources))

    def step(self, state: State, previous: Integers, wanted: Integers) -> Step:
        self.calls.append(("step", state.num_rows))
        weights = self._weights(state)  # [rows, source], whole numbers
        seen = (weights * (state.arrays["keys"] + 3)).sum(axis=1)  # [rows]
        context = self._context(state, previous, seen) % _NUM_CONTEXTS
        total = weights.sum(axis=1, keepdims=True)
        attention = weights.astype(np.float32) / total.astype(np.float32)
        return answer(self.scores[context], wanted, attention, self._next(state, previous, context))

    def join(self, left: State, right: State, places: Sequence[int]) -> State:
        order = {row: row for row in range(left.num_rows)}
        order |= {place: left.num_rows + row for row, place in enumerate(places)}
        return self.table.keep(self.table.join(left, right), np.array([order[row] for row in sorted(order)]))

    def keep(self, state: State, rows: Integers) -> State:
        return self.table.keep(state, rows)

    def pick(self, state: State, rows: Integers) -> State:
        return self.table.keep(state, rows)

    def _weights(self, state: State) -> Integers:
        weights = 1 + state.arrays["keys"] % 5
        return weights * self._mask(state, "source_mask") if self.honours_mask else weights

    def _context(self, state: State, previous: Integers, seen: Integers) -> Integers:
        context: Integers = state.arrays["hidden"] * 31 + previous * 7 + seen
        return context

    def _next(self, state: State, previous: Integers, context: Integers) -> State:
        return State({**state.arrays, "hidden": context}, state.num_rows)

    @staticmethod
    def _mask(state: State, name: str) -> Integers:
        return state.arrays[name].astype(np.int64)


@dataclass
class GrowingStateModel(FixedStateModel):
    """A state that grows by a column with every step, as a transformer's: `cache` [rows, steps]."""

    table: StateTable = field(
        default_factory=lambda: StateTable({"keys": 1, "source_mask": 1, "cache": 1, "cache_mask": 1}),
        init=False,
    )

    def encode(self, sources: Sequence[Sequence[int]]) -> State:
        state = super().encode(sources)
        nothing = np.zeros((len(sources), 0), np.int64)
        arrays = {name: state.arrays[name] for name in ("keys", "source_mask")}
        return State({**arrays, "cache": nothing, "cache_mask": nothing.astype(np.float32)}, len(sources))

    def _context(self, state: State, previous: Integers, seen: Integers) -> Integers:
        """Of all earlier tokens, each times its position, which the mask alone tells."""
        mask = self._mask(state, "cache_mask")  # [rows, steps]
        counted = mask if self.honours_mask else np.ones_like(mask)
        positions = counted.cumsum(axis=1) * counted
        past = (positions * (state.arrays["cache"] + 1)).sum(axis=1)  # [rows]
        context: Integers = past * 31 + (positions.max(axis=1, initial=0) + 1) * previous * 7 + seen
        return context

    def _next(self, state: State, previous: Integers, context: Integers) -> State:
        grown = {
            "cache": _with_column(state.arrays["cache"], previous),
            "cache_mask": _with_column(state.arrays["cache_mask"], np.ones(state.num_rows, np.float32)),
        }
        return State({**state.arrays, **grown}, state.num_rows)


def _with_column(array: Array, column: Array) -> Array:
    return np.concatenate((array, column[:, None].astype(array.dtype)), axis=1)


@dataclass
class CopyModel(FixedStateModel):
    """Says its source again, token by token, looking at the token it says.

    A source that holds `poison` makes every step with it raise (or, with `fails_to_encode`, the
    encoder), one that holds `nan` has scores that are no numbers; with `is_endless` it never says EOS.
    """

    poison: int | None = None
    nan: int | None = None
    is_endless: bool = False
    fails_to_encode: bool = False

    def encode(self, sources: Sequence[Sequence[int]]) -> State:
        state = super().encode(sources)
        if self.fails_to_encode and any(self.poison in one for one in sources):
            raise RuntimeError("poison")
        return State({**state.arrays, "hidden": np.zeros(len(sources), np.int64)}, len(sources))

    def step(self, state: State, previous: Integers, wanted: Integers) -> Step:
        self.calls.append(("step", state.num_rows))
        keys, position = state.arrays["keys"], state.arrays["hidden"]
        lengths = self._mask(state, "source_mask").sum(axis=1)  # [rows]
        if self.poison is not None and (keys == self.poison).any():
            raise RuntimeError("poison")
        rows = np.arange(state.num_rows)
        at = position % lengths if self.is_endless else np.minimum(position, lengths - 1)
        said = np.where((position < lengths) | self.is_endless, keys[rows, at], PIECES.eos)
        scores = np.full((state.num_rows, PIECES.num_target), -5, np.float32)
        scores[rows, said] = -0.25
        if self.nan is not None:
            scores[(keys == self.nan).any(axis=1)] = np.nan
        attention = np.zeros(keys.shape, np.float32)
        attention[rows, at] = 1
        return answer(scores, wanted, attention, State({**state.arrays, "hidden": position + 1}, len(rows)))
