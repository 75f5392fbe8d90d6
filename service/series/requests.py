"""What callers asked for, and how it ended."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from prometheus_client import CollectorRegistry

from service.engine.translation import LoadedModelInfo
from service.series.base import Series

_REQUEST_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 10, 30)
_FIRST_TOKEN_SECONDS: Final = (
    0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 10,
)  # fmt: skip
_OPERATIONS: Final = ("translate", "attention", "score")


class RequestSeries(Series):
    """What callers asked for, and how it ended."""

    def __init__(self, registry: CollectorRegistry) -> None:
        super().__init__(registry)
        who = ("model", "version")
        self.total = self.counter(
            "zhuyi_requests", "Translating requests by outcome.", *who, "source", "target", "outcome"
        )
        self.duration = self.histogram(
            "zhuyi_request_duration_seconds",
            "Time of a translating request.",
            _REQUEST_SECONDS,
            *who,
            "op",
            "outcome",
        )
        self.first_token = self.histogram(
            "zhuyi_time_to_first_token_seconds",
            "From a stream's request to its first piece.",
            _FIRST_TOKEN_SECONDS,
            "model",
        )

    def expect(self, model: LoadedModelInfo, outcomes: Iterable[str]) -> None:
        name, version = model.name, model.version
        for outcome in outcomes:
            self.total.add(0, name, version, model.manifest.source, model.manifest.target, outcome)
        for operation in _OPERATIONS:
            self.duration.expect(name, version, operation, "ok")
        self.first_token.expect(name)
