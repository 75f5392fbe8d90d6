"""Logistic regression whose signs keep their meaning, and how well chances come true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_RIDGE = 1.0
_MAX_STEPS = 50
_DECIMALS = 4  # people read the file


def fit(signs: Floats, labels: Floats, directions: Sequence[int]) -> tuple[float, list[float]]:
    """Intercept and one coefficient per sign, in the units of `signs` [N, K], by Newton's method.

    The penalty is half the squared norm of the coefficients of the standardised signs. A sign whose
    coefficient points against its direction (1 or -1) has told nothing new and gets 0.
    """
    kept = list(range(signs.shape[1]))
    mean, deviation = signs.mean(axis=0), signs.std(axis=0) + 1e-9
    standardised = (signs - mean) / deviation  # [N, K]
    while True:
        intercept, found = _newton(standardised[:, kept], labels)
        wrong = [float(value) * directions[sign] for value, sign in zip(found, kept, strict=True)]
        if not wrong or min(wrong) >= 0:
            break
        del kept[int(np.argmin(wrong))]
    scaled = np.zeros(signs.shape[1])
    scaled[kept] = found / deviation[kept]
    return round(float(intercept - scaled @ mean), _DECIMALS), [
        round(one, _DECIMALS) for one in scaled.tolist()
    ]


def _newton(standardised: Floats, labels: Floats) -> tuple[float, Floats]:
    rows = np.column_stack([np.ones(len(standardised)), standardised])  # [N, 1 + K]
    penalty = np.eye(rows.shape[1]) * _RIDGE
    penalty[0, 0] = 0.0
    found = np.zeros(rows.shape[1])
    for _ in range(_MAX_STEPS):
        chances = 1 / (1 + np.exp(-rows @ found))  # [N]
        gradient = rows.T @ (labels - chances) - penalty @ found
        hessian = rows.T @ (rows * (chances * (1 - chances))[:, None]) + penalty
        step = np.linalg.solve(hessian, gradient)
        found += step
        if np.abs(step).max() < 1e-9:
            break
    return float(found[0]), found[1:]


@dataclass(frozen=True, slots=True)
class Reliability:
    """How well chances came true: share of those that did, Brier score, ECE in ten bins, and AUROC.

    `bins` holds for each tenth of the scale: number, mean chance, share that came true.
    """

    number: int
    share: float
    brier: float
    ece: float
    auroc: float
    bins: tuple[tuple[int, float, float], ...]


def reliability(chances: Floats, labels: Floats) -> Reliability:
    """ECE as Guo et al. (2017) define it, with bins of equal width."""
    places = np.minimum((chances * 10).astype(int), 9)
    bins = [_bin(chances[places == place], labels[places == place]) for place in range(10)]
    ece = sum(number * abs(mean - share) for number, mean, share in bins) / len(labels)
    return Reliability(
        len(labels),
        round(float(labels.mean()), 3),
        round(float(((chances - labels) ** 2).mean()), 3),
        round(ece, 3),
        round(auroc(chances, labels), 3),
        tuple(bins),
    )


def _bin(chances: Floats, labels: Floats) -> tuple[int, float, float]:
    if not len(labels):
        return 0, 0.0, 0.0
    return len(labels), round(float(chances.mean()), 3), round(float(labels.mean()), 3)


def auroc(scores: Floats, labels: Floats) -> float:
    """The chance that a true one has the higher score (Mann and Whitney's U); ties count half."""
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]  # mean rank of equals
    is_true = labels > 0.5
    num_true, num_false = int(is_true.sum()), int((~is_true).sum())
    return float((ranks[is_true].sum() - num_true * (num_true + 1) / 2) / (num_true * num_false))
