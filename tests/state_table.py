"""Joins and keeps rows of any architecture's state, knowing of each tensor only its name and its ragged axis.

Ragged tensors are padded with zeros to a common width, and columns that no row uses any more are
cut off again; which columns a row uses is said by a mask that travels in the state itself.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from service.engine.model import Array, Integers, State

_DEFAULT_MASK = "source_mask"


class StateTable:
    """The state of one architecture: `ragged_axes` names every tensor and its ragged axis, or None.

    The mask of a ragged tensor `cache_keys` is `cache_mask` [rows, width] where there is one, else
    `source_mask`. Widths are kept at multiples of `width_multiple`.
    """

    def __init__(self, ragged_axes: Mapping[str, int | None], *, width_multiple: int = 1) -> None:
        self._ragged_axes = dict(ragged_axes)
        self._multiple = width_multiple
        ragged = [name for name, axis in ragged_axes.items() if axis is not None]
        self._masks = {name: self._mask_of(name) for name in ragged}
        missing = {mask for mask in self._masks.values() if mask not in ragged_axes}
        if missing:
            raise ValueError(f"ragged tensors without their mask {', '.join(sorted(missing))}")

    def join(self, left: State, right: State) -> State:
        """The rows of `left`, then those of `right`; the narrower ones are padded with zeros."""
        arrays = {
            name: self._joined(name, left.arrays[name], right.arrays[name]) for name in self._ragged_axes
        }
        return State(arrays, left.num_rows + right.num_rows)

    def keep(self, state: State, rows: Integers) -> State:
        """The named rows in the named order, without the columns that none of them uses."""
        windows = {mask: self._window(state.arrays[mask][rows]) for mask in set(self._masks.values())}
        arrays: dict[str, Array] = {}
        for name, axis in self._ragged_axes.items():
            array = state.arrays[name]
            arrays[name] = (
                array[rows] if axis is None else array[_along(axis, windows[self._masks[name]])][rows]
            )
        return State(arrays, len(rows))

    def padded(self, state: State) -> State:
        """The same rows with every ragged axis padded with zeros up to the multiple."""
        arrays = {name: self._padded(name, array) for name, array in state.arrays.items()}
        return State(arrays, state.num_rows)

    def width_for(self, width: int) -> int:
        """The width that columns are padded to: `width` rounded up to the multiple."""
        return -(-width // self._multiple) * self._multiple

    def _mask_of(self, name: str) -> str:
        own = f"{name.split('_', 1)[0]}_mask"
        return own if own in self._ragged_axes else _DEFAULT_MASK

    def _padded(self, name: str, array: Array) -> Array:
        axis = self._ragged_axes[name]
        if axis is None or array.shape[axis] % self._multiple == 0:
            return array
        shape = list(array.shape)
        shape[axis] = self.width_for(shape[axis])
        padded = np.zeros(shape, array.dtype)
        padded[_along(axis, slice(array.shape[axis]))] = array
        return padded

    def _joined(self, name: str, left: Array, right: Array) -> Array:
        axis = self._ragged_axes[name]
        if axis is None or left.shape[axis] == right.shape[axis]:
            return np.concatenate((left, right))
        shape = list(left.shape)
        shape[0] += right.shape[0]
        shape[axis] = max(left.shape[axis], right.shape[axis])
        joined = np.zeros(shape, left.dtype)
        joined[: len(left)][_along(axis, slice(left.shape[axis]))] = left
        joined[len(left) :][_along(axis, slice(right.shape[axis]))] = right
        return joined

    def _window(self, mask: Array) -> slice:
        """The columns from the first to the last that some row uses, on multiples at both ends."""
        used = np.flatnonzero(mask.any(axis=0))  # [used columns]
        if not len(used):
            return slice(0, 0)
        start = int(used[0]) // self._multiple * self._multiple
        return slice(start, min(self.width_for(int(used[-1]) + 1), mask.shape[1]))


def _along(axis: int, window: slice) -> tuple[slice, ...]:
    """An index that takes `window` of one axis and the whole of those before it."""
    return (slice(None),) * axis + (window,)
