"""`POST /translate` with `"stream": true`: pieces and sentences as events, then the answer as it always is.

Events: `translation.chunk`, `translation.segment`, `translation.item`, `translation.done`, or `error`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from service.api.events import Emit
from service.api.evidence_view import rounded, warnings_of
from service.api.operations import Subject, note_model, search_options
from service.api.places import Placing, placing_in
from service.api.rendering import render_item, render_model, render_translations
from service.api.services import Services
from service.api.translate_request import TranslateRequest, handling_of
from service.pipeline.fields import FieldNames
from service.pipeline.following import Position
from service.pipeline.items import Sentence, Shift
from service.pipeline.units import Outcome
from service.text.alignment import Link


@dataclass(frozen=True, slots=True)
class TranslationStream:
    """The work behind one stream."""

    services: Services
    wanted: TranslateRequest
    subject: Subject
    deadline: float

    async def run(self, emit: Emit) -> None:
        """Translates and tells; raises what a request without stream would."""
        wanted, subject = self.wanted, self.subject
        options = search_options(
            wanted, self.services.policy, n_best=wanted.alternatives + 1, with_attention=True
        )
        items = await self.services.items.translate(
            wanted.texts, subject.source, subject.target, options,
            names=FieldNames(wanted.is_list), deadline=self.deadline, handling=handling_of(wanted),
            listener=_Teller(wanted, emit, self._note_first),
        )  # fmt: skip
        note_model(items, self.services.translator, subject)
        for number, item in enumerate(items):
            emit("translation.item", {"index": number, **render_item(item, wanted)})
        answer = render_translations(items, wanted) | {"model": render_model(subject.model)}
        emit("translation.done", answer)

    def _note_first(self) -> None:
        model = self.subject.model.name if self.subject.model else ""
        seconds = time.monotonic() - self.subject.started
        self.services.recorder.stream_began(model=model, seconds=seconds)


@dataclass(slots=True)
class _Teller:
    """Places of the source are in the whole text, those of the target in its sentence's translation."""

    wanted: TranslateRequest
    emit: Emit
    on_first: Callable[[], None]
    has_begun: bool = False
    _sources: list[Callable[[Shift], Placing]] = field(init=False)

    def __post_init__(self) -> None:
        self._sources = [placing_in(text, self.wanted.offsets) for text in self.wanted.texts]

    def piece(self, position: Position, text: str, delta: str, links: Sequence[Link]) -> None:
        """Emits what the translation goes on by."""
        if not self.has_begun:
            self.has_begun = True
            self.on_first()
        source = self._sources[position.text](position.shift)
        target = placing_in(text, self.wanted.offsets)(Shift(0))
        alignment = [
            {
                "src": source(link.source_start, link.source_end),
                "tgt": target(link.target_start, link.target_end),
                "p": round(link.weight, 6),
            }
            for link in links
        ]
        self.emit("translation.chunk", {**_numbers(position), "delta": delta, "alignment": alignment})

    def sentence(self, position: Position, outcome: Outcome) -> None:
        """Emits what the sentence came to."""
        source = self._sources[position.text](position.shift)
        target = placing_in(outcome.best.text, self.wanted.offsets)(Shift(0))
        done = Sentence(
            outcome.unit.masked, outcome.translation, outcome.best, outcome.fate, position.shift, Shift(0),
            outcome.alternatives, outcome.terms, outcome.assessment,
        )  # fmt: skip
        self.emit(
            "translation.segment",
            {
                **_numbers(position),
                "text": outcome.best.text,
                "source": source(0, len(done.source_text)),
                "finish_reason": outcome.translation.finish_reason,
                "confidence": rounded(outcome.assessment.confidence if outcome.assessment else None),
                "warnings": list(warnings_of(done, source, target)),
            },
        )


def _numbers(position: Position) -> dict[str, Any]:
    return {"index": position.text, "segment": position.sentence}
