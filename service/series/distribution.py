"""A histogram that is cheap to add to: values wait in a list until somebody looks, or many wait.

`prometheus_client.Histogram` takes a microsecond for each value, and a sentence has a dozen; a list takes a
tenth of that. What is shown is the same, but for `_created`, which is left out. For one thread, as the
event loop is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from prometheus_client.core import HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

_MAX_WAITING: Final = 1024


@dataclass(slots=True)
class _Counted:
    """One combination of labels; `buckets` [bounds + 1] are not cumulative, `waiting` is in none of them."""

    buckets: NDArray[np.int64]
    total: float = 0.0
    waiting: list[float] = field(default_factory=list)


class Distribution(Collector):
    """A histogram with `bounds`, ascending, each of which belongs to its bucket (Prometheus' `le`)."""

    def __init__(self, name: str, about: str, bounds: Sequence[float], labels: Sequence[str]) -> None:
        self._name, self._about, self._labels = name, about, tuple(labels)
        self._bounds = np.asarray(bounds, np.float64)  # [bounds]
        self._les = [*map(floatToGoString, (*bounds, math.inf))]
        self._by_labels: dict[tuple[str, ...], _Counted] = {}

    def expect(self, *labels: str) -> None:
        """Begins at zero for these values of the labels."""
        if len(labels) != len(self._labels):
            raise ValueError(f"{self._name} has the labels {', '.join(self._labels)}")
        self._by_labels.setdefault(labels, _Counted(np.zeros(len(self._les), np.int64)))

    def observe(self, amount: float, *labels: str) -> None:
        """Adds a value, any number but NaN; raises ValueError where labels are too few or too many."""
        counted = self._by_labels.get(labels)
        if counted is None:
            self.expect(*labels)
            counted = self._by_labels[labels]
        counted.waiting.append(amount)
        if len(counted.waiting) >= _MAX_WAITING:
            self._count(counted)

    def describe(self) -> list[Metric]:
        """The family without a value; the registry looks here for names that are taken."""
        return [self._family()]

    def collect(self) -> Iterator[Metric]:
        """The family as it is now."""
        family = self._family()
        for labels, counted in self._by_labels.items():
            self._count(counted)
            cumulative = counted.buckets.cumsum().tolist()
            family.add_metric(labels, list(zip(self._les, cumulative, strict=True)), counted.total)
        yield family

    def _family(self) -> HistogramMetricFamily:
        return HistogramMetricFamily(self._name, self._about, labels=self._labels)

    def _count(self, counted: _Counted) -> None:
        waiting = np.asarray(counted.waiting, np.float64)
        places = np.searchsorted(self._bounds, waiting, side="left")
        counted.buckets += np.bincount(places, minlength=len(self._les))
        counted.total += float(waiting.sum())
        counted.waiting.clear()
