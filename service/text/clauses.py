"""A sentence too long for the model as parts that fit it, cut where a clause ends, else between words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from service.text.spans import Span, veiled

_BREAKS: Final = (
    re.compile(r"(?<=[；;])|(?<=[。！？!?…])(?=.)"),
    re.compile(r"(?<=[，、：])|(?<=,)(?=\s)|(?<=:)(?=\s)|(?<=\s)(?=[—–-]\s)"),
    re.compile(r"(?<=\s)(?=\S)"),
)
"""Kinds of places, the better first; the last resort is between any two characters."""
_MARGIN: Final = 5
"""A cut leaves at least a fifth on either side, else a place of the next kind is taken."""


def fitting_parts(
    text: str, spans: Sequence[Span], fits: Callable[[int, int], bool]
) -> Iterator[tuple[int, int]]:
    """Code points of the parts of a sentence, in order, that together are all of it; no span is cut.

    A part that cannot be cut any more is a single character or span, and given whether or not it fits.
    """
    covered = veiled(text, spans)
    inside = frozenset(at for span in spans for at in range(span.start + 1, span.end))
    waiting = [(0, len(text))]
    while waiting:
        start, end = waiting.pop()
        cut = None if fits(start, end) else _best_cut(covered, inside, start, end)
        if cut is None:
            yield start, end
        else:
            waiting += [(cut, end), (start, cut)]


def _best_cut(covered: str, inside: frozenset[int], start: int, end: int) -> int | None:
    """The place nearest to the middle, of the best kind that has one not too near an end."""
    margin = max(1, (end - start) // _MARGIN)
    for kind in _BREAKS:
        found = (match.start() for match in kind.finditer(covered, start, end))
        cut = _middle((at for at in found if start + margin <= at <= end - margin), start, end)
        if cut is not None:
            return cut
    return _middle((at for at in range(start + 1, end) if at not in inside), start, end)


def _middle(places: Iterable[int], start: int, end: int) -> int | None:
    return min(places, key=lambda at: abs(at - (start + end) / 2), default=None)
