"""What attention and log-probabilities of a sentence come down to: a handful of numbers, cheaply.

Python's own loops over short lists beat numpy's calls here; only the matrix is numpy's.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final, NamedTuple

import numpy as np

from service.text.evidence.sentence import Evidence

GAP_LEVEL: Final = 0.3
"""A source token that got less attention than this, added over all target tokens, adds to a gap."""
CUT_LOGPROB: Final = -8.0
"""Stands for the log-probability of ending where the translation was cut; lower ones count as this."""
_TINY: Final = np.float32(1e-30)  # the logarithm of nothing at all is not asked for


class Signals(NamedTuple):
    """Log-probabilities are natural; `mean_logprob` is over all tokens and EOS.

    `coverage` is the mean over the source tokens of the attention that each got, at most 1 of each
    (the sum inside the coverage penalty of Wu et al. 2016, section 7, without its logarithm).
    `gap` is how much attention the stretch of source tokens `gap_first` to `gap_last - 1` lacks up to
    GAP_LEVEL each, that stretch being the one that lacks most; 0 where none lacks any.
    `entropy` is the mean entropy of the attention's rows by ln S, 0 to 1.
    """

    mean_logprob: float
    min_logprob: float
    eos_logprob: float
    coverage: float
    gap: float
    gap_first: int
    gap_last: int
    entropy: float


def signals_of(evidence: Evidence) -> Signals:
    """The signals of a sentence; where nothing was written all of the source lacks attention, and nothing
    was likely.
    """
    num_target, num_source = evidence.weights.shape
    if not num_source:
        return Signals(0.0, 0.0, 0.0, 1.0, 0.0, 0, 0, 0.0)
    if not num_target:
        worst = CUT_LOGPROB
        return Signals(worst, worst, worst, 0.0, num_source * GAP_LEVEL, 0, num_source, 0.0)
    received: list[float] = np.add.reduce(evidence.weights, 0).tolist()  # [S]
    eos = evidence.eos_logprob
    eos_logprob = CUT_LOGPROB if eos is None else max(eos, CUT_LOGPROB)
    mean = (sum(evidence.logprobs) + eos_logprob) / (num_target + 1)
    coverage, gap, gap_first, gap_last = _coverage_and_gap(received)
    return Signals(
        mean,
        min(evidence.logprobs),
        eos_logprob,
        coverage / num_source,
        gap,
        gap_first,
        gap_last,
        _entropy(evidence) / num_target,
    )


def _entropy(evidence: Evidence) -> float:
    """The rows' entropies by the largest possible one, added up."""
    weights = evidence.weights
    num_source = weights.shape[1]
    if num_source == 1:
        return 0.0
    return max(0.0, -float(np.vdot(weights, np.log(weights + _TINY))) / math.log(num_source))


def _coverage_and_gap(received: Iterable[float]) -> tuple[float, float, int, int]:
    """What the source tokens got, added up, at most 1 of each; and the stretch with the largest sum of what
    its tokens lack (Kadane's algorithm).
    """
    coverage = 0.0
    best, best_first, best_last = 0.0, 0, 0
    current, first = 0.0, 0
    for index, share in enumerate(received):
        coverage += 1.0 if share > 1.0 else share
        current += GAP_LEVEL - share
        if current <= 0.0:
            current, first = 0.0, index + 1
        elif current > best:
            best, best_first, best_last = current, first, index + 1
    return coverage, best, best_first, best_last
