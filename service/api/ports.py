"""What the HTTP side needs from the rest of the service, so that it can be tested without an engine."""

from __future__ import annotations

from typing import Protocol


class Recording(Protocol):
    """Who hears of what happened; `seconds` are durations, names are those of routes and served languages."""

    def http_started(self, route: str) -> None: ...

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
    ) -> None: ...

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
    ) -> None: ...

    def auth_failed(self, fault: str) -> None: ...

    def rate_limited(self, reason: str) -> None: ...

    def stream_began(self, *, model: str, seconds: float) -> None: ...
