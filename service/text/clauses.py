"""A sentence too long for the model as parts that fit it, cut where a clause ends, else between words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from service.text.spans import VEIL

_BREAKS: Final = (
    re.compile(r"(?<=[；;])|(?<=[。！？!?…])(?=.)"),
    re.compile(r"(?<=[，、：])|(?<=,)(?=\s)|(?<=:)(?=\s)|(?<=\s)(?=[—–-]\s)"),
    re.compile(r"(?<=\s)(?=\S)"),
    re.compile(rf"(?<=[^{VEIL}])(?=.)|(?=[^{VEIL}])", re.DOTALL),
)
"""Kinds of places, the better first; the last is between any two characters that no span holds together."""
_MARGIN: Final = 5
"""A cut leaves at least a fifth on either side, else a place of the next kind is taken."""


def fitting_parts(
    veiled: str, fits: Callable[[int, int], bool], start: int = 0, end: int | None = None
) -> Iterator[tuple[int, int]]:
    """Code points of the parts of a sentence, in order, that together are all of it.

    `veiled` is the sentence with its protected spans veiled, so that none is cut. A part that cannot be
    cut any more is given as it is, whether or not it fits.
    """
    end = len(veiled) if end is None else end
    cut = None if fits(start, end) else _best_cut(veiled, start, end)
    if cut is None:
        yield start, end
        return
    yield from fitting_parts(veiled, fits, start, cut)
    yield from fitting_parts(veiled, fits, cut, end)


def _best_cut(veiled: str, start: int, end: int) -> int | None:
    """The place nearest to the middle, of the best kind that has one not too near an end."""
    middle = (start + end) / 2
    margin = (end - start) // _MARGIN
    for number, kind in enumerate(_BREAKS):
        least = margin if number < len(_BREAKS) - 1 else 1
        places = [
            found.start()
            for found in kind.finditer(veiled, start, end)
            if start + least <= found.start() <= end - least and found.start() not in (start, end)
        ]
        if places:
            return min(places, key=lambda place: abs(place - middle))
    return None
