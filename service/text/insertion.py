"""Where a protected span belongs that the translation left out: behind the word that looked at it most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service.engine.tokenizer import Piece
from service.text.characters import is_unspaced

_CLOSING = frozenset(".,;:!?。，；：！？…\"'”’」』）)】]")


def insertion_place(
    symbol_at: int,
    source: Sequence[Piece],
    target: Sequence[Piece],
    weights: NDArray[np.floating[Any]] | None,
    text: str,
) -> int:
    """The code point of a translation `text` to put the symbol that stands at `symbol_at` of its source.

    `weights` [T, S] is the attention between the pieces of both; without it, or where nothing looked
    at the symbol, the place is the end, before the closing punctuation.
    """
    column = next((place for place, piece in enumerate(source) if piece.start <= symbol_at < piece.end), None)
    if weights is None or column is None or not len(target) or not weights[:, column].any():
        return _before_closing(text, len(text))
    row = int(weights[:, column].argmax())
    return _before_closing(text, _word_end(text, target[row].end))


def _word_end(text: str, at: int) -> int:
    """The end of the word that stands before `at`, or around it."""
    while 0 < at < len(text) and text[at].isalnum() and text[at - 1].isalnum() and not is_unspaced(text[at]):
        at += 1
    return at


def _before_closing(text: str, at: int) -> int:
    while 0 < at <= len(text) and text[at - 1] in _CLOSING:
        at -= 1
    return at
