"""A text of which some stretches were replaced, and where each place of the one lies in the other."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from msgspec import Struct


class Edit(Struct, frozen=True):
    """Code points `start` to `end` of the old text became `text`."""

    start: int
    end: int
    text: str


class Rewriting:
    """The `new` text that edits, in order and not overlapping, make of an old one."""

    def __init__(self, old: str, edits: Sequence[Edit]) -> None:
        parts: list[str] = []
        self._old: list[tuple[int, int]] = []
        self._new: list[tuple[int, int]] = []
        position = length = 0
        for edit in edits:
            kept = old[position : edit.start]
            start = length + len(kept)
            length = start + len(edit.text)
            parts += [kept, edit.text]
            self._old.append((edit.start, edit.end))
            self._new.append((start, length))
            position = edit.end
        self.new = "".join([*parts, old[position:]]) if edits else old

    @property
    def new_places(self) -> tuple[tuple[int, int], ...]:
        """Where each edit's text stands in the new text."""
        return tuple(self._new)

    def to_new(self, start: int, end: int) -> tuple[int, int]:
        """Where a stretch of the old text stands in the new one; what cuts into an edit gets all of it."""
        return _moved(start, end, self._old, self._new)

    def to_old(self, start: int, end: int) -> tuple[int, int]:
        """The same the other way."""
        return _moved(start, end, self._new, self._old)


def _moved(
    start: int, end: int, here: Sequence[tuple[int, int]], there: Sequence[tuple[int, int]]
) -> tuple[int, int]:
    if not here:
        return start, end
    first, last = _edge(start, here, there, is_end=False), _edge(end, here, there, is_end=True)
    return min(first, last), last


def _edge(at: int, here: Sequence[tuple[int, int]], there: Sequence[tuple[int, int]], *, is_end: bool) -> int:
    """The place of one edge: within a replaced stretch it goes to that stretch's own edge."""
    before = bisect_right(here, at - 1 if is_end else at, key=lambda place: place[0]) - 1
    if before < 0:
        return at
    start, end = here[before]
    if start < at < end or (is_end and at == end) or (not is_end and at == start < end):
        return there[before][1 if is_end else 0]
    return at - end + there[before][1]
