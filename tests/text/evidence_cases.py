"""Hand-made evidence: a sentence, its translation, and attention as a test wants it."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from service.text.evidence import Evidence
from service.text.evidence.calibration import (
    Calibration,
    OmissionModel,
    SentenceModel,
    Thresholds,
    WordModel,
)
from service.text.tokens import Token

_TOKEN = re.compile(r"[\u4e00-\u9fff]|[^\s\u4e00-\u9fff]+")
"""A Chinese character, or whatever stands between spaces."""

CALIBRATION = Calibration(
    min_chrf=40,
    sentence=SentenceModel(
        intercept=4.0,
        mean_logprob=3.0,
        min_logprob=0.1,
        eos_logprob=0.1,
        coverage=0.5,
        gap=-0.5,
        entropy=-4.0,
    ),
    word=WordModel(intercept=1.0, min_logprob=1.0, entropy=-1.0, sentence=0.3),
    omission=OmissionModel(intercept=-3.0, gap=5.0, eos_logprob=-1.0),
    thresholds=Thresholds(
        omission=0.5,
        detached_logprob=-3.5,
        detached_entropy=0.9,
        low_confidence=0.2,
        doubtful_word=0.3,
    ),
)
"""Near what the bundled models have."""


def tokens_of(text: str) -> tuple[Token, ...]:
    """Characters of Chinese and words of everything else, in their places."""
    return tuple(Token(match[0], *match.span()) for match in _TOKEN.finditer(text))


def diagonal(num_target: int, num_source: int) -> NDArray[np.float32]:
    """Attention [T, S] that goes from the first source token to the last, and covers all where T >= S."""
    weights = np.full((num_target, num_source), 0.01, np.float32)
    for row in range(num_target):
        weights[row, row * num_source // num_target] = 1.0
    if num_target < num_source:  # several source tokens per row
        for column in range(num_source):
            weights[column * num_target // num_source, column] = 1.0
    rows: NDArray[np.float32] = weights / weights.sum(axis=1, keepdims=True)
    return rows


def evidence_of(
    source: str,
    target: str,
    languages: str = "zh-en",
    *,
    weights: NDArray[np.float32] | None = None,
    logprobs: Sequence[float] | None = None,
    eos_logprob: float | None = -0.1,
    finish_reason: str = "eos",
) -> Evidence:
    """A sentence that the model was sure of, with attention in order, unless told otherwise."""
    source_tokens, target_tokens = tokens_of(source), tokens_of(target)
    return Evidence(
        source,
        target,
        *languages.split("-"),
        source_tokens,
        target_tokens,
        [-0.1] * len(target_tokens) if logprobs is None else logprobs,
        eos_logprob,
        diagonal(len(target_tokens), len(source_tokens)) if weights is None else weights,
        finish_reason,
    )


def turned(evidence: Evidence) -> Evidence:
    """The same sentence in the other direction."""
    return replace(
        evidence,
        source_text=evidence.target_text,
        target_text=evidence.source_text,
        source_language=evidence.target_language,
        target_language=evidence.source_language,
        source_tokens=evidence.target_tokens,
        target_tokens=evidence.source_tokens,
        logprobs=[-0.1] * len(evidence.source_tokens),
        weights=diagonal(len(evidence.source_tokens), len(evidence.target_tokens)),
        protected_source=evidence.protected_target,
        protected_target=evidence.protected_source,
    )
