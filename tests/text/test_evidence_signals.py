"""What attention and log-probabilities come down to, compared with slower ways to say it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from service.text.alignment import entropy
from service.text.evidence import Evidence
from service.text.evidence.signals import CUT_LOGPROB, GAP_LEVEL, signals_of
from tests.text.evidence_cases import diagonal, evidence_of

_SIZES = st.integers(1, 12)


def of_size(num_target: int, num_source: int, seed: int) -> Evidence:
    """A sentence of so many tokens with attention drawn at random."""
    random = np.random.default_rng(seed)
    weights = random.dirichlet(np.full(num_source, 0.3), num_target).astype(np.float32)
    logprobs = (-random.exponential(size=num_target)).tolist()
    return evidence_of("猫" * num_source, " ".join("a" * num_target), weights=weights, logprobs=logprobs)


@given(_SIZES, _SIZES, st.integers(0, 2**32 - 1))
def test_signals_are_what_their_definitions_say(num_target: int, num_source: int, seed: int) -> None:
    """Means, the covered share, and of all stretches the one that lacks most attention."""
    evidence = of_size(num_target, num_source, seed)
    found = signals_of(evidence)
    received = evidence.weights.sum(axis=0).tolist()
    assert found.mean_logprob == pytest.approx(np.mean([*evidence.logprobs, evidence.eos_logprob]))
    assert found.min_logprob == min(evidence.logprobs)
    assert found.coverage == pytest.approx(np.minimum(received, 1).mean(), abs=1e-6)
    spread = entropy(evidence.weights).mean() / math.log(num_source) if num_source > 1 else 0.0
    assert found.entropy == pytest.approx(spread, abs=1e-5)
    stretches = [(first, last) for first in range(num_source) for last in range(first + 1, num_source + 1)]
    lacks = [sum(GAP_LEVEL - share for share in received[first:last]) for first, last in stretches]
    assert found.gap == pytest.approx(max(0.0, *lacks), abs=1e-6)
    if found.gap > 1e-6:
        inside = received[found.gap_first : found.gap_last]
        assert sum(GAP_LEVEL - share for share in inside) == pytest.approx(found.gap, abs=1e-6)


def test_attention_that_covers_all_leaves_no_gap() -> None:
    """And where it skips the end, the gap is there."""
    whole = evidence_of("甲乙丙丁", "a b c d")
    assert signals_of(whole).gap == 0.0
    assert signals_of(whole).coverage == pytest.approx(1.0, abs=0.05)
    skipping = replace(whole, weights=np.hstack([diagonal(4, 2), np.zeros((4, 2), np.float32)]))
    assert signals_of(skipping)[4:7] == (pytest.approx(2 * GAP_LEVEL), 2, 4)


def test_a_cut_sentence_counts_as_one_that_hardly_ended() -> None:
    """Ending has no log-probability there; one that is lower counts no worse."""
    cut = signals_of(evidence_of("猫", "cat", eos_logprob=None, finish_reason="length"))
    assert cut.eos_logprob == CUT_LOGPROB
    assert signals_of(evidence_of("猫", "cat", eos_logprob=-50.0)).eos_logprob == CUT_LOGPROB


def test_a_sentence_without_tokens_has_nothing_wrong_with_it() -> None:
    """Nor is it an error."""
    evidence = evidence_of("", "", weights=np.zeros((0, 0), np.float32))
    assert signals_of(evidence).coverage == 1.0


def test_a_translation_of_nothing_covers_nothing() -> None:
    """However sure the model was of ending there."""
    signals = signals_of(evidence_of("一只猫", "", weights=np.zeros((0, 3), np.float32), eos_logprob=-0.01))
    assert signals.mean_logprob == signals.eos_logprob == CUT_LOGPROB
    assert signals.coverage == 0.0
    assert signals[4:7] == (pytest.approx(3 * GAP_LEVEL), 0, 3)
