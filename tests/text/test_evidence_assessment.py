"""Confidence of sentences and words, and the warnings that attention and likelihood give."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from service.text.evidence import Evidence, Span, assess
from service.text.evidence.calibration import chance
from tests.text.evidence_cases import CALIBRATION, diagonal, evidence_of, tokens_of


def types_of(evidence: Evidence) -> list[str]:
    """What a sentence is warned of."""
    return [one.type for one in assess(evidence, CALIBRATION).warnings]


def test_a_good_translation_has_confidence_and_no_warning() -> None:
    """The control of every test below."""
    found = assess(evidence_of("我很好。", "I am fine ."), CALIBRATION)
    assert found.confidence is not None
    assert found.confidence > 0.9
    assert found.warnings == ()
    assert 0.9 < found.coverage <= 1.0
    assert 0.0 <= found.entropy < 0.3


@pytest.mark.parametrize(
    "worse",
    [
        {"logprobs": [-0.1, -2.0, -0.1, -0.1]},
        {"eos_logprob": -4.0},
        {"eos_logprob": None},
        {"weights": np.full((4, 4), 0.25, np.float32)},
        {"weights": np.hstack([diagonal(4, 2), np.zeros((4, 2), np.float32)])},
    ],
)
def test_every_bad_sign_lowers_confidence(worse: dict[str, object]) -> None:
    """Unlikely words, an unlikely end, flat attention, source words that none reached."""
    good = assess(evidence_of("我很好。", "I am fine ."), CALIBRATION).confidence
    bad = assess(evidence_of("我很好。", "I am fine .", **worse), CALIBRATION).confidence  # type: ignore[arg-type]
    assert good is not None
    assert bad is not None
    assert bad < good


def test_without_a_calibration_there_is_no_confidence() -> None:
    """But the texts are still read."""
    found = assess(evidence_of("我要三个。", "I want four ."), None)
    assert (found.confidence, found.words) == (None, ())
    assert [one.type for one in found.warnings] == ["number"]


def test_source_words_that_no_attention_reached_are_shown_as_left_out() -> None:
    """From where attention stopped to the end; with an end that came easily there is no warning."""
    weights = np.hstack([diagonal(3, 4), np.zeros((3, 5), np.float32)])
    left_out = evidence_of("我很好，请你快来。", "I am fine", weights=weights, eos_logprob=-3.0)
    warnings = assess(left_out, CALIBRATION).warnings
    assert [(one.type, one.source_spans) for one in warnings] == [("omission", (Span(4, 9),))]
    assert warnings[0].score > CALIBRATION.thresholds.omission
    assert types_of(replace(left_out, weights=diagonal(3, 9))) == []


def test_signs_without_attention_are_no_omission() -> None:
    """Nobody misses dots."""
    weights = np.hstack([diagonal(3, 3), np.zeros((3, 6), np.float32)])
    assert types_of(evidence_of("我很好……。。！！", "I am fine", weights=weights, eos_logprob=-3.0)) == []


def test_words_as_unlikely_as_those_of_another_sentence_are_detached() -> None:
    """So is a target that looks everywhere at once; neither is what the model was merely unsure of."""
    assert "detached" in types_of(evidence_of("我很好。", "I am fine .", logprobs=[-6.0] * 4))
    flat = np.full((4, 4), 0.25, np.float32)
    assert "detached" in types_of(evidence_of("我很好。", "I am fine .", weights=flat))
    assert "detached" not in types_of(evidence_of("我很好。", "I am fine .", logprobs=[-2.0] * 4))


def test_low_confidence_shows_the_doubtful_words() -> None:
    """And only these."""
    unsure = evidence_of("我很好。", "I am fine .", logprobs=[-0.5, -0.5, -8.0, -0.5])
    warnings = assess(unsure, CALIBRATION).warnings
    assert [(one.type, one.target_spans) for one in warnings] == [("low_confidence", (Span(5, 9),))]


def test_words_are_those_of_the_target_text() -> None:
    """A word of several tokens is as doubtful as the least likely of them."""
    evidence = evidence_of("猫", "cat sat", logprobs=[-0.1, -3.0])
    first, second = assess(evidence, CALIBRATION).words
    assert [(one.start, one.end) for one in (first, second)] == [(0, 3), (4, 7)]
    assert first.confidence > 0.5 > second.confidence


def test_nothing_is_doubted_in_an_empty_sentence() -> None:
    """No words, no warnings, no error."""
    found = assess(evidence_of("", "", weights=np.zeros((0, 0), np.float32)), CALIBRATION)
    assert (found.words, found.warnings) == ((), ())


@pytest.mark.parametrize("logit", [-math.inf, -1e6, -3.0, 0.0, 3.0, 1e6, math.inf])
def test_chances_are_chances(logit: float) -> None:
    """For any number, large ones included."""
    assert 0.0 <= chance(logit) <= 1.0
    assert chance(logit) == pytest.approx(1 - chance(-logit))


@given(
    st.text("猫不没三百万半点分月谢 。，？abc123.%", max_size=40),
    st.text("cat not no n't three hundred a half 123 ,.?'猫", max_size=60),
    st.integers(0, 2**32 - 1),
)
def test_no_sentence_is_an_error(source: str, target: str, seed: int) -> None:
    """Whatever is said and however attention lies; chances are chances, and places lie in the texts."""
    source, target = f"猫{source}", f"cat {target}"
    random = np.random.default_rng(seed)
    num_source, num_target = len(tokens_of(source)), len(tokens_of(target))
    weights = random.dirichlet(np.full(num_source, 0.2), num_target).astype(np.float32)
    logprobs = (-random.exponential(2.0, size=num_target)).tolist()
    for languages in ("zh-en", "en-zh", "de-fr"):
        found = assess(
            evidence_of(source, target, languages, weights=weights, logprobs=logprobs), CALIBRATION
        )
        assert found.confidence is not None
        assert 0.0 <= found.confidence <= 1.0
        assert -1e-6 <= found.coverage <= 1.0 + 1e-6
        assert -1e-6 <= found.entropy <= 1.0 + 1e-6
        assert all(0.0 <= word.confidence <= 1.0 for word in found.words)
        for one in found.warnings:
            assert all(0 <= start < end <= len(source) for start, end in one.source_spans)
            assert all(0 <= start < end <= len(target) for start, end in one.target_spans)


def test_a_translation_of_nothing_is_not_trusted() -> None:
    """An omission of all there was, with hardly any confidence."""
    evidence = evidence_of("我想退货", "", weights=np.zeros((0, 4), np.float32), eos_logprob=-0.01)
    found = assess(evidence, CALIBRATION)
    assert found.confidence is not None
    assert found.confidence < 0.01
    (omission,) = [one for one in found.warnings if one.type == "omission"]
    assert omission.source_spans == ((0, 4),)
    assert found.words == ()
