"""Prose becomes units for the model: spans protected, sentences found, those too long divided."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from service.pipeline.handling import Handling
from service.pipeline.units import Unit
from service.text.clauses import fitting_parts
from service.text.masking import MAX_DISTINCT_SPANS, mask
from service.text.segments import Segment, SegmentedText, split_sentences
from service.text.spans import Span, find_spans, stand_equally_often


class Prose(Struct, frozen=True):
    """A text without markup in its sentences; a segment without unit stays as it is.

    Of the `literals` none may be lost; `num_split` is how many sentences more there are than the text has.
    """

    segmented: SegmentedText
    units: tuple[Unit | None, ...]
    literals: frozenset[str]
    num_split: int = 0

    @property
    def unit_starts(self) -> tuple[int, ...]:
        """Where the sentences of the units begin."""
        pairs = zip(self.segmented.segments, self.units, strict=True)
        return tuple(segment.start for segment, unit in pairs if unit is not None)

    def is_whole(self, translation: str) -> bool:
        """True where every literal stands in the translation as often as in the text."""
        return stand_equally_often(self.literals, translation, self.segmented.text)


class Preparation(Struct, frozen=True):
    """How texts of one language are prepared for a model that takes `max_tokens` at once.

    `count_tokens` counts those of a masked sentence.
    """

    language: str
    handling: Handling
    max_tokens: int
    count_tokens: Callable[[str], int]

    def prose(self, text: str, fixed: Sequence[Span] = ()) -> Prose:
        """The units of a text; `fixed` spans of it are protected whatever they hold.

        Raises InvalidOption for a pattern of the handling that is none.
        """
        handling = self.handling
        spans = find_spans(
            text, fixed=fixed, literals=handling.protected, patterns=handling.protected_patterns
        )
        segmented = split_sentences(text, spans=spans, splitting=handling.splitting)
        segments = list(self._divided(segmented, spans))
        literals = frozenset(span.literal for span in spans)
        units = tuple(self._unit(segment, _within(spans, segment), literals) for segment in segments)
        num_split = len(segments) - len(segmented.segments)
        return Prose(SegmentedText(text, tuple(segments)), units, literals, num_split)

    def _unit(self, segment: Segment, spans: Sequence[Span], literals: frozenset[str]) -> Unit | None:
        masked = mask(segment.text, spans, language=self.language, literals=literals)
        if not masked.is_translatable:
            return None
        return Unit(masked, self.handling.glossary.terms(segment.text, spans))

    def _divided(self, segmented: SegmentedText, spans: Sequence[Span]) -> Iterator[Segment]:
        for segment in segmented.segments:
            own = _within(spans, segment)
            if self._fits(segment.text, own):
                yield segment
            else:
                yield from self._parts(segment, own)

    def _parts(self, segment: Segment, spans: Sequence[Span]) -> Iterator[Segment]:
        def fits(start: int, end: int) -> bool:
            part = Segment(segment.text[start:end], start, end)
            return self._fits(part.text, _within(spans, part))

        for start, end in fitting_parts(segment.text, spans, fits):
            part = segment.text[start:end]
            if stripped := part.strip():
                begin = segment.start + start + len(part) - len(part.lstrip())
                yield Segment(stripped, begin, begin + len(stripped))

    def _fits(self, sentence: str, spans: Sequence[Span]) -> bool:
        """True where the model takes the sentence at once, and where too long ones are to be refused."""
        if len({span.key for span in spans}) > MAX_DISTINCT_SPANS:
            return False
        if self.handling.strict or len(sentence.encode(errors="replace")) <= self.max_tokens:
            return True  # no token is shorter than a byte
        return self.count_tokens(mask(sentence, spans, language=self.language).text) <= self.max_tokens


def _within(spans: Sequence[Span], segment: Segment) -> list[Span]:
    """The spans of a segment, in places of the segment; `spans` are in order, and none is cut by it."""
    if not spans:
        return []
    at = segment.start
    first = bisect_left(spans, at, key=_start)
    last = bisect_left(spans, segment.end, first, key=_start)
    return [Span(span.start - at, span.end - at, span.literal, span.key) for span in spans[first:last]]


def _start(span: Span) -> int:
    return span.start
