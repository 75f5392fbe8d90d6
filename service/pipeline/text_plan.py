"""A text to translate: which sentences of it go to the model, and how the answer is put together again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from msgspec import Struct

from service.pipeline.items import Item, Place, Rendition, Sentence, Shift
from service.pipeline.preparation import Preparation, Prose
from service.pipeline.units import Outcome, Unit, kept
from service.text.detection import Detected
from service.text.segments import JoinedText


class Plan(Protocol):
    """A text before it is translated."""

    @property
    def source(self) -> str:
        """Its language."""

    @property
    def units(self) -> Sequence[Unit]:
        """What goes to the model."""

    @property
    def shifts(self) -> Sequence[Shift]:
        """From the places of each unit's sentence to those of the text."""

    def finish(self, outcomes: Sequence[Outcome]) -> Item:
        """The item, from one outcome per unit, in their order."""


@dataclass(frozen=True, slots=True)
class UntouchedPlan:
    """A text that is in the target language already."""

    text: str
    source: str
    detected: Detected | None

    @property
    def units(self) -> tuple[Unit, ...]:
        return ()

    @property
    def shifts(self) -> tuple[Shift, ...]:
        return ()

    def finish(self, _: Sequence[Outcome]) -> Item:
        """The text as it is."""
        return Item(self.text, self.text, self.source, self.source, self.detected, ())


class TextPlan(Struct, frozen=True):
    """A text without markup."""

    prose: Prose
    source: str
    target: str
    detected: Detected | None

    @classmethod
    def of(cls, text: str, preparation: Preparation, target: str, detected: Detected | None) -> TextPlan:
        """The plan of a text; raises InvalidOption for a pattern that is none."""
        return cls(preparation.prose(text), preparation.language, target, detected)

    @property
    def units(self) -> tuple[Unit, ...]:
        return tuple(unit for unit in self.prose.units if unit is not None)

    @property
    def shifts(self) -> tuple[Shift, ...]:
        return tuple(map(Shift, self.prose.unit_starts))

    def finish(self, outcomes: Sequence[Outcome]) -> Item:
        """The text with its sentences replaced, and one more version for each rank of alternatives."""
        outcomes = whole(self.prose, outcomes, self.source, self.target)
        joined = join(self.prose, [one.best for one in outcomes], self.source, self.target)
        return Item(
            self.prose.segmented.text,
            joined.text,
            self.source,
            self.target,
            self.detected,
            tuple(place_sentences(self.prose, joined, outcomes)),
            tuple(self._alternatives(outcomes)),
            self.prose.num_split,
        )

    def _alternatives(self, outcomes: Sequence[Outcome]) -> Iterator[str]:
        for renditions in ranked(outcomes):
            text = join(self.prose, renditions, self.source, self.target).text
            if self.prose.is_whole(text):
                yield text


def whole(prose: Prose, outcomes: Sequence[Outcome], source: str, target: str) -> Sequence[Outcome]:
    """The outcomes; where neighbouring sentences make up a literal too many, the sentences as they were."""
    if not prose.literals or prose.is_whole(join(prose, [one.best for one in outcomes], source, target).text):
        return outcomes
    return [kept(one) for one in outcomes]


def join(prose: Prose, renditions: Sequence[Rendition], source: str, target: str) -> JoinedText:
    """The prose with its units replaced by one rendition each."""
    replaced = iter(renditions)
    texts = [
        segment.text if unit is None else next(replaced).text
        for segment, unit in zip(prose.segmented.segments, prose.units, strict=True)
    ]
    return prose.segmented.join(texts, source=source, target=target if renditions else source)


def place_sentences(
    prose: Prose,
    joined: JoinedText,
    outcomes: Sequence[Outcome],
    source_places: Sequence[Place] | None = None,
    target_places: Sequence[Place] | None = None,
) -> Iterator[Sentence]:
    """The sentences of a prose in their places; those of a document lead on from there."""
    places = zip(prose.segmented.segments, prose.units, joined.starts, strict=True)
    translated = [(segment, start) for segment, unit, start in places if unit is not None]
    for (segment, start), outcome in zip(translated, outcomes, strict=True):
        yield Sentence(
            outcome.unit.masked,
            outcome.translation,
            outcome.best,
            outcome.fate,
            Shift(segment.start, source_places),
            Shift(start, target_places),
            outcome.alternatives,
            outcome.terms,
            outcome.assessment,
        )


def ranked(outcomes: Sequence[Outcome]) -> Iterator[list[Rendition]]:
    """For each rank of alternatives a rendition of every sentence: its best where it has fewer."""
    for rank in range(max((len(one.alternatives) for one in outcomes), default=0)):
        yield [one.alternatives[rank] if rank < len(one.alternatives) else one.best for one in outcomes]
