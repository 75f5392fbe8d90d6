"""Facts become Prometheus series: requests as HTTP sees them, ticks as the engines tell them.

Base units, fixed buckets, and labels only from names that the service itself knows: no text, key or address.
"""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, GCCollector, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from service.engine.messages import TickRecord
from service.engine.translation import LoadedModelInfo
from service.pipeline.items import Item
from service.pipeline.units import Outcome
from service.scrape import ScrapeCollector, ServiceState
from service.series.access import AccessSeries
from service.series.engine import EngineSeries
from service.series.http import HttpSeries
from service.series.quality import QualitySeries
from service.series.requests import RequestSeries
from service.series.sentences import SentenceSeries
from service.series.ticks import TickTotals


class Metrics:
    """All series of one process, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self._http = HttpSeries(self.registry)
        self._requests = RequestSeries(self.registry)
        self._sentences = SentenceSeries(self.registry)
        self._engine = EngineSeries(self.registry)
        self._quality = QualitySeries(self.registry)
        self._access = AccessSeries(self.registry)
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
            self._sentences.expect(model)
            self._engine.expect(model)
            self._quality.expect(model)
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

    def auth_failed(self, fault: str) -> None:
        """A request had no key, or not the right one."""
        self._access.auth_failures.add(1, fault)

    def rate_limited(self, reason: str) -> None:
        """A request was over a limit of its key."""
        self._access.rate_limited.add(1, reason)

    def stream_began(self, *, model: str, seconds: float) -> None:
        """The first piece of a stream is on its way, so long after its request came."""
        self._requests.first_token.observe(seconds, model)

    def sentence_finished(self, outcome: Outcome) -> None:
        """A sentence came back from the engines and was assessed."""
        self._quality.observe(outcome)
        self._sentences.observe(outcome)

    def item_finished(self, item: Item, seconds: float) -> None:
        """A text is put together; `seconds` were spent on it since its sentences came back."""
        self._sentences.note_item(item, seconds)

    def record_tick(self, record: TickRecord) -> None:
        """One tick of one model in one engine."""
        self._engine.record(record)
        self._ticks.note(record)

    def load_ended(self, model: str, result: str) -> None:
        """A version was to be loaded while the service runs."""
        self._engine.loads.add(1, model, result)

    def compared(self, model: str, version: str, agreement: float) -> None:
        """What a candidate said was compared with what the version that serves says."""
        self._quality.agreement.observe(agreement, model, version)
