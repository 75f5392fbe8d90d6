"""Two that stay up are asked by turns, and neither always first."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.by_turns import by_turns


def test_who_begins_changes_from_round_to_round() -> None:
    """And each rate stays with the one whose it is."""
    asked: list[str] = []

    def asking(name: str, rate: float) -> Callable[[float], float]:
        def ask(seconds: float) -> float:
            asked.append(f"{name} {seconds:g}")
            return rate

        return ask

    assert by_turns([asking("a", 1.0), asking("b", 2.0)], 3, 4.0) == [(1.0, 2.0)] * 3
    assert asked == ["a 4", "b 4", "b 4", "a 4", "a 4", "b 4"]
