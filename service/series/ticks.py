"""What is kept of ticks until a scrape asks for it."""

from __future__ import annotations

from collections import Counter

from service.engine.messages import TickRecord


class TickTotals:
    """Running totals and the last tick of each engine and version."""

    def __init__(self) -> None:
        self.source_tokens: Counter[str] = Counter()
        self.target_tokens: Counter[str] = Counter()
        self.last: dict[tuple[str, str, int], TickRecord] = {}
        self._num_restarts: dict[int, int] = {}

    def expect(self, model: str) -> None:
        """Begins at zero."""
        self.source_tokens[model] += 0
        self.target_tokens[model] += 0

    def note(self, tick: TickRecord) -> None:
        """Adds one tick."""
        self.source_tokens[tick.model] += tick.source_tokens
        self.target_tokens[tick.model] += tick.tokens
        self.last[tick.model, tick.version, tick.engine] = tick

    def forget_earlier(self, engine: int, num_restarts: int) -> None:
        """Of an engine that was started again, what it told before is over."""
        if self._num_restarts.setdefault(engine, num_restarts) != num_restarts:
            self._num_restarts[engine] = num_restarts
            self.last = {key: tick for key, tick in self.last.items() if tick.engine != engine}

    def running_rows(self, model: str, engine: int) -> int:
        """Rows of the last steps of all versions of a model that still have any."""
        return sum(
            tick.rows
            for (name, _, number), tick in self.last.items()
            if (name, number) == (model, engine) and tick.num_running
        )
