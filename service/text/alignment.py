"""What the attention of one sentence says: word matrix, hard links, entropy; a row is a target token."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from service.text.tokens import Word


class Link(Struct, frozen=True):
    """A source word and the target word that looks at it; places are code points of the whole texts.

    `weight` is the share (0 to 1) of the target word's attention that the source word gets.
    """

    source_start: int
    source_end: int
    target_start: int
    target_end: int
    weight: float


def merge_weights(
    weights: NDArray[np.floating], source: Sequence[Word], target: Sequence[Word]
) -> NDArray[np.float64]:
    """Attention from target words to source words, [num_target, num_source], from that of tokens [T, S].

    Columns of one word are added and rows of one word averaged, so that rows still sum to 1.
    """
    if not source or not target:
        return np.zeros((len(target), len(source)))
    columns = np.add.reduceat(
        weights.astype(np.float64), [word.first for word in source], axis=1
    )  # [T, num_source]
    rows = np.add.reduceat(columns, [word.first for word in target], axis=0)  # [num_target, num_source]
    lengths = np.array([word.last - word.first for word in target], dtype=np.float64)  # [num_target]
    merged: NDArray[np.float64] = rows / lengths[:, None]
    return merged


def link_words(
    weights: NDArray[np.floating], source: Sequence[Word], target: Sequence[Word]
) -> tuple[Link, ...]:
    """Each target token's strongest source token, as links between their words, each link once."""
    if not source or not target:
        return ()
    merged = merge_weights(weights, source, target)
    word_of_token = [number for number, word in enumerate(source) for _ in range(word.first, word.last)]
    strongest = weights.argmax(axis=1)  # [T]
    pairs = {
        (row, word_of_token[int(strongest[token])]): None
        for row, word in enumerate(target)
        for token in range(word.first, word.last)
    }
    return tuple(_link(source[column], target[row], float(merged[row, column])) for row, column in pairs)


def entropy(weights: NDArray[np.floating]) -> NDArray[np.float64]:
    """Entropy of each target token's attention, [T], in nats: 0 on one token, ln S when spread evenly."""
    exact = weights.astype(np.float64)
    logarithms = np.log(exact, out=np.zeros_like(exact), where=exact > 0)
    spread: NDArray[np.float64] = np.maximum(-(exact * logarithms).sum(axis=1), 0.0)
    return spread


def _link(source: Word, target: Word, weight: float) -> Link:
    return Link(source.start, source.end, target.start, target.end, weight)
