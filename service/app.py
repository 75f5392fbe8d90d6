"""The composition root: the only file that knows every part and how long each of them lives."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, get_args

import structlog
from fastapi import FastAPI

from service.api.admin import add_admin_routes
from service.api.administration import create_administration
from service.api.application import create_application
from service.api.kinds import Outcome
from service.api.services import Services
from service.api.web import read_web_files
from service.engine.admission import QueueState
from service.engine.garbage import spare_survivors
from service.engine.hosting import StopReport
from service.engine.store import ModelStore, parse_pins
from service.engine.translation import LoadedModelInfo, Translation
from service.engine.translator import Translator
from service.engine.workers import EngineStatus, Workers
from service.glossaries.store import GlossaryStore
from service.knobs import engine_settings, glossary_limits, make_gate, make_policy, queue_limits
from service.metrics import Metrics
from service.pipeline.calibrations import Calibrations
from service.pipeline.item_translator import ItemTranslator
from service.pipeline.model_versions import LoadResult, ModelVersions
from service.pipeline.units import Outcome as SentenceOutcome
from service.settings import Settings
from service.text.chrf import chrf
from service.text.detection import LanguageDetector

if TYPE_CHECKING:
    from service.traces import Traces

_log = structlog.get_logger("service")


class Service:
    """Everything that one process serves with.

    The constructor reads the model store, opens the glossaries and starts nothing. Raises
    ModelFolderInvalid, GlossaryFileUnusable, KeyFileInvalid.
    """

    def __init__(self, settings: Settings) -> None:
        self.metrics = Metrics()
        store = ModelStore(settings.model_store)
        folders = store.chosen(parse_pins(settings.model_versions))
        self._workers = Workers(folders, engine_settings(settings))
        calibrations = Calibrations(folders)
        self.translator = Translator(
            folders, self._workers, limits=queue_limits(settings), on_tick=self.metrics.record_tick,
            on_compared=self._compare, on_unloaded=calibrations.remove,
        )  # fmt: skip
        versions = ModelVersions(
            store, self.translator, calibrations, on_load=self._load_ended, on_change=self._expect
        )
        self.metrics.observe_at_scrape(self)
        self._detector = LanguageDetector()
        self._glossaries = GlossaryStore(settings.glossary_file, glossary_limits(settings))
        self._gate = make_gate(settings)
        self._traces = _traces_of(settings)
        items = ItemTranslator(
            self.translator,
            self._detector,
            self._sentence_finished,
            calibrations=calibrations,
            on_item=self.metrics.item_finished,
        )
        services = Services(
            translator=self.translator,
            items=items,
            detector=self._detector,
            recorder=self.metrics,
            policy=make_policy(settings),
            glossaries=self._glossaries,
            render_metrics=self.metrics.render,
            is_alive=self.is_alive,
            is_draining=self.is_draining,
            gate=self._gate,
            versions=versions,
            web_files=read_web_files() if settings.web == "on" else {},
        )
        self.application = create_application(services, self._lifespan)
        self.administration = create_administration(services, add_admin_routes)
        if self._traces is not None:
            self._traces.follow(self.application)
        self._stopping: asyncio.Task[StopReport] | None = None
        self._is_draining = False
        self._max_rows = settings.max_rows

    def queue(self) -> QueueState:
        """What is owed now."""
        return self.translator.queue()

    def models(self) -> tuple[LoadedModelInfo, ...]:
        """The versions that serve, and the candidates."""
        return self.translator.served()

    def num_loaded(self) -> Counter[str]:
        """How many versions of each model are in memory, those that still finish something included."""
        return Counter(model.name for model in self.translator.versions.loaded())

    def engines(self) -> tuple[EngineStatus, ...]:
        """All engine processes, dead ones too."""
        return self._workers.engines()

    def max_rows(self) -> int:
        """How many rows of one version an engine can run at once."""
        return self._max_rows

    def has_taken_keys(self) -> bool | None:
        """Whether the keys that count are those of the key file as it stands; None without such a file."""
        return None if self._gate is None else self._gate.has_taken_file()

    def is_ready(self) -> bool:
        """True while at least one engine takes sentences."""
        return self.translator.is_ready

    def is_draining(self) -> bool:
        """True from the moment that a stop was asked for."""
        return self._is_draining

    def is_alive(self) -> bool:
        """False where an engine is lost, so that only a new process helps."""
        return not self.lost_engines()

    def lost_engines(self) -> tuple[int, ...]:
        """The numbers of engines that were given up, or have been silent for too long."""
        return self._workers.lost(time.monotonic())

    def drain(self) -> None:
        """Is no longer ready, and still serves whoever comes."""
        self._is_draining = True
        _log.info("draining")

    def cut(self) -> None:
        """Stops the engines now; whoever still waits gets NotReady. The first call counts."""
        if self._stopping is None:
            self._stopping = asyncio.create_task(self.translator.stop(grace_seconds=0))

    def _expect(self) -> None:
        """What can be counted of the versions that serve now begins at zero."""
        self.metrics.expect(self.models(), get_args(Outcome))

    def _load_ended(self, name: str, result: LoadResult) -> None:
        self.metrics.load_ended(name, result)
        _log.info("model load ended", model=name, result=result)

    def _compare(self, candidate: Translation, other: Translation) -> None:
        agreement = chrf(candidate.text, other.text)
        self.metrics.compared(candidate.model, candidate.version, agreement)

    @asynccontextmanager
    async def _lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        """Serving starts when the engines are ready; they stop when the requests have ended or were cut."""
        await asyncio.gather(self.translator.start(), asyncio.to_thread(self._detector.load))
        self._expect()
        self._tell_models()
        spare_survivors()
        try:
            yield
        finally:
            self.cut()
            assert self._stopping is not None
            _log.info("stopped", num_cut=(await self._stopping).num_cut)
            self._glossaries.close()
            if self._traces is not None:
                await asyncio.to_thread(self._traces.stop)

    def _sentence_finished(self, outcome: SentenceOutcome) -> None:
        self.metrics.sentence_finished(outcome)
        if self._traces is not None:
            self._traces.sentence_finished(outcome)

    def _tell_models(self) -> None:
        for model in self.models():
            log = _log.warning if model.fell_back else _log.info
            log(
                "model ready",
                model=model.name,
                version=model.version,
                requested_device=model.requested_device,
                device=model.actual_device,
                precision=model.precision,
            )


def _traces_of(settings: Settings) -> Traces | None:
    """None where they are off: nothing of OpenTelemetry is imported then, and nothing is asked for it."""
    if settings.traces == "off":
        return None
    from service.traces import Traces

    return Traces()
