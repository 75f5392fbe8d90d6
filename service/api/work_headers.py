"""Headers that say who did the work and where its time went: `Server-Timing` (W3C) and `X-Zhuyi-Model`."""

from __future__ import annotations

import time
from collections.abc import Sequence

from service.api.subject import Subject
from service.engine.translation import LoadedModelInfo, Translation


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
    timings = [one.timings for one in translations]
    stages = {
        "tokenize": max((one.tokenize_seconds for one in timings), default=0.0),
        "queue": max((one.queue_seconds for one in timings), default=0.0),
        "encode": max((one.encode_seconds for one in timings), default=0.0),
        "decode": max((one.decode_seconds for one in timings), default=0.0),
        "total": total_seconds,
    }
    return ", ".join(f"{name};dur={1000 * seconds:.2f}" for name, seconds in stages.items())


def _named(model: LoadedModelInfo) -> str:
    """`zh-en/2; device=cpu`."""
    return f"{model.name}/{model.version}; device={model.actual_device}"
