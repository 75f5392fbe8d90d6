"""A text beside a translation that the caller gives: which sentence belongs to which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.pipeline.items import Item, Sentence, Shift
from service.pipeline.units import Outcome, Unit
from service.text.detection import Detected
from service.text.masking import MAX_DISTINCT_SPANS, mask
from service.text.segments import Segment, split_sentences
from service.text.spans import Span, find_spans

_Pair = tuple[Segment, Segment]


@dataclass(frozen=True, slots=True)
class GivenPlan:
    """A text and its given translation as pairs of segments, in order, with the unit of each pair."""

    source_text: str
    target_text: str
    source: str
    target: str
    detected: Detected | None
    pairs: tuple[_Pair, ...]
    units: tuple[Unit, ...]

    @classmethod
    def of(
        cls, text: str, translation: str, source: str, target: str, detected: Detected | None
    ) -> GivenPlan:
        """Sentence by sentence where both have as many, else each as a whole; blank texts have no pairs."""
        pairs = tuple(_pairs(text, translation))
        units = tuple(_unit(*pair, source, target) for pair in pairs)
        return cls(text, translation, source, target, detected, pairs, units)

    @property
    def shifts(self) -> tuple[Shift, ...]:
        return tuple(Shift(source.start) for source, _ in self.pairs)

    def finish(self, outcomes: Sequence[Outcome]) -> Item:
        """The given text itself, with what the model thinks of each of its sentences."""
        sentences = tuple(
            Sentence(
                outcome.unit.masked,
                outcome.translation,
                outcome.best,
                outcome.fate,
                Shift(source.start),
                Shift(target.start),
                assessment=outcome.assessment,
            )
            for (source, target), outcome in zip(self.pairs, outcomes, strict=True)
        )
        return Item(self.source_text, self.target_text, self.source, self.target, self.detected, sentences)


def _pairs(text: str, translation: str) -> Iterator[_Pair]:
    sources, targets = (split_sentences(one, spans=find_spans(one)).segments for one in (text, translation))
    if len(sources) != len(targets):
        sources, targets = _whole(text), _whole(translation)
    return zip(sources, targets, strict=False)


def _unit(source: Segment, target: Segment, source_language: str, target_language: str) -> Unit:
    """Both masked alike: what stands on both sides equally often is one symbol on both."""
    spans, found = find_spans(source.text), find_spans(target.text)
    own, others = (Counter(span.key for span in one) for one in (spans, found))
    shared = [key for key, times in own.items() if others[key] == times][:MAX_DISTINCT_SPANS]
    numbers = {key: number for number, key in enumerate(shared)}
    return Unit(
        mask(source.text, _kept(spans, numbers), language=source_language, numbers=numbers),
        given=mask(target.text, _kept(found, numbers), language=target_language, numbers=numbers),
    )


def _kept(spans: Sequence[Span], numbers: dict[str, int]) -> list[Span]:
    return [span for span in spans if span.key in numbers]


def _whole(text: str) -> tuple[Segment, ...]:
    stripped = text.strip()
    start = len(text) - len(text.lstrip())
    return (Segment(stripped, start, start + len(stripped)),) if stripped else ()
