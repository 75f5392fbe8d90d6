"""Tags back by alignment: ranges of the translation nest as the source's tree, whatever the links say."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from service.text.markup.flanking import tighten
from service.text.markup.runs import Run, choose_runs
from service.text.markup.tree import Item, Role
from service.text.markup.units import Units


@dataclass(slots=True)
class Placed:
    """An item and where it stands in the translation (code points): inside its parent, beside the rest."""

    item: Item
    start: int
    end: int
    children: list[Placed] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Area:
    """Where items are to go: source characters, units of the translation, and the place if there are none."""

    source: tuple[int, int]
    units: Run
    at: int


@dataclass(frozen=True, slots=True)
class _Gap:
    """A place between units: behind the one before it, or ahead of the one after it."""

    unit: int
    is_behind: bool


class Placer:
    """Places the tags of one block in its translation."""

    def __init__(self, source: str, target: str, units: Units) -> None:
        self._source = source
        self._target = target
        self._units = units
        self._linked = [at for at, found in enumerate(units.nearest) if found]
        self._waiting: list[tuple[list[Placed], Sequence[Item], _Area]] = []

    def place(self, items: Sequence[Item]) -> list[Placed]:
        """All items, in the order in which they are written; no recursion, since tags may nest deeply."""
        placed: list[Placed] = []
        whole = (0, len(self._units.spans))
        self._waiting.append((placed, items, _Area((0, len(self._source)), whole, 0)))
        while self._waiting:
            into, children, area = self._waiting.pop()
            self._place_all(into, children, area)
        return placed

    def _place_all(self, into: list[Placed], items: Sequence[Item], area: _Area) -> None:
        """Dividers cut the area into pieces; what was before one in the source stays before it."""
        start, first, at = area.source[0], area.units[0], area.at
        piece: list[Item] = []
        for item in items:
            if item.role is not Role.DIVIDER:
                piece.append(item)
                continue
            gap = self._gap(item.start, area)
            cut = max(gap.unit, first)
            self._place_piece(into, piece, _Area((start, item.start), (first, cut), at))
            at = max([at, self._place_of(_Gap(cut, not item.is_opening), area), *(p.end for p in into[-1:])])
            into.append(Placed(item, at, at))
            piece, start, first = [], item.start, cut
        self._place_piece(into, piece, _Area((start, area.source[1]), (first, area.units[1]), at))

    def _place_piece(self, into: list[Placed], items: Sequence[Item], area: _Area) -> None:
        elements = [item for item in items if item.role is Role.ELEMENT]
        runs = dict(zip(map(id, elements), self._runs(elements, area), strict=True)) if elements else {}
        taken = sorted((run, item) for item in elements if (run := runs[id(item)]) is not None)
        placed = [self._place_item(item, runs.get(id(item)), area, taken) for item in items]
        placed.sort(key=lambda p: (p.start, p.end, p.item.order))
        into += placed

    def _runs(self, elements: Sequence[Item], area: _Area) -> list[Run | None]:
        start, end = self._trimmed(area.source)
        if area.units[0] < area.units[1]:
            for number, element in enumerate(elements):
                if element.start <= start and element.end >= end:  # all there is
                    runs: list[Run | None] = [None] * len(elements)
                    runs[number] = area.units
                    return self._tightened(elements, runs)
        return self._tightened(elements, choose_runs(elements, self._units, area.units))

    def _tightened(self, elements: Sequence[Item], runs: Sequence[Run | None]) -> list[Run | None]:
        return [
            tighten(run, self._units.spans, self._target) if run and element.is_emphasis else run
            for element, run in zip(elements, runs, strict=True)
        ]

    def _place_item(
        self, item: Item, run: Run | None, area: _Area, taken: Sequence[tuple[Run, Item]]
    ) -> Placed:
        if run is None:
            at = max(self._place_of(self._beside(self._gap(item.start, area), item, taken), area), area.at)
            placed = Placed(item, at, at)
            inside = _Area((item.start, item.end), (0, 0), at)
        else:
            spans = self._units.spans
            placed = Placed(item, spans[run[0]][0], spans[run[1] - 1][1])
            inside = _Area((item.start, item.end), run, placed.start)
        if item.children:
            self._waiting.append((placed.children, item.children, inside))
        return placed

    def _beside(self, gap: _Gap, item: Item, taken: Sequence[tuple[Run, Item]]) -> _Gap:
        """The gap, or the nearer edge of the element that lies across it."""
        place = bisect_right(taken, gap.unit, key=lambda found: found[0][0]) - 1
        if place < 0:
            return gap
        (first, last), element = taken[place]
        if not first < gap.unit < last:
            return gap
        return _Gap(last, True) if item.start >= element.end else _Gap(first, False)

    def _gap(self, place: int, area: _Area) -> _Gap:
        """Where a place of the source is in the translation: with the word it touches, or the nearest one."""
        first, last = area.units
        start, end = self._trimmed(area.source)
        if place <= start or first == last:
            return _Gap(first, False)
        if place >= end:
            return _Gap(last, True)
        is_behind = not self._source[place - 1].isspace() or self._source[place].isspace()
        for behind in (is_behind, not is_behind):
            if (unit := self._unit_at(place, behind, (start, end))) is not None:
                unit = min(max(unit, first), last - 1)
                return _Gap(unit + 1, True) if behind else _Gap(unit, False)
        return _Gap(last, True)

    def _unit_at(self, place: int, is_behind: bool, source: tuple[int, int]) -> int | None:
        """The last unit of the nearest linked word before the place, or the first of the one after it."""
        number = bisect_right(self._linked, place - 1)
        number -= is_behind
        if not 0 <= number < len(self._linked) or not source[0] <= self._linked[number] < source[1]:
            return None
        found = self._units.nearest[self._linked[number]]
        return found[is_behind] if found else None

    def _place_of(self, gap: _Gap, area: _Area) -> int:
        first, last = area.units
        if first == last:
            return area.at
        spans = self._units.spans
        if gap.is_behind and gap.unit > first:
            return spans[gap.unit - 1][1]
        return spans[gap.unit][0] if gap.unit < last else spans[last - 1][1]

    def _trimmed(self, source: tuple[int, int]) -> tuple[int, int]:
        """The span without white space at its ends."""
        start, end = source
        while start < end and self._source[start].isspace():
            start += 1
        while start < end and self._source[end - 1].isspace():
            end -= 1
        return start, end


def written(placed: Sequence[Placed]) -> Iterator[tuple[Placed, bool]]:
    """Every item as it is written, True at its head and False at its tail."""
    waiting = [(item, True) for item in reversed(placed)]
    while waiting:
        item, is_head = waiting.pop()
        yield item, is_head
        if is_head:
            waiting.append((item, False))
            waiting += [(child, True) for child in reversed(item.children)]
