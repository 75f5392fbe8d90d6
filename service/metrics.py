"""Facts become Prometheus series: requests as HTTP sees them, ticks as the engines tell them.

Base units, fixed buckets, and labels only from names that the service itself knows: no text, key or address.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, Final, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, GCCollector, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from service.engine.messages import FinishReason, TickRecord
from service.engine.translation import LoadedModelInfo
from service.pipeline.units import Outcome
from service.scrape import ScrapeCollector, ServiceState, TickTotals

_REQUEST_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 10, 30)
_QUEUE_SECONDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_STEP_SECONDS: Final = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1)
_ROWS: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256)
_TOKENS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
_BATCH_TOKENS: Final = tuple(2**power for power in range(17))
_RATIOS: Final = tuple(round(0.05 * step, 2) for step in range(1, 21))
_BYTES: Final = tuple(2**power for power in range(7, 22))
_FATAL: Final = {"reinserted": "protected_reinserted", "source_kept": "source_kept"}
_OPERATIONS: Final = ("translate", "attention", "score")


class Metrics:
    """All series of one process, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self._http = _HttpSeries(self.registry)
        self._requests = _RequestSeries(self.registry)
        self._engine = _EngineSeries(self.registry)
        self._quality = _QualitySeries(self.registry)
        self._ticks = TickTotals()

    def observe_at_scrape(self, state: ServiceState) -> None:
        """Reads what changes without an event (depths, heartbeats, models) when somebody looks."""
        self.registry.register(ScrapeCollector(state, self._ticks))

    def expect(self, models: Iterable[LoadedModelInfo], outcomes: Iterable[str]) -> None:
        """Begins at zero what these models can count.

        Prometheus sees no increase in a series that appears, so the first of its kind would be missed.
        """
        expected = tuple(outcomes)
        for model in models:
            self._requests.expect(model, expected)
            self._engine.expect(model)
            self._ticks.expect(model.name)

    def render(self) -> tuple[bytes, str]:
        """The body of `/metrics` and its content type."""
        return generate_latest(self.registry), CONTENT_TYPE_LATEST

    def http_started(self, route: str) -> None:
        """A request came in; `route` is a route's template or `unmatched`."""
        self._http.in_flight.add(1, route)

    def http_finished(
        self,
        *,
        method: str,
        route: str,
        dialect: str,
        status: int,
        seconds: float,
        num_bytes_in: int,
        num_bytes_out: int,
    ) -> None:
        """Its answer went out, or its client left."""
        self._http.in_flight.add(-1, route)
        self._http.total.add(1, method, route, str(status), dialect)
        self._http.duration.observe(seconds, method, route, dialect)
        self._http.request_size.observe(num_bytes_in, route)
        self._http.response_size.observe(num_bytes_out, route)

    def request_finished(
        self,
        *,
        operation: str,
        model: str,
        version: str,
        source: str,
        target: str,
        outcome: str,
        seconds: float,
    ) -> None:
        """A translating request ended in exactly one outcome."""
        self._requests.total.add(1, model, version, source, target, outcome)
        self._requests.duration.observe(seconds, model, version, operation, outcome)

    def sentence_finished(self, outcome: Outcome) -> None:
        """A sentence came back from the engines and was assessed."""
        self._quality.observe(outcome)
        translation = outcome.translation
        name, version = translation.model, translation.version
        self._requests.finished.add(1, name, version, translation.finish_reason)
        self._requests.tokenization.observe(translation.timings.tokenize_seconds, name)
        self._requests.queue.observe(translation.timings.queue_seconds, name)
        inference = translation.timings.encode_seconds + translation.timings.decode_seconds
        self._requests.inference.observe(inference, name, version)
        self._requests.source_tokens.observe(len(translation.source_tokens), name)
        self._requests.target_tokens.observe(len(translation.target_tokens), name)
        self._requests.last_success.set(time.time(), name)

    def record_tick(self, record: TickRecord) -> None:
        """One tick of one model in one engine."""
        self._engine.record(record)
        self._ticks.note(record)


class _Sum:
    """A counter or gauge; what is kept for each combination of label values is looked up once."""

    def __init__(self, metric: Counter | Gauge) -> None:
        self._of: Callable[..., Any] = cache(metric.labels)

    def add(self, amount: float, *labels: str) -> None:
        self._of(*labels).inc(amount)

    def set(self, value: float, *labels: str) -> None:
        self._of(*labels).set(value)


class _Distribution:
    """A histogram, likewise."""

    def __init__(self, metric: Histogram) -> None:
        self._of = cache(metric.labels)

    def observe(self, amount: float, *labels: str) -> None:
        self._of(*labels).observe(amount)

    def expect(self, *labels: str) -> None:
        self._of(*labels)


