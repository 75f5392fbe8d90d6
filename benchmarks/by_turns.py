"""Two are asked by turns, and who begins changes: what a machine does to the first it does to both."""

from __future__ import annotations

from collections.abc import Callable, Sequence

Ask = Callable[[float], float]
"""Seconds to ask for, and the rate that was found."""


def by_turns(asks: Sequence[Ask], num_rounds: int, seconds: float) -> list[tuple[float, float]]:
    """Requests a second of both in each round; the second begins in every other one."""
    rates = []
    for number in range(num_rounds):
        if number % 2:
            second, first = asks[1](seconds), asks[0](seconds)
        else:
            first, second = asks[0](seconds), asks[1](seconds)
        rates.append((first, second))
    return rates
