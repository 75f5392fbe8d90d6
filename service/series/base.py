"""How a series of Prometheus is made and counted: labels are looked up once for each combination."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge

from service.series.distribution import Distribution


class Sum:
    """A counter or gauge; what is kept for each combination of label values is looked up once."""

    def __init__(self, metric: Counter | Gauge) -> None:
        self._of: Callable[..., Any] = cache(metric.labels)

    def add(self, amount: float, *labels: str) -> None:
        self._of(*labels).inc(amount)

    def set(self, value: float, *labels: str) -> None:
        self._of(*labels).set(value)


class Series:
    """Makes the series of one registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def counter(self, name: str, about: str, *labels: str) -> Sum:
        return Sum(Counter(name, about, labels, registry=self._registry))

    def gauge(self, name: str, about: str, *labels: str) -> Sum:
        return Sum(Gauge(name, about, labels, registry=self._registry))

    def histogram(self, name: str, about: str, bounds: Sequence[float], *labels: str) -> Distribution:
        distribution = Distribution(name, about, bounds, labels)
        self._registry.register(distribution)
        return distribution
