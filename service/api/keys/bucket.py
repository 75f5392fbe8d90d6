"""A token bucket: as much at once as a minute gives, and as much in the long run as its rate.

What is larger than the bucket may be taken from a full one, which then is in debt: else it could never be.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

WINDOW_SECONDS: Final = 60.0
_TINY: Final = 1e-6
"""Sums of many small parts are off by less."""


class TokenBucket:
    """`per_minute` tokens fit in; `clock` is monotonic, in seconds."""

    def __init__(self, per_minute: int, clock: Callable[[], float]) -> None:
        self.per_minute = per_minute
        self._clock = clock
        self._level = float(per_minute)
        self._filled = clock()

    def wait_for(self, amount: int) -> float:
        """Seconds until `amount` can be taken, if nobody else takes any; 0 where it can be now."""
        missing = min(amount, self.per_minute) - self._fill() - _TINY
        return max(0.0, missing) * WINDOW_SECONDS / self.per_minute

    def take(self, amount: int) -> None:
        """Takes it, whatever there is: ask first."""
        self._level = self._fill() - amount

    def level(self) -> float:
        """What is there now; negative while in debt."""
        return self._fill()

    def _fill(self) -> float:
        now = self._clock()
        gained = (now - self._filled) * self.per_minute / WINDOW_SECONDS
        self._level, self._filled = min(float(self.per_minute), self._level + gained), now
        return self._level
