"""Memory on a device, and views of it that a session can be bound to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from service.engine.device import DeviceArray, Place, Runtime
from service.engine.model import Array


@dataclass(frozen=True, slots=True)
class View:
    """An array on a device from `offset` bytes on, seen in a shape; the array lives as long as the view."""

    array: DeviceArray
    place: Place
    dtype: np.dtype[np.generic]
    shape: tuple[int, ...]
    offset: int = 0

    @property
    def num_bytes(self) -> int:
        return prod(self.shape) * self.dtype.itemsize

    def part(self, shape: tuple[int, ...], dtype: np.dtype[np.generic], offset: int = 0) -> View:
        """The same memory seen otherwise."""
        return View(self.array, self.place, dtype, shape, self.offset + offset)

    def bind_input(self, binding: Any, name: str) -> None:
        """Lets a session read here."""
        binding.bind_input(name, *self._bound())

    def bind_output(self, binding: Any, name: str) -> None:
        """Lets a session write here."""
        binding.bind_output(name, *self._bound())

    def _bound(self) -> tuple[Any, ...]:
        address = self.array.data_ptr() + self.offset
        return self.place.kind, self.place.number, self.dtype.type, self.shape, address


Sources = Mapping[str, View | Array]  # tensors that rows are copied from: on the device, or on the host


@dataclass(frozen=True, slots=True)
class Memory:
    """The memory of one device."""

    runtime: Runtime
    place: Place

    def zeros(self, shape: tuple[int, ...], dtype: np.dtype[np.generic]) -> View:
        """A new array."""
        return View(self.runtime.zeros(self.place, shape, dtype), self.place, dtype, shape)
