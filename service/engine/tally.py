"""Counts what one tick does and makes the frozen record of it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from operator import attrgetter

from service.engine.messages import TickRecord


@dataclass(slots=True)
class Tally:
    """The counts of one tick while it runs; the fields are those of TickRecord."""

    rows: int = 0
    tokens: int = 0
    joined: int = 0
    finished: int = 0
    failed: int = 0
    cancelled_queued: int = 0
    cancelled_running: int = 0
    expired_queued: int = 0
    expired_running: int = 0
    num_encoded: int = 0
    source_tokens: int = 0
    padded_source_tokens: int = 0
    encode_seconds: float = 0.0
    step_seconds: float = 0.0
    busy_seconds: float = 0.0
    num_waiting: int = 0
    waiting_tokens: int = 0
    num_running: int = 0
    oldest_wait_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class LoopIdentity:
    """What a record says about where it comes from."""

    engine: int
    model: str
    version: str
    actual_device: str

    def record(self, tally: Tally) -> TickRecord:
        """The frozen record of a tick that is over."""
        return TickRecord(self.engine, self.model, self.version, self.actual_device, *_values(tally))


_values = attrgetter(*(field.name for field in fields(Tally)))
