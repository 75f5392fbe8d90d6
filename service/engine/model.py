"""The seam between the decode loop and a model: make rows, advance them, join them, keep some of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]
NOBODY_ASKS = 0  # as a wanted token: PAD, whose score nobody needs


class State(msgspec.Struct, frozen=True, eq=False):
    """What a decoder remembers: named arrays, axis 0 of each is the row. Only the model looks inside.

    Where the model keeps the rows in a memory of its own, `home` is that, and `arrays` is empty.
    """

    arrays: Mapping[str, Any]
    num_rows: int
    home: Any = None


class Step(msgspec.Struct, frozen=True, eq=False):
    """One token further for every row.

    Scores are log-probabilities, descending along the candidates; attention sums to 1 over a row's
    source and is 0 beyond it. `state` is what the next step starts from. The arrays may be written
    over by the next step: what is to be kept is copied.
    """

    top_tokens: Integers  # [rows, candidates]
    top_scores: Floats  # [rows, candidates]
    wanted_scores: Floats  # [rows]
    attention: Floats  # [rows, source]
    state: State


class Seq2SeqModel(Protocol):
    """What the decode loop needs from a model.

    `step`, `join` and `keep` take over the states they are given, so that a model may work in place:
    such a state must not be used again, except after a `step` that raised, which leaves it as it was.
    """

    def encode(self, sources: Sequence[Sequence[int]]) -> State:
        """One row per source, in their order; every source has at least one token.

        On the CPU it may run in a thread of its own, beside everything else.
        """
        ...

    def step(self, state: State, previous: Integers, wanted: Integers) -> Step:
        """Advances every row by a token.

        `previous` [rows] is each row's last token (BOS at first), `wanted` [rows] the token whose
        score is asked for whether or not it is among the candidates; where it is NOBODY_ASKS nobody does.
        """
        ...

    def join(self, left: State, right: State, places: Sequence[int]) -> State:
        """The rows of `left` with those of `right` among them, row k at `places[k]`.

        Places ascend; each is that of a row that is gone, or the next behind the last.
        """
        ...

    def keep(self, state: State, rows: Integers) -> State:
        """The named rows in the named order; a row may be named more than once (beams)."""
        ...

    def pick(self, state: State, rows: Integers) -> State:
        """A copy of the named rows; `state` stays as it was."""
        ...
