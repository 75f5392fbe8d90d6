"""A text beside a translation that the caller gives: which sentence belongs to which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from service.engine.translation import Translation
from service.pipeline.items import Item, Sentence, Unit
from service.text.detection import Detected
from service.text.segments import Segment, split_sentences


@dataclass(frozen=True, slots=True)
class GivenPlan:
    """A text and its given translation as pairs of segments, in order."""

    source_text: str
    target_text: str
    source: str
    detected: Detected | None
    pairs: tuple[tuple[Segment, Segment], ...]

    @classmethod
    def of(cls, text: str, translation: str, source: str, detected: Detected | None) -> GivenPlan:
        """Sentence by sentence where both have as many, else each as a whole; blank texts have no pairs."""
        sources, targets = split_sentences(text).segments, split_sentences(translation).segments
        if len(sources) != len(targets):
            sources, targets = _whole(text), _whole(translation)
        pairs = tuple(zip(sources, targets, strict=False))
        return cls(text, translation, source, detected, pairs)

    @property
    def units(self) -> tuple[Unit, ...]:
        return tuple(Unit(source.text, target.text) for source, target in self.pairs)

    def finish(self, translations: Sequence[Translation]) -> Item:
        """The given text itself, with what the model thinks of each of its sentences."""
        sentences = tuple(
            Sentence(source.start, target.start, one)
            for (source, target), one in zip(self.pairs, translations, strict=True)
        )
        return Item(self.source_text, self.target_text, self.source, self.detected, sentences)


def _whole(text: str) -> tuple[Segment, ...]:
    stripped = text.strip()
    start = len(text) - len(text.lstrip())
    return (Segment(stripped, start, start + len(stripped)),) if stripped else ()
