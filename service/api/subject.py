"""What is known of a translating request so far."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from service.engine.translation import LoadedModelInfo
from service.pipeline.items import Item


@dataclass(slots=True)
class Subject:
    """For the count of its outcome, in which only served names get, and for the headers of its answer.

    `model` is the one that all texts went to, `models` are all that worked on `items`.
    """

    operation: str
    source: str = ""
    target: str = ""
    model: LoadedModelInfo | None = None
    started: float = field(default_factory=time.monotonic)
    items: Sequence[Item] = ()
    models: Sequence[LoadedModelInfo] = ()
