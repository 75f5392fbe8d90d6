"""How long a step of so many rows takes, and what the whole decode loop makes of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.gpu_model import carried_out, dismiss, rows_of
from benchmarks.measurement import percentile
from service.engine.loading import LoadedModel
from service.engine.messages import Job
from service.engine.scheduler import BatchLimits

_UNTIMED_STEPS = 5


@dataclass(frozen=True, slots=True)
class Steps:
    """Steps of `num_rows` rows; times in milliseconds."""

    num_rows: int
    p50_ms: float
    p99_ms: float

    @property
    def tokens_per_second(self) -> float:
        return 1000 * self.num_rows / self.p50_ms


def time_steps(model: LoadedModel, num_rows: int, num_tokens: int, num_steps: int) -> Steps:
    """Steps of rows whose sources have so many tokens; answers are on the host when the clock stops."""
    pieces = model.manifest.pieces
    random = np.random.default_rng(num_rows)
    sources = random.integers(pieces.first_copy, pieces.num_source, (num_rows, num_tokens)).tolist()
    state = rows_of(model, sources)
    previous = np.full(num_rows, pieces.bos, np.int64)
    taken: list[float] = []
    for _ in range(_UNTIMED_STEPS + num_steps):
        started = time.perf_counter()
        step = model.step(state, previous, previous)
        previous = step.top_tokens[:, 0].copy()
        taken.append(1000 * (time.perf_counter() - started))
        state = step.state
    dismiss(model, state)
    ranked = sorted(taken[_UNTIMED_STEPS:])
    return Steps(num_rows, percentile(ranked, 50), percentile(ranked, 99))


def time_sentences(model: LoadedModel, jobs: Sequence[Job], limits: BatchLimits) -> float:
    """Sentences per second that the decode loop translates, all of them waiting from the start."""
    started = time.perf_counter()
    carried_out(model, jobs, limits)
    return len(jobs) / (time.perf_counter() - started)
