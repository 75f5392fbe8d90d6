"""A text as sentences and what lies between them: joining them gives the text back, to the last space."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal

from msgspec import Struct

from service.text.boundaries import find_boundaries
from service.text.spans import Span, veiled

Splitting = Literal["sentences", "nonewlines", "lines", "none"]
_Place = tuple[int, int]

_LINE = re.compile(r"[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")
_LIST_MARKER = re.compile(r"\s*(?:[-*+•·‣▪●○◦–—>]|#{1,6}|\(?\d{1,3}[.)]|[a-z]\))\s+")
_UNSPACED_LANGUAGES: Final = frozenset({"zh", "ja"})


class Segment(Struct, frozen=True):
    """A sentence without white space around it; `start` and `end` are code points of the whole text."""

    text: str
    start: int
    end: int


class JoinedText(Struct, frozen=True):
    """A text put together again, and where each of its sentences begins in it (code points)."""

    text: str
    starts: tuple[int, ...]


class SegmentedText(Struct, frozen=True):
    """A text and its sentences in order; they do not overlap."""

    text: str
    segments: tuple[Segment, ...]

    def join(self, replacements: Sequence[str], *, source: str, target: str) -> JoinedText:
        """The text with its sentences replaced one for one, white space between them as `target` writes it.

        Raises ValueError where the numbers differ.
        """
        parts: list[str] = []
        starts: list[int] = []
        length = position = 0
        for segment, replacement in zip(self.segments, replacements, strict=True):
            gap = self.text[position : segment.start]
            gap = adapt_gap(gap, source=source, target=target) if starts else gap
            starts.append(length + len(gap))
            parts += [gap, replacement]
            length += len(gap) + len(replacement)
            position = segment.end
        return JoinedText("".join([*parts, self.text[position:]]), tuple(starts))


def split_sentences(
    text: str, *, spans: Sequence[Span] = (), splitting: Splitting = "sentences"
) -> SegmentedText:
    """Splits at line breaks and at Chinese and European stops; list markers belong to no sentence.

    No protected span is split. With "nonewlines" line breaks are spaces like others, with "lines" only they
    split, with "none" the text is one sentence.
    """
    covered = veiled(text, spans)
    lines = [(0, len(text))] if splitting in ("nonewlines", "none") else _lines(covered)
    places = _stripped(covered, lines) if splitting in ("lines", "none") else _sentences(covered, lines)
    return SegmentedText(text, tuple(Segment(text[start:end], start, end) for start, end in places))


def adapt_gap(gap: str, *, source: str, target: str) -> str:
    """What stands between two sentences in the target language: line breaks and wide layout stay.

    Chinese writes no space between sentences, English one.
    """
    source_spaced, target_spaced = source not in _UNSPACED_LANGUAGES, target not in _UNSPACED_LANGUAGES
    if source_spaced == target_spaced:
        return gap
    if target_spaced:
        return " " if gap in ("", "\u3000") else gap
    return "" if gap in (" ", "\u00a0") else gap


def _lines(text: str) -> Iterator[_Place]:
    return (line.span() for line in _LINE.finditer(text))


def _sentences(text: str, lines: Iterable[_Place]) -> Iterator[_Place]:
    for first, last in lines:
        marker = _LIST_MARKER.match(text, first, last)
        start = marker.end() if marker else first
        ends = [start + offset for offset in find_boundaries(text[start:last])]
        yield from _stripped(text, zip([start, *ends], [*ends, last], strict=True))


def _stripped(text: str, places: Iterable[_Place]) -> Iterator[_Place]:
    """The places without white space at their ends, where anything is left."""
    for start, end in places:
        part = text[start:end]
        if sentence := part.strip():
            start += len(part) - len(part.lstrip())
            yield start, start + len(sentence)
