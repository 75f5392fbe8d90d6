"""What changes over a run, by the share of its time that is used up: learning rate and guidance."""

from __future__ import annotations

import math

from training.settings import TrainSettings


def share_done(settings: TrainSettings, seconds: float) -> float:
    """The share of the run's time that `seconds` of training are, from 0 to 1."""
    return min(seconds / (settings.minutes * 60), 1.0)


def learning_rate(settings: TrainSettings, done: float) -> float:
    """Linear warm-up from a hundredth of the peak, then a cosine down to its final share."""
    warmup, final = settings.warmup_share, settings.final_share
    if done < warmup:
        return settings.peak_rate * max(done / warmup, 0.01)
    cosine = 0.5 * (1 + math.cos(math.pi * (done - warmup) / (1 - warmup)))
    return settings.peak_rate * (final + (1 - final) * cosine)


def guided_weight(settings: TrainSettings, done: float) -> float:
    """The weight of the attention's loss, linear from its first to its final value."""
    first, last = settings.guided_weight, settings.guided_final_weight
    return first if last is None else first + (last - first) * done
