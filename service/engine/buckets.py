"""The few shapes that a device meets: numbers of rows and widths of sources, both padded to the next bucket.

A GPU picks its kernels by shape, so a row's last bits may depend on the bucket it is in, but never on
who else is in it. Few shapes can all be met before the first request: memory is short then or never.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

LEAST_ROWS = 8  # the widest beam
_ROWS_FACTOR = 4  # a step's time hardly grows with rows while they are few
_LEAST_WIDTH = 16
_WIDTH_FACTOR = 2


@dataclass(frozen=True, slots=True)
class Buckets:
    """Ascending numbers of rows, and ascending source widths, all of them multiples of 8."""

    rows: tuple[int, ...]
    widths: tuple[int, ...]

    @classmethod
    def up_to(cls, max_rows: int, max_width: int) -> Buckets:
        """Buckets for at most so many rows and source tokens."""
        return cls(
            tuple(_growing(LEAST_ROWS, _ROWS_FACTOR, max_rows)),
            tuple(_growing(_LEAST_WIDTH, _WIDTH_FACTOR, max_width)),
        )

    def rows_for(self, num_rows: int) -> int:
        """The bucket of so many rows; raises ValueError where none is large enough."""
        return _least(self.rows, num_rows)

    def width_for(self, width: int) -> int:
        """The bucket of sources of so many tokens; raises ValueError where none is large enough."""
        return _least(self.widths, width)

    def largest_first(self) -> Iterator[tuple[int, int]]:
        """Every number of rows with every width."""
        return ((rows, width) for rows in reversed(self.rows) for width in reversed(self.widths))


def _growing(least: int, factor: int, most: int) -> Iterator[int]:
    """Multiples of 8: `least` times powers of `factor`, and last the first that `most` fits into."""
    size = least
    while size < most:
        yield size
        size *= factor
    yield max(least, -(-most // 8) * 8)


def _least(buckets: tuple[int, ...], size: int) -> int:
    for bucket in buckets:
        if bucket >= size:
            return bucket
    raise ValueError(f"{size} is more than {buckets[-1]}")
