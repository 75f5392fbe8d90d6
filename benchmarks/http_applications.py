"""Our application over engines that answer at once, whole or with less behind its routes, and a yardstick."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
from fastapi import FastAPI
from pydantic import BaseModel

from service.api.application import create_application
from service.api.services import Services
from service.engine.folder import ModelFolder
from service.engine.hosting import OnProgress, OnResult, OnTick, StopReport
from service.engine.messages import Done, Found, Job, ReadyModel
from service.engine.store import ModelStore
from service.engine.tokenizer import Tokenizer
from service.engine.translation import Translation
from service.engine.translator import Translator
from service.glossaries.store import GlossaryStore
from service.knobs import glossary_limits, make_policy
from service.metrics import Metrics
from service.pipeline.calibrations import Calibrations
from service.pipeline.item_translator import ItemTranslator
from service.pipeline.items import Item
from service.settings import Settings
from service.text.detection import LanguageDetector

TARGET: Final = "Hello, when will the order I placed yesterday be shipped?"


def real_application(name: str, settings: Settings) -> FastAPI:
    """The service's application: `whole`, or with one translation for all `texts`, or one item (`routes`)."""
    metrics, folders = Metrics(), ModelStore(settings.model_store).latest()
    translator = (Translator if name == "whole" else OneTranslation)(folders, InstantEngines(folders))
    make_items = OneItem if name == "routes" else ItemTranslator
    asyncio.run(translator.start())
    detector = LanguageDetector()
    services = Services(
        translator=translator,
        items=make_items(translator, detector, metrics.sentence_finished, calibrations=Calibrations(folders)),
        detector=detector,
        recorder=metrics,
        policy=make_policy(settings),
        glossaries=GlossaryStore(settings.glossary_file, glossary_limits(settings)),
        render_metrics=metrics.render,
    )
    return create_application(services)


class Text(BaseModel):
    """What the yardstick takes and gives."""

    q: str
    source: str
    target: str


def bare_application() -> FastAPI:
    """The yardstick: what FastAPI costs alone."""
    application = FastAPI()

    @application.get("/hello")
    async def hello() -> dict[str, str]:
        return {"hello": "world"}

    @application.post("/echo")
    async def echo(text: Text) -> Text:
        return text

    return application


class InstantEngines:
    """Engines that find the same translation for every sentence, at the loop's next turn."""

    is_ready = True

    def __init__(self, folders: Sequence[ModelFolder]) -> None:
        manifests = [folder.manifest for folder in folders]
        self._models = tuple(
            ReadyModel(one.name, one.version, "cpu", "cpu", "fp32", 0.0) for one in manifests
        )
        (folder,) = (one for one in folders if one.manifest.source == "zh")
        tokenizer = Tokenizer(folder.read(folder.manifest.tokenizers.target))
        self._tokens = tuple(tokenizer.encode_ids(TARGET))
        self._on_result: OnResult = lambda _: None

    def models(self) -> tuple[ReadyModel, ...]:
        """All models, as if on the CPU."""
        return self._models

    async def start(self, *, on_result: OnResult, on_progress: OnProgress, on_tick: OnTick) -> None:
        """Ready at once; there are no ticks."""
        self._on_result = on_result

    def post(self, jobs: Sequence[Job]) -> None:
        """Answers in the loop's next turn."""
        asyncio.get_running_loop().call_soon(self._answer, jobs)

    def cancel(self, ids: Iterable[int]) -> None:
        """Nothing waits here."""

    async def stop(self, *, grace_seconds: float) -> StopReport:
        """Nothing is left to do."""
        return StopReport(0, 0)

    def _answer(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            self._on_result(Done(job.id, (self._found(job),), 0.001, 0.001, 0.01))

    def _found(self, job: Job) -> Found:
        num_source, num_target = len(job.source), len(self._tokens)
        weights = np.full((num_target, num_source), 0.1 / num_source, np.float32)  # [target, source]
        for row in range(num_target):
            weights[row, row * num_source // num_target] += 0.9  # as it is where sentences go side by side
        attention = weights.tobytes() if job.with_attention else None
        return Found(self._tokens, (-0.1,) * (num_target + 1), -0.3, "eos", attention)


class OneTranslation(Translator):
    """Translates the first time only: what is left is HTTP and the text work around it."""

    async def translate(self, *arguments: Any, **options: Any) -> list[Translation]:
        """The translation of the first time."""
        if "known" not in self.__dict__:
            self.known = await super().translate(*arguments, **options)
        return list(self.known)


class OneItem(ItemTranslator):
    """Works on the first text only: what is left is HTTP, what is asked for, and what is told."""

    async def translate(self, *arguments: Any, **options: Any) -> list[Item]:
        """The item of the first time."""
        if "known" not in self.__dict__:
            self.known = await super().translate(*arguments, **options)
        return list(self.known)
