"""Ranges for elements that stand side by side: each the run that covers its own words best, none touching."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

from service.text.markup.tree import Item
from service.text.markup.units import Units

_SIBLING_PENALTY: Final = 2.0
"""What a sibling's word inside a range costs beyond what any other word costs there."""

Run = tuple[int, int]


def choose_runs(elements: Sequence[Item], units: Units, within: Run) -> list[Run | None]:
    """For each element the units (first, behind the last) of its range, None where no word of it is left.

    Elements are in the order of the source and do not overlap there. Those with more words choose first.
    """
    own = _own_units(elements, units, within)
    siblings = _count_owned(own, within)
    sizes = [sum(_weight(units, unit) for unit in found) for found in own]
    runs: list[Run | None] = [None] * len(elements)
    taken: list[Run] = []
    for number in sorted(range(len(elements)), key=lambda number: -sizes[number]):
        run = _best_run(own[number], units, siblings, within[0], taken)
        if run is not None:
            runs[number] = run
            insort(taken, run)
    return runs


def _own_units(elements: Sequence[Item], units: Units, within: Run) -> list[list[int]]:
    starts = [element.start for element in elements]
    own: list[list[int]] = [[] for _ in elements]
    for unit in range(*within):
        anchor = units.anchors[unit]
        number = bisect_right(starts, anchor) - 1
        if anchor >= 0 and number >= 0 and anchor < elements[number].end:
            own[number].append(unit)
    return own


def _count_owned(own: Sequence[Sequence[int]], within: Run) -> list[float]:
    """For each unit from the first, how much of the units before it belongs to any of the elements."""
    owned = [0.0] * (within[1] - within[0])
    for found in own:
        for unit in found:
            owned[unit - within[0]] = _SIBLING_PENALTY
    return [0.0, *accumulate(owned)]


def _best_run(
    own: Sequence[int], units: Units, siblings: Sequence[float], first: int, taken: Sequence[Run]
) -> Run | None:
    """The run with the largest sum of own words less the others inside it, outside what is taken."""
    best, best_sum = None, 0.0
    start, last, total = -1, -1, 0.0
    for unit in own:
        place = bisect_right(taken, (unit, len(units.spans) + 1)) - 1
        if place >= 0 and unit < taken[place][1]:
            start = -1
            continue
        if start >= 0:
            total -= units.weights[unit] - units.weights[last + 1]
            total -= siblings[unit - first] - siblings[last + 1 - first]
        if start < 0 or total < 0 or _is_crossed(last, unit, taken):
            start, total = unit, 0.0
        total += _weight(units, unit)
        last = unit
        if total >= best_sum:
            best, best_sum = (start, unit + 1), total
    return best


def _is_crossed(left: int, right: int, taken: Sequence[Run]) -> bool:
    place = bisect_left(taken, (left, 0))
    return place < len(taken) and taken[place][0] < right


def _weight(units: Units, unit: int) -> float:
    return units.weights[unit + 1] - units.weights[unit]
