"""One request for weights: items looked at, source words left out where that is wanted, all of it told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from service.api.attention_request import AttentionRequest
from service.api.events import Emit
from service.api.operations import Subject, model_of, note_model, search_options
from service.api.places import placings
from service.api.rendering import render_attention
from service.api.schemas import Offsets
from service.api.services import Services
from service.engine.translation import Options
from service.pipeline.fields import FieldNames
from service.pipeline.items import Item
from service.pipeline.occlusion import Occlusion, OnProgress, occlude, translated_sentences
from service.pipeline.settling import Direction

_DECIMALS = 6


def _ignore(_: int, __: int) -> None:
    """Nobody hears of the progress."""


class Looking:
    """The work behind `POST /attention-weights`; `items` are there once it is done."""

    def __init__(
        self, services: Services, wanted: AttentionRequest, subject: Subject, deadline: float
    ) -> None:
        self._services = services
        self._wanted = wanted
        self._subject = subject
        self._deadline = deadline
        self._names = FieldNames(wanted.is_list)
        self._options = search_options(wanted, services.policy, with_attention=True)
        self.items: list[Item] = []

    async def answer(self, on_progress: OnProgress = _ignore) -> dict[str, Any]:
        """The whole answer."""
        self.items = await self._look()
        translator, subject = self._services.translator, self._subject
        note_model(self.items, translator, subject)
        results = [
            render_attention(item, model_of(item.source, translator, subject), self._wanted.offsets)
            for item in self.items
        ]
        if self._wanted.method == "occlusion":
            await self._add_occlusions(results, on_progress)
        return {"results": results} if self._wanted.is_list else results[0]

    async def stream(self, emit: Emit) -> None:
        """The same as events: progress while words are left out, then the answer."""

        def tell(num_done: int, num_words: int) -> None:
            emit("attention.progress", {"done": num_done, "total": num_words})

        emit("attention.done", await self.answer(tell))

    async def _look(self) -> list[Item]:
        items, wanted, subject = self._services.items, self._wanted, self._subject
        pair = (subject.source, subject.target, self._options)
        if wanted.translations is None:
            return await items.translate(wanted.texts, *pair, names=self._names, deadline=self._deadline)
        return await items.score(
            wanted.texts, wanted.translations, *pair, names=self._names, deadline=self._deadline
        )

    async def _add_occlusions(self, results: Sequence[dict[str, Any]], on_progress: OnProgress) -> None:
        found = await occlude(
            self.items,
            lambda source: Direction(source, self._subject.target, Options(), self._deadline),
            self._services.translator,
            field=lambda number: self._names.name("q", number),
            on_progress=on_progress,
        )
        for result, item, occlusions in zip(results, self.items, found, strict=True):
            rendered = _render(item, occlusions, self._wanted.offsets)
            for segment, occlusion in zip(result["segments"], rendered, strict=True):
                segment["occlusion"] = occlusion


def _render(item: Item, occlusions: Sequence[Occlusion], offsets: Offsets) -> list[dict[str, Any]]:
    make_source, make_target = placings(item, offsets)
    rendered = []
    for sentence, one in zip(translated_sentences(item), occlusions, strict=True):
        source, target = make_source(sentence.source_shift), make_target(sentence.target_shift)
        sides = ((source, one.source_words), (target, one.target_words))
        sources, targets = (
            [{"text": word.text, "start": start, "end": end}
             for word in words for start, end in [placing(word.start, word.end)]]
            for placing, words in sides
        )  # fmt: skip
        drops = np.round(one.drops, _DECIMALS).tolist()  # [target words, source words]
        rendered.append({"source": sources, "target": targets, "drops": drops})
    return rendered
