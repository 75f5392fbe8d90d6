"""Who was not let in, and who came too often; whoever it was is no label."""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry

from service.series.base import Series

_FAULTS: Final = ("missing", "malformed", "unknown", "expired", "scope")
_REASONS: Final = ("requests", "characters", "quota")


class AccessSeries(Series):
    """Refusals because of keys and their limits, all beginning at zero."""

    def __init__(self, registry: CollectorRegistry) -> None:
        super().__init__(registry)
        self.auth_failures = self.counter("zhuyi_auth_failures", "Requests without the right key.", "reason")
        self.rate_limited = self.counter(
            "zhuyi_rate_limited", "Requests over the limits of their key.", "reason"
        )
        for fault in _FAULTS:
            self.auth_failures.add(0, fault)
        for reason in _REASONS:
            self.rate_limited.add(0, reason)
