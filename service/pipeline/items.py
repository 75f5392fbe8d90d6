"""One text of a request: what of it goes to the model, and how the answer is put together again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from service.engine.translation import Hypothesis, Translation
from service.text.detection import Detected
from service.text.segments import JoinedText, SegmentedText, split_sentences


@dataclass(frozen=True, slots=True)
class Sentence:
    """A translated sentence, and where it and its translation begin in the whole texts (code points)."""

    source_start: int
    target_start: int
    translation: Translation


@dataclass(frozen=True, slots=True)
class Item:
    """One text of a request and what became of it; no sentences where nothing was to translate."""

    source_text: str
    text: str
    source: str
    detected: Detected | None
    sentences: tuple[Sentence, ...]
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence for the model, with the translation to score where one is given."""

    source: str
    target: str | None = None


class Plan(Protocol):
    """A text before it is translated."""

    @property
    def source(self) -> str:
        """Its language."""

    @property
    def units(self) -> tuple[Unit, ...]:
        """What goes to the model."""

    def finish(self, translations: Sequence[Translation]) -> Item:
        """The item, from one translation per unit, in their order."""


@dataclass(frozen=True, slots=True)
class TextPlan:
    """A text to translate; `chosen` are the segments that go to the model, the others stay as they are."""

    segmented: SegmentedText
    source: str
    target: str
    detected: Detected | None
    chosen: tuple[int, ...]

    @classmethod
    def of(cls, text: str, source: str, target: str, detected: Detected | None) -> TextPlan:
        """Everything with a letter in it goes to the model, unless it is in the target language already."""
        segmented = split_sentences(text)
        segments = segmented.segments if source != target else ()
        chosen = tuple(place for place, segment in enumerate(segments) if segment.is_translatable)
        return cls(segmented, source, target, detected, chosen)

    @property
    def units(self) -> tuple[Unit, ...]:
        return tuple(Unit(self.segmented.segments[place].text) for place in self.chosen)

    def finish(self, translations: Sequence[Translation]) -> Item:
        """The text with its chosen segments replaced, and one more version for each rank of alternatives."""
        joined = self._join([one.text for one in translations])
        sentences = tuple(
            Sentence(self.segmented.segments[place].start, joined.starts[place], one)
            for place, one in zip(self.chosen, translations, strict=True)
        )
        num_ranks = max((len(one.alternatives) for one in translations), default=0)
        alternatives = tuple(
            self._join([_ranked(one, rank).text for one in translations]).text for rank in range(num_ranks)
        )
        return Item(self.segmented.text, joined.text, self.source, self.detected, sentences, alternatives)

    def _join(self, texts: Sequence[str]) -> JoinedText:
        all_texts = [segment.text for segment in self.segmented.segments]
        for place, text in zip(self.chosen, texts, strict=True):
            all_texts[place] = text
        target = self.target if self.chosen else self.source
        return self.segmented.join(all_texts, source=self.source, target=target)


def _ranked(translation: Translation, rank: int) -> Hypothesis | Translation:
    """The alternative of a rank; the best where the sentence has fewer."""
    return translation.alternatives[rank] if rank < len(translation.alternatives) else translation
