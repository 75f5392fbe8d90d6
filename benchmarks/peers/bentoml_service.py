"""BentoML: adaptive batching inside one server process.

A batchable route takes and gives lists, so a request is a list of one text; a service in front of it that
speaks our format would cost a hop between two processes.
"""

from __future__ import annotations

import bentoml

from benchmarks.peers.options import PeerOptions
from benchmarks.peers.translation import Translator

_OPTIONS = PeerOptions.from_environment()
_MAX_LATENCY_MS = 10_000
"""A request that waits longer is answered with 503; it bounds how long the batcher may wait as well."""


@bentoml.service(
    workers=_OPTIONS.workers,
    traffic={"timeout": 60, "max_concurrency": 4096},
    logging={"access": {"enabled": False}},
    metrics={"enabled": False},
    tracing={"sample_rate": 0.0},
)
class Translation:
    """One batch at a time."""

    def __init__(self) -> None:
        self._translator = Translator.from_options(_OPTIONS)

    @bentoml.api(
        route="/translate",
        batchable=True,
        max_batch_size=_OPTIONS.max_batch,
        max_latency_ms=_MAX_LATENCY_MS,
    )
    def translate(self, q: list[str]) -> list[str]:
        """The translations of a batch."""
        return self._translator.translate(q)
