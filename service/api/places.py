"""Places in the whole texts, in code points or in UTF-16 units, which JavaScript's strings are made of."""

from __future__ import annotations

from collections.abc import Callable

from service.api.schemas import Offsets
from service.pipeline.items import Item, Shift
from service.text.azure import Utf16Offsets

Placing = Callable[[int, int], list[int]]
"""From places of a sentence to [start, end) in the whole text."""


def placings(item: Item, offsets: Offsets) -> tuple[Callable[[Shift], Placing], Callable[[Shift], Placing]]:
    """What makes a placing of a shift, for the source and for the target of an item."""
    return placing_in(item.source_text, offsets), placing_in(item.text, offsets)


def placing_in(text: str, offsets: Offsets) -> Callable[[Shift], Placing]:
    """The same for one text."""
    return _code_points if offsets == "code_points" else _utf16(text)


def _code_points(shift: Shift) -> Placing:
    return lambda start, end: list(shift(start, end))


def _utf16(text: str) -> Callable[[Shift], Placing]:
    unit = Utf16Offsets(text).at
    return lambda shift: lambda start, end: [unit(place) for place in shift(start, end)]
