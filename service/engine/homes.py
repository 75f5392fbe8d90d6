"""Where the rows of a device's states are: waiting beside their source, or running in a home.

The first home is made for the largest batch, and lasts: once its rows have left it is vacant for the
next. Others are made only while several states run side by side, as after a failed step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from service.engine.device_memory import Sources
from service.engine.device_rows import DeviceRows, Layout
from service.engine.device_step import DeviceStep
from service.engine.model import Array, State


@dataclass(frozen=True, slots=True)
class Lot:
    """Rows that wait: some of those of arrays which nobody changes, with the lengths of their sources."""

    arrays: Sources
    rows: list[int]
    lengths: list[int]

    @classmethod
    def of_all(cls, arrays: Sources, lengths: Sequence[int]) -> Lot:
        """The first rows of arrays, one for each length."""
        return cls(arrays, list(range(len(lengths))), list(lengths))

    def part(self, rows: Sequence[int]) -> Lot:
        """Some of them, in another order."""
        return Lot(self.arrays, [self.rows[row] for row in rows], [self.lengths[row] for row in rows])

    def state(self) -> State:
        """The rows as a state."""
        return State({}, len(self.rows), self)


class Home:
    """Rows that run, and the steps bound to them; only its latest state may be used."""

    def __init__(self, rows: DeviceRows, *, is_main: bool) -> None:
        self.rows = rows
        self.is_main = is_main
        self.steps: dict[tuple[int, int, int], DeviceStep] = {}  # at most one per bucket and parity
        self._latest: State | None = None
        self._on_host: dict[str, Array] | None = None

    def state(self) -> State:
        """The rows as they are now."""
        self._latest = State({}, self.rows.num_rows, self)
        self._on_host = None
        return self._latest

    def lot(self) -> Lot:
        """The rows as they may be copied until they change."""
        return Lot.of_all(self.rows.views(), self.rows.lengths)

    def part(self, rows: Sequence[int]) -> Lot:
        """Some of the rows, copied to the host: it is done after a failure, and memory may be short."""
        if self._on_host is None:
            self._on_host = self.rows.on_host()
        arrays = {name: array[list(rows)] for name, array in self._on_host.items()}
        return Lot.of_all(arrays, [self.rows.lengths[row] for row in rows])

    def require_latest(self, state: State) -> None:
        """Raises RuntimeError where the rows have been taken over by a later state."""
        if state is not self._latest:
            raise RuntimeError("a state was used after it had been given away")


class Homes:
    """All homes of one model."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._vacant: list[Home] = []
        self._has_main = False

    def of(self, state: State) -> Home:
        """Where the rows of a state run; those that waited move in now."""
        if isinstance(state.home, Home):
            state.home.require_latest(state)
            return state.home
        home = self._vacancy(state.num_rows)
        try:
            self.move_in(home, state, range(state.num_rows))
        except Exception:
            self._vacant.append(home)
            raise
        return home

    def roomy(self, home: Home, num_rows: int) -> Home:
        """The home, or a larger one with the same rows where it is too small for `num_rows`."""
        if num_rows <= home.rows.capacity:
            return home
        larger = self._vacancy(num_rows)
        self.move_in(larger, home.state(), range(home.rows.num_rows))
        return larger

    def move_in(self, home: Home, state: State, places: Sequence[int]) -> None:
        """Copies rows to these places of a home; where they ran before is vacant then."""
        left = state.home
        assert isinstance(left, Lot | Home)
        if isinstance(left, Home):
            left.require_latest(state)
        lot = left.lot() if isinstance(left, Home) else left
        home.rows.place(lot.arrays, lot.rows, lot.lengths, places)
        home.state()
        if isinstance(left, Home):
            self.vacate(left)

    def vacate(self, home: Home) -> None:
        """Gives the home back; its rows are gone."""
        home.rows.rearrange([])
        home.state()
        self._vacant.append(home)

    def _vacancy(self, num_rows: int) -> Home:
        for home in self._vacant:
            if home.rows.capacity >= num_rows:
                self._vacant.remove(home)
                return home
        buckets, is_main = self._layout.buckets, not self._has_main
        capacity = buckets.rows[-1] if is_main else buckets.rows_for(num_rows)
        home = Home(DeviceRows(self._layout, capacity), is_main=is_main)
        self._has_main = True
        return home
