"""What `/metrics` reads at the moment of a scrape: depths, heartbeats, models; nothing is kept meanwhile."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from service.engine.admission import QueueState
from service.engine.translation import LoadedModelInfo
from service.engine.workers import EngineStatus
from service.series.ticks import TickTotals


class ServiceState(Protocol):
    """Who can be asked at any time."""

    def queue(self) -> QueueState:
        """What is owed now."""

    def models(self) -> tuple[LoadedModelInfo, ...]:
        """The versions that serve, and the candidates."""

    def num_loaded(self) -> Mapping[str, int]:
        """How many versions of each model are in memory, those that still finish something included."""

    def engines(self) -> tuple[EngineStatus, ...]:
        """All engine processes."""

    def max_rows(self) -> int:
        """How many rows of one version an engine can run at once."""

    def has_taken_keys(self) -> bool | None:
        """Whether the keys that count are those of the key file as it stands; None without such a file."""

    def is_ready(self) -> bool:
        """True while sentences are taken."""

    def is_draining(self) -> bool:
        """True once a stop was asked for."""


class ScrapeCollector(Collector):
    """A Prometheus collector without memory of its own."""

    def __init__(self, state: ServiceState, ticks: TickTotals) -> None:
        self._state = state
        self._ticks = ticks

    def collect(self) -> Iterator[Metric]:
        """All series, made anew."""
        for engine in self._state.engines():
            self._ticks.forget_earlier(engine.number, engine.num_restarts)
        yield from self._queue()
        yield from self._batches()
        yield from self._slots()
        yield from self._models()
        yield from self._workers()
        yield from self._access()
        draining = self._state.is_draining()
        yield _gauge("zhuyi_draining", "1 from the request to stop until the end.", draining)

    def _queue(self) -> Iterator[Metric]:
        queue = self._state.queue()
        yield _gauge("zhuyi_queue_requests", "Sentences waiting or running.", queue.num_sequences)
        yield _gauge("zhuyi_queue_tokens", "Source tokens waiting or running.", queue.num_tokens)
        wait = queue.estimated_wait_seconds
        yield _gauge("zhuyi_estimated_wait_seconds", "How long what is owed will take.", wait)

    def _batches(self) -> Iterator[Metric]:
        oldest = GaugeMetricFamily(
            "zhuyi_queue_oldest_age_seconds", "Longest wait at the last tick.", labels=["model"]
        )
        for model in sorted({model for model, _, _ in self._ticks.last}):
            ticks = [tick for (name, _, _), tick in self._ticks.last.items() if name == model]
            oldest.add_metric([model], max(tick.oldest_wait_seconds for tick in ticks))
        yield oldest
        yield _counter("zhuyi_source_tokens", "Source tokens encoded.", self._ticks.source_tokens)
        yield _counter("zhuyi_target_tokens", "Target tokens made.", self._ticks.target_tokens)

    def _slots(self) -> Iterator[Metric]:
        """Of each engine, those that are not ready with nothing: what they last told is over."""
        labels = ["model", "worker"]
        running = GaugeMetricFamily("zhuyi_running_rows", "Rows of the last step.", labels=labels)
        slots = GaugeMetricFamily("zhuyi_slots", "Rows that an engine can run at once.", labels=labels)
        num_versions, max_rows = self._state.num_loaded(), self._state.max_rows()
        for engine in self._state.engines():
            is_ready = engine.state == "ready"
            for model in sorted(num_versions):
                rows = self._ticks.running_rows(model, engine.number)
                running.add_metric([model, str(engine.number)], rows * is_ready)
                slots.add_metric([model, str(engine.number)], num_versions[model] * max_rows * is_ready)
        yield from (running, slots)

    def _access(self) -> Iterator[Metric]:
        has_taken = self._state.has_taken_keys()
        if has_taken is not None:
            about = "1 while the keys of the key file as it stands count, 0 where a change of it was refused."
            yield _gauge("zhuyi_keys_file_taken", about, has_taken)

    def _models(self) -> Iterator[Metric]:
        info = GaugeMetricFamily(
            "zhuyi_model_info",
            "Always 1.",
            labels=["model", "version", "sha256_12", "provider", "precision", "architecture"],
        )
        ready = GaugeMetricFamily("zhuyi_model_ready", "1 while it serves.", labels=["model", "version"])
        fell_back = GaugeMetricFamily(
            "zhuyi_execution_provider_fallback",
            "1 where another device is used than was asked for.",
            labels=["model", "version", "requested", "actual"],
        )
        load = GaugeMetricFamily(
            "zhuyi_model_load_seconds", "Time to load and warm up.", labels=["model", "version"]
        )
        is_ready = self._state.is_ready()
        for model in self._state.models():
            names = [model.name, model.version]
            digest, device = model.digest[:12], model.actual_device
            info.add_metric([*names, digest, device, model.precision, model.manifest.architecture], 1)
            ready.add_metric(names, is_ready and bool(device))
            fell_back.add_metric([*names, model.requested_device, device], model.fell_back)
            load.add_metric(names, model.load_seconds)
        yield from (info, ready, fell_back, load)

    def _workers(self) -> Iterator[Metric]:
        heartbeat = GaugeMetricFamily(
            "zhuyi_worker_heartbeat_timestamp_seconds", "When an engine was last heard of.", labels=["worker"]
        )
        restarts = CounterMetricFamily("zhuyi_worker_restarts", "Engines started again.", labels=["worker"])
        memory = GaugeMetricFamily(
            "zhuyi_worker_resident_memory_bytes", "Resident memory of an engine (Linux).", labels=["worker"]
        )
        offset = time.time() - time.monotonic()
        for engine in self._state.engines():
            heartbeat.add_metric([str(engine.number)], engine.last_heartbeat + offset)
            restarts.add_metric([str(engine.number)], engine.num_restarts)
            if resident := _resident_bytes(engine.pid):
                memory.add_metric([str(engine.number)], resident)
        yield from (heartbeat, restarts, memory)


def _resident_bytes(pid: int | None) -> int:
    """0 for a process that is gone, and where there is no /proc (Linux, proc_pid_statm(5))."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):  # an ended process that nobody has waited for has an empty file
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(name, about, value=value)


def _counter(name: str, about: str, totals: Mapping[str, int]) -> Metric:
    family = CounterMetricFamily(name, about, labels=["model"])
    for model, total in totals.items():
        family.add_metric([model], total)
    return family
