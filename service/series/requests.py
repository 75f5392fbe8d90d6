"""What callers asked for, and how it ended."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, get_args

from prometheus_client import CollectorRegistry

from service.engine.messages import FinishReason
from service.engine.translation import LoadedModelInfo
from service.series.base import Series

_REQUEST_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 10, 30)
_QUEUE_SECONDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_STEP_SECONDS: Final = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1)
_TOKENS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
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
        self.finished = self.counter("zhuyi_request_finished", "Sentences by why they ended.", *who, "reason")
        self.tokenization = self.histogram(
            "zhuyi_request_tokenization_seconds", "Tokenizing a sentence.", _STEP_SECONDS, "model"
        )
        self.queue = self.histogram(
            "zhuyi_request_queue_seconds", "A sentence's wait for its row.", _QUEUE_SECONDS, "model"
        )
        self.inference = self.histogram(
            "zhuyi_request_inference_seconds", "Encoding and decoding a sentence.", _QUEUE_SECONDS, *who
        )
        self.source_tokens = self.histogram(
            "zhuyi_source_tokens", "Source tokens of a sentence.", _TOKENS, "model"
        )
        self.target_tokens = self.histogram(
            "zhuyi_target_tokens", "Target tokens of a sentence.", _TOKENS, "model"
        )
        self.last_success = self.gauge(
            "zhuyi_last_success_timestamp_seconds", "When a sentence last came back translated.", "model"
        )

    def expect(self, model: LoadedModelInfo, outcomes: Iterable[str]) -> None:
        name, version = model.name, model.version
        for outcome in outcomes:
            self.total.add(0, name, version, model.manifest.source, model.manifest.target, outcome)
        for operation in _OPERATIONS:
            self.duration.expect(name, version, operation, "ok")
        for reason in get_args(FinishReason):
            self.finished.add(0, name, version, reason)
        self.inference.expect(name, version)
        for series in (self.tokenization, self.queue, self.source_tokens, self.target_tokens):
            series.expect(name)
