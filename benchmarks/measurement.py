"""What a load run found: counts, rates and latencies; everything is plain data that JSON can hold."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec


class Latency(msgspec.Struct, frozen=True):
    """Milliseconds of the requests that were answered rightly."""

    count: int
    p50: float
    p90: float
    p99: float
    max: float


class Measurement(msgspec.Struct, frozen=True, kw_only=True):
    """One run against one server.

    `requests_per_second` counts right answers within the seconds of the run; `failures` counts what was
    not answered rightly, by kind, among it answers that are not those expected (`different`).
    `p99_of_sent_ms` takes what failed as never answered: None where that is more than one in a hundred.
    `first` is the time to the first byte of an answer's body, which for a stream is its first event.
    `late_p99_ms` is by how much requests were sent after their time, `generator_us` the processor time
    that the generator itself spent on a request.
    """

    seconds: float
    sent: int
    answered: int
    failures: dict[str, int]
    requests_per_second: float
    texts_per_second: float
    latency: Latency | None
    p99_of_sent_ms: float | None
    by_label: dict[str, Latency]
    first: Latency | None = None
    late_p99_ms: float
    generator_us: float

    @property
    def num_failures(self) -> int:
        return sum(self.failures.values())

    def meets(self, limit_ms: float) -> bool:
        """True where 99 of 100 requests sent were answered rightly within the limit."""
        return self.p99_of_sent_ms is not None and self.p99_of_sent_ms <= limit_ms


@dataclass(slots=True)
class Tally:
    """Counts while a run goes on; times are those of time.perf_counter."""

    started: float
    deadline: float = math.inf
    num_sent: int = 0
    num_in_time: int = 0
    num_texts_in_time: int = 0
    last: float = 0.0
    failures: Counter[str] = field(default_factory=Counter)
    latencies: dict[str, list[float]] = field(default_factory=dict)
    lates: list[float] = field(default_factory=list)
    firsts: list[float] = field(default_factory=list)

    def answer(self, label: str, due: float, now: float, num_texts: int) -> None:
        """A right answer came to what was due then."""
        self.latencies.setdefault(label, []).append((now - due) * 1000)
        self.last = now
        if now <= self.deadline:
            self.num_in_time += 1
            self.num_texts_in_time += num_texts

    def measurement(self, *, processor_seconds: float) -> Measurement:
        """What the run found."""
        every = [one for latencies in self.latencies.values() for one in latencies]
        never = [math.inf] * (self.num_sent - len(every))
        end = self.deadline if self.last > self.deadline else self.last
        seconds = max(end - self.started, 1e-9)
        labels = self.latencies if len(self.latencies) > 1 else {}
        return Measurement(
            seconds=seconds,
            sent=self.num_sent,
            answered=len(every),
            failures=dict(self.failures),
            requests_per_second=self.num_in_time / seconds,
            texts_per_second=self.num_texts_in_time / seconds,
            latency=latency_of(every),
            p99_of_sent_ms=_finite(percentile([*sorted(every), *never], 99)),
            by_label={label: _latency(found) for label, found in labels.items()},
            first=latency_of(self.firsts),
            late_p99_ms=1000 * percentile(sorted(self.lates), 99) if self.lates else 0.0,
            generator_us=1e6 * processor_seconds / max(1, self.num_sent),
        )


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None


def latency_of(latencies_ms: Iterable[float]) -> Latency | None:
    """Percentiles of latencies, None where there are none."""
    found = list(latencies_ms)
    return _latency(found) if found else None


def _latency(latencies_ms: list[float]) -> Latency:
    ranked = sorted(latencies_ms)
    p50, p90, p99 = (percentile(ranked, percent) for percent in (50, 90, 99))
    return Latency(len(ranked), p50, p90, p99, ranked[-1])


def percentile(ranked: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent of the ranked values do not exceed; infinite for none."""
    if not ranked:
        return math.inf
    return ranked[max(0, math.ceil(len(ranked) * percent / 100) - 1)]
