"""What the routes are made of; the composition root fills it in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from service.api.keys.gate import Gate
from service.api.policy import Policy
from service.api.ports import Recording
from service.api.web import WebFile
from service.glossaries.store import GlossaryStore
from service.pipeline.item_translator import ItemTranslator
from service.pipeline.model_versions import ModelVersions
from service.pipeline.ports import Translating
from service.text.detection import LanguageDetector


@dataclass(frozen=True, slots=True)
class Services:
    """The parts that answer requests.

    `render_metrics` gives the body and the content type of `/metrics`; `is_alive` is false
    where only a restart of this process can help, `is_draining` true once it is about to stop;
    without `gate` no route needs a key, without `web_files` there is no page; `versions` exchanges models.
    """

    translator: Translating
    items: ItemTranslator
    detector: LanguageDetector
    recorder: Recording
    policy: Policy
    glossaries: GlossaryStore
    render_metrics: Callable[[], tuple[bytes, str]]
    is_alive: Callable[[], bool] = lambda: True
    gate: Gate | None = None
    is_draining: Callable[[], bool] = lambda: False
    versions: ModelVersions | None = None
    web_files: Mapping[str, WebFile] = field(default_factory=dict)

    @property
    def is_ready(self) -> bool:
        """True while requests should be sent here; whoever sends one all the same may still be served."""
        return self.translator.is_ready and not self.is_draining()
