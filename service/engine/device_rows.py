"""Rows of a state in the memory of a device, at addresses that never change.

What a step writes anew has two memories, read and written in turn, so a step that fails leaves its
input as it was. The memory of a ragged tensor is laid out for the width that is needed now. Behind
`num_rows` lie rows of sentences that have left: they are computed along, and nobody looks at them.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

from service.engine.buckets import Buckets
from service.engine.device_memory import Memory, Sources, View
from service.engine.model import Array
from service.engine.mover import Mover, Moves
from service.engine.slots import Form


@dataclass(frozen=True, slots=True)
class Layout:
    """How rows are held: their tensors, in which buckets, where, and who moves them."""

    forms: Mapping[str, Form]
    buckets: Buckets
    memory: Memory
    flat_mover: Mover
    ragged_mover: Mover


class DeviceRows:
    """`num_rows` rows, at most `capacity`, of sources of `lengths` tokens."""

    def __init__(self, layout: Layout, capacity: int) -> None:
        self._layout = layout
        self._memory: dict[tuple[str, int], View] = {}
        self._moves: dict[tuple[bool, int, int, bool], Moves] = {}  # by mover, parity, width, own source
        self._new_sentences = itertools.count()
        self._sentences: list[int] = []  # which one each row holds
        self.capacity = capacity
        self.lengths: list[int] = []
        self.width = layout.buckets.widths[0]
        self.parity = 0
        for name, form in layout.forms.items():
            size = prod(form.shape(capacity, layout.buckets.widths[-1]))
            for side in range(1 + form.is_renewed):
                self._memory[name, side] = layout.memory.zeros((size,), form.dtype)

    @property
    def num_rows(self) -> int:
        return len(self.lengths)

    @property
    def bucket(self) -> tuple[int, int]:
        """The rows and the width that a step computes."""
        return self._layout.buckets.rows_for(self.num_rows), self.width

    def view(self, name: str, num_rows: int, *, written: bool = False) -> View:
        """The first rows of a tensor; with `written`, where the step that reads them writes the next."""
        form = self._layout.forms[name]
        side = (self.parity + written) % 2 if form.is_renewed else 0
        return self._memory[name, side].part(form.shape(num_rows, self.width), form.dtype)

    def views(self) -> dict[str, View]:
        """All tensors, with every row that there is room for."""
        return {name: self.view(name, self.capacity) for name in self._layout.forms}

    def on_host(self) -> dict[str, Array]:
        """A copy of all rows, on the host."""
        copies: dict[str, Array] = {}
        for name, view in self.views().items():
            rows = view.array.numpy()[: prod(view.shape)].reshape(view.shape)
            copies[name] = rows[: self.num_rows].copy()
        return copies

    def turn(self) -> None:
        """What a step wrote becomes what the next one reads."""
        self.parity ^= 1

    def place(
        self, sources: Sources, rows: Sequence[int], lengths: Sequence[int], places: Sequence[int]
    ) -> None:
        """Copies the named rows of other tensors to these places: of rows that are gone, or behind all."""
        behind = [0] * max(0, places[-1] + 1 - self.num_rows)
        new_lengths, new_sentences = [*self.lengths, *behind], [*self._sentences, *behind]
        for place, length in zip(places, lengths, strict=True):
            new_lengths[place], new_sentences[place] = length, next(self._new_sentences)
        width = self._layout.buckets.width_for(max(new_lengths))
        if width != self.width:
            self._lay_out(width, range(self.num_rows))
        for mover in (self._layout.flat_mover, self._layout.ragged_mover):
            self._move(mover, sources, rows, places)
        self.lengths, self._sentences = new_lengths, new_sentences

    def rearrange(self, order: Sequence[int]) -> None:
        """Row i becomes what row `order[i]` was; the others are gone."""
        moved = [row for row, old in enumerate(order) if row != old]
        self._move(self._layout.flat_mover, None, [order[row] for row in moved], moved)
        self._rearrange_ragged(order, moved)
        self._sentences = [self._sentences[old] for old in order]
        self.lengths = [self.lengths[old] for old in order]

    def _rearrange_ragged(self, order: Sequence[int], moved: Sequence[int]) -> None:
        """Moves only where another sentence takes a row, unless all are laid out anew."""
        width = self._layout.buckets.width_for(max((self.lengths[old] for old in order), default=0))
        if width != self.width:
            self._lay_out(width, order)
            return
        grown = [*self._sentences, *[-1] * max(0, len(order) - self.num_rows)]
        rows = [row for row in moved if grown[row] != self._sentences[order[row]]]
        self._move(self._layout.ragged_mover, None, [order[row] for row in rows], rows)

    def _lay_out(self, width: int, order: Sequence[int]) -> None:
        """Lays the ragged tensors out for sources of another width."""
        sources = self.views()
        self.width = width
        self._move(self._layout.ragged_mover, sources, order, range(len(order)))

    def _move(
        self, mover: Mover, sources: Sources | None, rows_from: Sequence[int], rows_to: Sequence[int]
    ) -> None:
        """Copies rows in, out of the same memory where no other source is named."""
        if not rows_from:
            return
        moves = self._moves_of(mover, is_own=sources is None)
        if sources is not None:
            moves.take_from(sources)
        moves.run(rows_from, rows_to, self._layout.buckets.rows_for(len(rows_from)))

    def _moves_of(self, mover: Mover, *, is_own: bool) -> Moves:
        key = (mover.is_ragged, self.parity, self.width, is_own)
        if key not in self._moves:
            views = self.views()
            moves = mover.into(views)
            self._moves[key] = moves.take_from(views) if is_own else moves
        return self._moves[key]
