"""What HTTP sees."""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry

from service.series.base import Series

_REQUEST_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 10, 30)
_BYTES: Final = tuple(2**power for power in range(7, 22))


class HttpSeries(Series):
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
