"""Headers that say who did the work and where its time went: `Server-Timing` (W3C) and `X-Zhuyi-Model`."""

from __future__ import annotations

import time
from collections.abc import Sequence

from service.api.operations import Subject, model_of
from service.engine.translation import Translation
from service.pipeline.items import Item
from service.pipeline.ports import Translating


def work_headers(items: Sequence[Item], translator: Translating, subject: Subject) -> dict[str, str]:
    """Milliseconds of the slowest sentence in each stage, for they run side by side, and of the request."""
    translations = [sentence.translation for item in items for sentence in item.sentences]
    headers = {"Server-Timing": _timing(translations, time.monotonic() - subject.started)}
    if models := _models(items, translator, subject):
        headers["X-Zhuyi-Model"] = models
    return headers


def _timing(translations: Sequence[Translation], total_seconds: float) -> str:
    timings = [one.timings for one in translations]
    stages = {
        "tokenize": max((one.tokenize_seconds for one in timings), default=0.0),
        "queue": max((one.queue_seconds for one in timings), default=0.0),
        "encode": max((one.encode_seconds for one in timings), default=0.0),
        "decode": max((one.decode_seconds for one in timings), default=0.0),
        "total": total_seconds,
    }
    return ", ".join(f"{name};dur={1000 * seconds:.2f}" for name, seconds in stages.items())


def _models(items: Sequence[Item], translator: Translating, subject: Subject) -> str:
    """`zh-en/2; device=cpu` for each model that worked."""
    sources = sorted({item.source for item in items if item.sentences})
    found = [model_of(source, translator, subject) for source in sources]
    return ", ".join(f"{one.name}/{one.version}; device={one.actual_device}" for one in found if one)
