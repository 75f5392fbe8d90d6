"""Which row goes where when sentences have ended or beams have branched. Pure.

Rows stay where they are if they can, and gaps are filled from the end, so that little is moved.
"""

from __future__ import annotations

from collections.abc import Sequence as ListOf
from dataclasses import dataclass, field
from typing import NamedTuple

from service.engine.sequence import Sequence


class Survivor(NamedTuple):
    """A sequence that goes on, and for each of its hypotheses the row that it goes on from."""

    sequence: Sequence
    parents: ListOf[int]


@dataclass(slots=True)
class _Plan:
    """`order[row]` is the row that `row` is made of, None while nobody has it."""

    order: list[int | None]
    homeless: list[tuple[list[int], int, int]] = field(default_factory=list)

    def settle(self, survivor: Survivor) -> None:
        """Leaves each parent where it is, once; its further children take its sentence's other rows."""
        sequence, num_rows = survivor.sequence, len(self.order)
        places, children = [-1] * len(survivor.parents), []
        for place, parent in enumerate(survivor.parents):
            if parent < num_rows and self.order[parent] is None:
                self.order[parent], places[place] = parent, parent
            else:
                children.append(place)
        own = [row for row in sequence.rows if row < num_rows and self.order[row] is None]
        for place in children:
            parent = survivor.parents[place]
            if own:
                places[place] = row = own.pop()
                self.order[row] = parent
            else:
                self.homeless.append((places, place, parent))
        sequence.rows = places

    def fill(self) -> list[int]:
        """Gives the gaps to those who have no row yet."""
        gaps = (row for row, parent in enumerate(self.order) if parent is None)
        for row, (places, place, parent) in zip(list(gaps), self.homeless, strict=True):
            self.order[row], places[place] = parent, row
        return [parent for parent in self.order if parent is not None]


def arranged(survivors: ListOf[Survivor]) -> list[int]:
    """The old row for each new one; the sequences' `rows` become the new ones."""
    num_rows = sum(len(one.parents) for one in survivors)
    plan = _Plan([None] * num_rows)
    for one in survivors:
        rows = one.sequence.rows
        if one.parents is rows and rows[-1] < num_rows and len(rows) == 1:  # nearly all, without a beam
            plan.order[rows[0]] = rows[0]
        else:
            plan.settle(one)
    return plan.fill()
