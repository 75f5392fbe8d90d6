"""What a tag never divides: the words of a translation, and which source character each came from."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from service.text.characters import UNSPACED, is_unspaced

_MARKS = r"[\u0300-\u036f\u200d\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]"
_LETTER = rf"(?:[^\W{UNSPACED}]{_MARKS}*)"
_UNIT = re.compile(rf"{_LETTER}+(?:['’.,]{_LETTER}+)*|\S{_MARKS}*(?:(?<=\u200d)\S{_MARKS}*)*")
_MAX_WORD: Final = 16
_OPAQUE_WEIGHT: Final = 50.0

Link = tuple[int, int, int, int]
Stretch = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Pinned:
    """A span of the source that must come back, and where it stands in the translation (code points)."""

    source: tuple[int, int]
    target: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Units:
    """The words and signs of a translation, without the spaces between them.

    Attributes:
        spans: start and end of each unit (code points of the translation), ascending.
        anchors: for each unit the source character that it came from, -1 where no link says so.
        weights: what has been linked before each unit, and in all; a pinned span counts as many words.
        nearest: for each source character the first and the last unit that came from its word, or None.
    """

    spans: Sequence[tuple[int, int]]
    anchors: Sequence[int]
    weights: Sequence[float]
    nearest: Sequence[tuple[int, int] | None]


def find_units(
    source: str, target: str, links: Sequence[Link], pinned: Sequence[Pinned], whole: Sequence[Stretch] = ()
) -> Units:
    """The units of `target`; each stretch of it in `whole` is one, as is that of each pinned span.

    Links that leave the texts are cut, empty ones count for nothing.
    """
    given = [*links, *((*pin.source, *pin.target) for pin in pinned)]
    links = [link for link in (_cut(link, len(source), len(target)) for link in given) if link]
    spans = _spans(target, links, [*whole, *(pin.target for pin in pinned)])
    unit_of = _unit_of(spans, len(target))
    votes: list[Counter[tuple[int, int]]] = [Counter() for _ in spans]
    nearest: list[tuple[int, int] | None] = [None] * len(source)
    for source_start, source_end, target_start, target_end in links:
        units = [unit for unit in unit_of[target_start:target_end] if unit >= 0]
        if not units:
            continue
        for unit in range(units[0], units[-1] + 1):
            votes[unit][source_start, source_end] += 1
        for character in range(source_start, source_end):
            first, last = nearest[character] or (units[0], units[0])
            nearest[character] = (min(first, units[0]), max(last, units[-1]))
    anchors = [_anchor(found) for found in votes]
    opaque = {unit_of[pin.target[0]]: pin for pin in pinned}
    for unit, pin in opaque.items():
        anchors[unit] = (pin.source[0] + pin.source[1] - 1) // 2
    weights = [_OPAQUE_WEIGHT if unit in opaque else float(at >= 0) for unit, at in enumerate(anchors)]
    return Units(spans, anchors, [0.0, *accumulate(weights)], nearest)


def _cut(link: Link, num_source: int, num_target: int) -> Link | None:
    source_start, source_end = max(link[0], 0), min(link[1], num_source)
    target_start, target_end = max(link[2], 0), min(link[3], num_target)
    if source_start >= source_end or target_start >= target_end:
        return None
    return source_start, source_end, target_start, target_end


def _spans(target: str, links: Sequence[Link], whole: Sequence[Stretch]) -> list[Stretch]:
    """Words in writing with spaces, linked words without, whole stretches, every other sign by itself."""
    begins = bytearray(len(target) + 1)
    for unit in _UNIT.finditer(target):
        begins[unit.start()] = 1
    for _, _, start, end in links:
        if end - start <= _MAX_WORD and all(map(is_unspaced, target[start:end])):
            begins[start + 1 : end] = bytes(end - start - 1)
    inside = bytearray(len(target))
    for start, end in whole:
        begins[start:end] = b"\1" + bytes(end - start - 1)
        begins[end] = 1
        inside[start:end] = b"\1" * (end - start)
    return _cut_at(target, begins, inside)


def _cut_at(target: str, begins: bytearray, inside: bytearray) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    start = -1
    for at, character in enumerate(target):
        is_space = character.isspace() and not inside[at]
        if start >= 0 and (begins[at] or is_space):
            spans.append((start, at))
            start = -1
        if start < 0 and not is_space:
            start = at
    return [*spans, (start, len(target))] if start >= 0 else spans


def _unit_of(spans: Sequence[tuple[int, int]], length: int) -> list[int]:
    unit_of = [-1] * length
    for unit, (start, end) in enumerate(spans):
        unit_of[start:end] = [unit] * (end - start)
    return unit_of


def _anchor(votes: Counter[tuple[int, int]]) -> int:
    """The middle of the source word that most links name."""
    if not votes:
        return -1
    (start, end), _ = votes.most_common(1)[0]
    return (start + end - 1) // 2
