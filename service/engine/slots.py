"""Rows of a state in memory that stays where it is: newcomers and the moved go into gaps, or behind all.

For decoders whose state keeps its size, as an LSTM's does. What a step writes anew (`hidden`) has two
buffers, read and written in turn, so a step that fails leaves its input as it was. What belongs to
the source (`keys`) lies once and moves only where another sentence takes its row.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from service.engine.model import Array

WIDTH_MULTIPLE = 8
_WIDE = 32  # from here on widths are multiples of 16, so that fewer shapes are met
_MIN_ROWS = 8
_UNKNOWN = sys.maxsize  # as the width of a row that is new: all of it may hold anything


@dataclass(frozen=True, slots=True)
class Form:
    """One state tensor: `sizes` are those behind the row and, where it is ragged, behind the source axis."""

    dtype: np.dtype[np.generic]
    sizes: tuple[int, ...]
    is_ragged: bool
    is_renewed: bool

    def shape(self, num_rows: int, width: int) -> tuple[int, ...]:
        """The shape for so many rows and source positions."""
        return (num_rows, width, *self.sizes) if self.is_ragged else (num_rows, *self.sizes)


def bucket(width: int) -> int:
    """The width that sources of `width` tokens are padded to."""
    multiple = WIDTH_MULTIPLE if width <= _WIDE else 2 * WIDTH_MULTIPLE
    return -(-width // multiple) * multiple


class Slots:
    """`num_rows` rows of `width` source positions; memory grows by doubling and is never given back.

    What lies behind a row's own width is 0: padding times weight 0 must be 0. `layout` changes whenever
    memory was moved, so that whoever holds addresses knows.
    """

    def __init__(self, forms: Mapping[str, Form]) -> None:
        self._forms = dict(forms)
        self._memory: dict[tuple[str, int], Array] = {}
        self._rows: dict[tuple[str, int], Array] = {}  # the same, laid out for the width of now
        self._max_rows = self._max_width = 0
        self._widths: list[int] = []  # of each row
        self._sentences: list[int] = []  # which one each row holds
        self._new_sentences = itertools.count()
        self.num_rows = 0
        self.width = WIDTH_MULTIPLE
        self.parity = 0
        self.layout = 0
        self._reserve(_MIN_ROWS)

    def array(self, name: str, *, written: bool = False) -> Array:
        """The rows of a tensor; with `written`, where the step that reads them writes the next."""
        side = self.parity ^ written if self._forms[name].is_renewed else 0
        return self._rows[name, side][: self.num_rows]

    def arrays(self) -> dict[str, Array]:
        """The rows of all tensors."""
        return {name: self.array(name) for name in self._forms}

    def turn(self) -> None:
        """What a step wrote becomes what the next one reads."""
        self.parity ^= 1

    def place(self, newcomers: Mapping[str, Array], width: int, places: Sequence[int]) -> None:
        """Copies rows of `width` source positions to these places: of rows that are gone, or behind all."""
        widths = self._grown(self._widths, places[-1] + 1, _UNKNOWN)
        stale = max(widths[place] for place in places)  # so much of what was there before may be left
        self._sentences = self._grown(self._sentences, len(widths), -1)
        for place in places:
            widths[place], self._sentences[place] = width, next(self._new_sentences)
        self._set_width(bucket(max(widths)))
        self._widths, self.num_rows = widths, len(widths)
        self._reserve(self.num_rows)
        first, end = places[0], places[-1] + 1
        at = slice(first, end) if end - first == len(places) else list(places)
        for name, form in self._forms.items():
            rows = self.array(name)
            if form.is_ragged:
                rows[at, :width] = newcomers[name]
                if width < stale:
                    rows[at, width:stale] = 0
            else:
                rows[at] = newcomers[name]

    def rearrange(self, order: Sequence[int]) -> None:
        """Row i becomes what row `order[i]` was; the others are gone."""
        self._reserve(len(order))
        sentences = self._grown(self._sentences, len(order), -1)
        self._widths = self._grown(self._widths, len(order), _UNKNOWN)
        moved = [row for row, old in enumerate(order) if row != old]
        exchanged = [row for row in moved if sentences[row] != sentences[order[row]]]
        self.num_rows = len(self._widths)
        for name, form in self._forms.items():
            self._move(name, moved if form.is_renewed else exchanged, order, is_ragged=form.is_ragged)
        self._sentences = [self._sentences[old] for old in order]
        self._widths = [self._widths[old] for old in order]
        self.num_rows = len(order)
        if order:
            self._set_width(bucket(max(self._widths)))

    def _move(self, name: str, rows: list[int], order: Sequence[int], *, is_ragged: bool) -> None:
        if not rows:
            return
        array = self.array(name)
        if min(order[row] for row in rows) >= len(order):  # gaps filled from the end: nothing is overwritten
            for row in rows:
                old = order[row]
                filled = slice(max(self._widths[row], self._widths[old])) if is_ragged else ...
                array[row, filled] = array[old, filled]
        else:
            array[rows] = array[[order[row] for row in rows]]

    def _grown(self, values: list[int], num_rows: int, new: int) -> list[int]:
        """The values of all rows, and of further ones as far as there are to be any."""
        return [*values, *[new] * (num_rows - self.num_rows)]

    def _set_width(self, width: int) -> None:
        """Lays the rows out anew for sources of another width."""
        if width == self.width:
            return
        ragged = {name: self.array(name).copy() for name in self._ragged()} if self.num_rows else {}
        if width > self._max_width:
            self._max_width = max(width, 2 * self._max_width)
            self._allocate()
        self.width = width
        self._lay_out()
        for name, old in ragged.items():
            new, both = self.array(name), min(width, old.shape[1])
            new[:, :both] = old[:, :both]
            new[:, both:] = 0

    def _reserve(self, num_rows: int) -> None:
        if num_rows > self._max_rows:
            self._max_rows = max(num_rows, 2 * self._max_rows)
            self._allocate()

    def _allocate(self) -> None:
        """Larger memory for every tensor, with what the old one held at the front."""
        self.layout += 1
        for name, form in self._forms.items():
            size = prod(form.shape(self._max_rows, max(self._max_width, self.width)))
            for side in range(1 + form.is_renewed):
                fresh = np.empty(size, form.dtype)
                if (old := self._memory.get((name, side))) is not None:
                    fresh[: len(old)] = old
                self._memory[name, side] = fresh
        self._lay_out()

    def _lay_out(self) -> None:
        """Makes the views of all rows that there is room for."""
        for (name, side), memory in self._memory.items():
            shape = self._forms[name].shape(self._max_rows, self.width)
            self._rows[name, side] = memory[: prod(shape)].reshape(shape)

    def _ragged(self) -> list[str]:
        return [name for name, form in self._forms.items() if form.is_ragged]
