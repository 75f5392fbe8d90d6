"""An array on a device that is copied to the host once somebody needs a number of it, and only then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from service.engine.model import Array


class LateArray:
    """Indexed like an array of `shape`; an index gives another late array, `copy` the numbers.

    `fetch` brings all of it, at most once, for whoever asks first; it must be asked before the device
    writes there again.
    """

    def __init__(self, fetch: Callable[[], Array], shape: tuple[int, ...]) -> None:
        self._fetch = fetch
        self._array: Array | None = None
        self.shape = shape
        self.ndim = len(shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Any) -> LatePart:
        return LatePart(self, (key,))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return self.numpy().astype(dtype or self.numpy().dtype)

    def numpy(self) -> Array:
        """The numbers, on the host."""
        if self._array is None:
            self._array = self._fetch()
        return self._array


class LatePart:
    """What a late array's numbers are under some indices, one after another."""

    def __init__(self, whole: LateArray, keys: tuple[Any, ...]) -> None:
        self._whole = whole
        self._keys = keys

    def __getitem__(self, key: Any) -> LatePart:
        return LatePart(self._whole, (*self._keys, key))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        numbers = self.copy()
        return numbers.astype(dtype or numbers.dtype)

    def copy(self) -> Array:
        """The numbers, on the host."""
        numbers = self._whole.numpy()
        for key in self._keys:
            numbers = numbers[key]
        return numbers.copy()