class _Series:
    """Makes the series of one registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def counter(self, name: str, about: str, *labels: str) -> _Sum:
        return _Sum(Counter(name, about, labels, registry=self._registry))

    def gauge(self, name: str, about: str, *labels: str) -> _Sum:
        return _Sum(Gauge(name, about, labels, registry=self._registry))

    def histogram(self, name: str, about: str, bounds: Sequence[float], *labels: str) -> _Distribution:
        return _Distribution(Histogram(name, about, labels, buckets=bounds, registry=self._registry))


class _HttpSeries(_Series):
    """What HTTP sees."""

    def __init__(self, registry: CollectorRegistry) -> None:
        super().__init__(registry)
        request, duration = "zhuyi_http_requests", "zhuyi_http_request_duration_seconds"
        self.total = self.counter(request, "Requests answered.", "method", "route", "status", "dialect")
        self.duration = self.histogram(
            duration, "From request to response.", _REQUEST_SECONDS, "method", "route", "dialect"
        )
        self.in_flight = self.gauge("zhuyi_http_requests_in_flight", "Requests being answered now.", "route")
        self.request_size = self.histogram(
            "zhuyi_http_request_size_bytes", "Bodies received.", _BYTES, "route"
        )
        self.response_size = self.histogram("zhuyi_http_response_size_bytes", "Bodies sent.", _BYTES, "route")


class _RequestSeries(_Series):
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


class _QualitySeries(_Series):
    """What the evidence says about sentences."""

    def __init__(self, registry: CollectorRegistry) -> None:
        super().__init__(registry)
        who = ("model", "version")
        self.confidence = self.histogram("zhuyi_confidence_ratio", "Confidence of a sentence.", _RATIOS, *who)
        self.entropy = self.histogram(
            "zhuyi_attention_entropy_ratio", "Mean entropy of its attention, 1 when even.", _RATIOS, *who
        )
        self.coverage = self.histogram(
            "zhuyi_source_coverage_ratio", "Share of its source that attention covered.", _RATIOS, *who
        )
        self.warnings = self.counter("zhuyi_warnings", "Warnings about sentences.", "model", "type")
        self.protected = self.counter(
            "zhuyi_protected_spans", "Protected spans by how their sentence kept them.", "model", "result"
        )

    def observe(self, outcome: Outcome) -> None:
        name, version = outcome.translation.model, outcome.translation.version
        self.protected.add(len(outcome.unit.masked.spans), name, outcome.fate)
        if outcome.fate in _FATAL:
            self.warnings.add(1, name, _FATAL[outcome.fate])
        if outcome.assessment is None:
            return
        if outcome.assessment.confidence is not None:
            self.confidence.observe(outcome.assessment.confidence, name, version)
        self.entropy.observe(outcome.assessment.entropy, name, version)
        self.coverage.observe(outcome.assessment.coverage, name, version)
        for warning in outcome.assessment.warnings:
            self.warnings.add(1, name, warning.type)


class _EngineSeries(_Series):
    """What the ticks tell."""

    def __init__(self, registry: CollectorRegistry) -> None:
        super().__init__(registry)
        where = ("model", "provider")
        self.encode = self.histogram(
            "zhuyi_encode_seconds", "Encoding a group of sentences.", _STEP_SECONDS, *where
        )
        self.step = self.histogram(
            "zhuyi_decode_step_seconds", "One step of all rows.", _STEP_SECONDS, *where
        )
        self.batch_size = self.histogram(
            "zhuyi_batch_size", "Sentences encoded, or rows stepped, together.", _ROWS, "model", "stage"
        )
        self.batch_tokens = self.histogram(
            "zhuyi_batch_tokens", "Real source tokens of a group encoded together.", _BATCH_TOKENS, "model"
        )
        self.padded_tokens = self.histogram(
            "zhuyi_batch_padded_tokens", "The same with padding.", _BATCH_TOKENS, "model"
        )
        self.rows = self.counter("zhuyi_rows", "Sentences taken into the running batch.", "model")
        self.failed = self.counter("zhuyi_failed_rows", "Sentences that the model failed on.", "model")
        self.cancelled = self.counter(
            "zhuyi_cancelled_rows", "Sentences given up by their caller or deadline.", "model", "where"
        )

    def expect(self, model: LoadedModelInfo) -> None:
        name, device = model.name, model.actual_device
        for series in (self.encode, self.step):
            series.expect(name, device)
        for stage in ("encode", "decode"):
            self.batch_size.expect(name, stage)
        for series in (self.batch_tokens, self.padded_tokens):
            series.expect(name)
        for sums in (self.rows, self.failed):
            sums.add(0, name)
        for where in ("queued", "running"):
            self.cancelled.add(0, name, where)

    def record(self, tick: TickRecord) -> None:
        model, device = tick.model, tick.actual_device
        if tick.num_encoded:
            self.encode.observe(tick.encode_seconds, model, device)
            self.batch_size.observe(tick.num_encoded, model, "encode")
            self.batch_tokens.observe(tick.source_tokens, model)
            self.padded_tokens.observe(tick.padded_source_tokens, model)
        if tick.rows:
            self.step.observe(tick.step_seconds, model, device)
            self.batch_size.observe(tick.rows, model, "decode")
        self.rows.add(tick.joined, model)
        self.failed.add(tick.failed, model)
        self.cancelled.add(tick.cancelled_queued + tick.expired_queued, model, "queued")
        self.cancelled.add(tick.cancelled_running + tick.expired_running, model, "running")
