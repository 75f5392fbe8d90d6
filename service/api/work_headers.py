"""Headers that say who did the work and where its time went: `Server-Timing` (W3C) and `X-Zhuyi-Model`."""

from __future__ import annotations

import time
from collections.abc import Sequence

from service.api.subject import Subject
from service.engine.translation import LoadedModelInfo, Timings, Translation


def work_headers(subject: Subject) -> dict[str, str]:
    """Milliseconds of the slowest sentence in each stage, for they run side by side, and of the request.

    Nothing where no text was worked on.
    """
    if not subject.items:
        return {}
    translations = [sentence.translation for item in subject.items for sentence in item.sentences]
    headers = {"Server-Timing": _timing(translations, time.monotonic() - subject.started)}
    if subject.models:
        headers["X-Zhuyi-Model"] = ", ".join(map(_named, subject.models))
    return headers


def _timing(translations: Sequence[Translation], total_seconds: float) -> str:
    stages = [_stages(one.timings) for one in translations] or [_stages(Timings())]
    tokenize, queue, encode, decode = map(max, zip(*stages, strict=True))
    return (
        f"tokenize;dur={1000 * tokenize:.2f}, queue;dur={1000 * queue:.2f}, encode;dur={1000 * encode:.2f}"
        f", decode;dur={1000 * decode:.2f}, total;dur={1000 * total_seconds:.2f}"
    )


def _stages(timings: Timings) -> tuple[float, float, float, float]:
    return timings.tokenize_seconds, timings.queue_seconds, timings.encode_seconds, timings.decode_seconds


def _named(model: LoadedModelInfo) -> str:
    """`zh-en/2; device=cpu`."""
    return f"{model.name}/{model.version}; device={model.actual_device}"
