"""What is read from attention weights."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from service.text.alignment import Link, entropy, link_words, merge_weights
from service.text.tokens import Word


def words_of(*lengths: int) -> tuple[Word, ...]:
    """Words of so many tokens each; word number n covers the code points 10n to 10n + 5."""
    firsts = np.cumsum([0, *lengths])
    return tuple(
        Word(f"w{n}", 10 * n, 10 * n + 5, int(firsts[n]), int(firsts[n + 1])) for n in range(len(lengths))
    )


LENGTHS = st.lists(st.integers(1, 4), min_size=1, max_size=6)


@given(LENGTHS, LENGTHS, st.integers(0, 2**32 - 1))
def test_merged_rows_still_sum_to_one(source: list[int], target: list[int], seed: int) -> None:
    """Columns are added and rows averaged, so attention stays a distribution over source words."""
    weights = np.random.default_rng(seed).dirichlet(np.ones(sum(source)), sum(target)).astype(np.float32)
    merged = merge_weights(weights, words_of(*source), words_of(*target))
    assert merged.shape == (len(target), len(source))
    assert np.allclose(merged.sum(axis=1), 1.0, atol=1e-6)


def test_merging_adds_columns_and_averages_rows() -> None:
    """Two source sub-words share a word's attention; two target sub-words are two looks at it."""
    weights = np.array([[0.1, 0.2, 0.7], [0.5, 0.1, 0.4]], dtype=np.float32)
    assert merge_weights(weights, words_of(2, 1), words_of(2)) == pytest.approx(np.array([[0.45, 0.55]]))


def test_links_join_the_words_of_the_strongest_tokens() -> None:
    """Each target token points at its strongest source token; the same link twice is one link."""
    weights = np.array([[0.1, 0.6, 0.3], [0.5, 0.4, 0.1], [0.0, 0.1, 0.9]], dtype=np.float32)
    links = link_words(weights, words_of(2, 1), words_of(2, 1))
    assert [replace(link, weight=round(link.weight, 6)) for link in links] == [
        Link(0, 5, 0, 5, 0.8),
        Link(10, 15, 10, 15, 0.9),
    ]


def test_entropy_is_in_nats() -> None:
    """One source token has none, an even spread over S has ln S; a weight of exactly 0 counts nothing."""
    weights = np.array([[1, 0, 0, 0], [0.25] * 4, [0.5, 0.5, 0, 0]], dtype=np.float32)
    assert entropy(weights) == pytest.approx([0.0, math.log(4), math.log(2)])


def test_a_sentence_without_tokens_has_no_matrix() -> None:
    """An empty side gives empty results and no error."""
    assert merge_weights(np.zeros((0, 0)), (), ()).shape == (0, 0)
    assert link_words(np.zeros((2, 0)), (), words_of(2)) == ()
    assert entropy(np.zeros((0, 3))).shape == (0,)
