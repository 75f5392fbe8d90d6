"""What became of sentences, and what each step of their way took."""

from __future__ import annotations

import time
from typing import Final, get_args

from prometheus_client import CollectorRegistry

from service.engine.messages import FinishReason
from service.engine.translation import LoadedModelInfo
from service.pipeline.items import Item
from service.pipeline.units import Outcome
from service.series.base import Series

_QUEUE_SECONDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_STEP_SECONDS: Final = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1)
_TOKENS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


class SentenceSeries(Series):
    """What became of sentences."""

    def __init__(self, registry: CollectorRegistry) -> None:
        super().__init__(registry)
        who = ("model", "version")
        self._finished = self.counter("zhuyi_request_finished", "Sentences by their end.", *who, "reason")
        self._tokenization = self.histogram(
            "zhuyi_request_tokenization_seconds", "Tokenizing a sentence.", _STEP_SECONDS, "model"
        )
        self._queue = self.histogram(
            "zhuyi_request_queue_seconds", "A sentence's wait for its row.", _QUEUE_SECONDS, "model"
        )
        self._inference = self.histogram(
            "zhuyi_request_inference_seconds", "Encoding and decoding a sentence.", _QUEUE_SECONDS, *who
        )
        self._inter_token = self.histogram(
            "zhuyi_inter_token_latency_seconds", "Decoding a sentence, per token.", _STEP_SECONDS, "model"
        )
        self._postprocess = self.histogram(
            "zhuyi_request_postprocess_seconds",
            "Evidence of a text and putting it together.",
            _STEP_SECONDS,
            "model",
        )
        self._source_tokens = self.histogram(
            "zhuyi_source_tokens", "Source tokens of a sentence.", _TOKENS, "model"
        )
        self._target_tokens = self.histogram(
            "zhuyi_target_tokens", "Target tokens of a sentence.", _TOKENS, "model"
        )
        self._characters = self.counter("zhuyi_characters", "Code points of sentences translated.", "model")
        self._split = self.counter(
            "zhuyi_split_segments", "Sentences more than texts have, as some were too long.", "model"
        )
        self._last_success = self.gauge(
            "zhuyi_last_success_timestamp_seconds", "When a sentence last came back translated.", "model"
        )

    def expect(self, model: LoadedModelInfo) -> None:
        name, version = model.name, model.version
        for reason in get_args(FinishReason):
            self._finished.add(0, name, version, reason)
        self._inference.expect(name, version)
        for sums in (self._characters, self._split):
            sums.add(0, name)
        for series in (self._tokenization, self._queue, self._inter_token, self._postprocess):
            series.expect(name)
        for series in (self._source_tokens, self._target_tokens):
            series.expect(name)

    def observe(self, outcome: Outcome) -> None:
        translation, timings = outcome.translation, outcome.translation.timings
        name, version = translation.model, translation.version
        num_source, num_target = len(translation.source_tokens), len(translation.target_tokens)
        self._finished.add(1, name, version, translation.finish_reason)
        self._tokenization.observe(timings.tokenize_seconds, name)
        self._queue.observe(timings.queue_seconds, name)
        self._inference.observe(timings.encode_seconds + timings.decode_seconds, name, version)
        if num_target:
            self._inter_token.observe(timings.decode_seconds / num_target, name)
        self._source_tokens.observe(num_source, name)
        self._target_tokens.observe(num_target, name)
        self._characters.add(len(outcome.unit.masked.sentence), name)
        self._last_success.set(time.time(), name)

    def note_item(self, item: Item, seconds: float) -> None:
        if item.sentences:  # else no model had to do with it
            name = item.sentences[0].translation.model
            self._split.add(item.num_split, name)
            self._postprocess.observe(seconds, name)
