"""What the ticks of the engines tell."""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry

from service.engine.messages import TickRecord
from service.engine.translation import LoadedModelInfo
from service.pipeline.model_versions import LOAD_RESULTS
from service.series.base import Series

_STEP_SECONDS: Final = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1)
_ROWS: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256)
_BATCH_TOKENS: Final = tuple(2**power for power in range(17))


class EngineSeries(Series):
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
        self.batches = self.counter("zhuyi_batches", "Groups encoded, steps of all rows.", "model", "stage")
        self.rows = self.counter("zhuyi_rows", "Sentences taken into the running batch.", "model")
        self.failed = self.counter("zhuyi_failed_rows", "Sentences that the model failed on.", "model")
        self.cancelled = self.counter(
            "zhuyi_cancelled_rows", "Sentences given up by their caller or deadline.", "model", "where"
        )

        self.loads = self.counter(
            "zhuyi_model_loads", "Versions loaded while the service ran, by how it ended.", "model", "result"
        )

    def expect(self, model: LoadedModelInfo) -> None:
        name, device = model.name, model.actual_device
        for series in (self.encode, self.step):
            series.expect(name, device)
        for stage in ("encode", "decode"):
            self.batch_size.expect(name, stage)
            self.batches.add(0, name, stage)
        for series in (self.batch_tokens, self.padded_tokens):
            series.expect(name)
        for sums in (self.rows, self.failed):
            sums.add(0, name)
        for where in ("queued", "running"):
            self.cancelled.add(0, name, where)
        for result in LOAD_RESULTS:
            self.loads.add(0, name, result)

    def record(self, tick: TickRecord) -> None:
        model, device = tick.model, tick.actual_device
        if tick.num_encoded:
            self.encode.observe(tick.encode_seconds, model, device)
            self.batch_size.observe(tick.num_encoded, model, "encode")
            self.batches.add(1, model, "encode")
            self.batch_tokens.observe(tick.source_tokens, model)
            self.padded_tokens.observe(tick.padded_source_tokens, model)
        if tick.rows:
            self.step.observe(tick.step_seconds, model, device)
            self.batch_size.observe(tick.rows, model, "decode")
            self.batches.add(1, model, "decode")
        self.rows.add(tick.joined, model)
        self.failed.add(tick.failed, model)
        self.cancelled.add(tick.cancelled_queued + tick.expired_queued, model, "queued")
        self.cancelled.add(tick.cancelled_running + tick.expired_running, model, "running")
