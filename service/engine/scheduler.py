"""Who shares the next step: admission in order of arrival, bounded in rows and in encoding per tick.

Pure policy: no tensor, no clock, no thread. A tick pulls what is free; nothing ever waits for a
batch to fill. The oldest sequence is always served first, and if its rows are not free nobody
overtakes it, so a wide beam cannot be starved by a stream of narrow ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from service.engine.beam import MAX_BEAM_SIZE
from service.engine.sequence import Sequence

_SIMILAR_TOKENS = 8  # source lengths 1 to 8 are encoded together, 9 to 16, and so on
_LOOKAHEAD = 32  # how far behind the oldest a similar length is looked for


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """Bounds of one tick.

    `max_rows` share a step: on a CPU more gain nothing, and the widest beam must fit. `max_encode`
    sequences enter, so that those running are not held up for much longer than a step.
    """

    max_rows: int = 32
    max_encode: int = 6

    def __post_init__(self) -> None:
        if self.max_rows < MAX_BEAM_SIZE or self.max_encode < 1:
            raise ValueError(f"at least {MAX_BEAM_SIZE} rows and 1 sequence per tick are needed")


class Scheduler:
    """The waiting sequences of one model, in the order in which they came."""

    def __init__(self, limits: BatchLimits) -> None:
        self._limits = limits
        self._waiting: dict[int, Sequence] = {}
        self._waiting_tokens = 0
        self._earliest_deadline = float("inf")

    @property
    def num_waiting(self) -> int:
        return len(self._waiting)

    @property
    def waiting_tokens(self) -> int:
        """Source tokens of all waiting sequences."""
        return self._waiting_tokens

    @property
    def oldest(self) -> Sequence | None:
        """The sequence that has waited longest."""
        return next(iter(self._waiting.values()), None)

    def add(self, sequence: Sequence) -> None:
        """Puts a sequence at the end of the queue."""
        self._waiting[sequence.job.id] = sequence
        self._waiting_tokens += len(sequence.job.source)
        if sequence.job.deadline is not None:
            self._earliest_deadline = min(self._earliest_deadline, sequence.job.deadline)

    def remove(self, ids: Iterable[int]) -> list[Sequence]:
        """Takes sequences out wherever they stand; ids that do not wait here are passed over."""
        return [self._take(one) for one in ids if one in self._waiting]

    def expired(self, now: float) -> list[Sequence]:
        """Takes out those whose deadline has come."""
        if now < self._earliest_deadline:
            return []
        late = self.remove([key for key, one in self._waiting.items() if one.is_expired(now)])
        deadlines = (one.job.deadline for one in self._waiting.values() if one.job.deadline is not None)
        self._earliest_deadline = min(deadlines, default=float("inf"))
        return late

    def admit(self, used_rows: int) -> list[list[Sequence]]:
        """Takes out those that enter now, in groups that are encoded together.

        `used_rows` counts the rows that running sequences may come to occupy.
        """
        groups: list[list[Sequence]] = []
        budget = self._limits.max_encode
        free_rows = self._limits.max_rows - used_rows
        while budget > 0 and (group := self._next_group(budget, free_rows)):
            groups.append(group)
            budget -= len(group)
            free_rows -= sum(one.max_rows for one in group)
        return groups

    def _next_group(self, budget: int, free_rows: int) -> list[Sequence]:
        oldest = self.oldest
        if oldest is None or oldest.max_rows > free_rows:
            return []
        group: list[Sequence] = []
        for candidate in list(islice(self._waiting.values(), _LOOKAHEAD)):
            if len(group) == budget or candidate.max_rows > free_rows:
                break
            if _is_similar(candidate, oldest):
                group.append(self._take(candidate.job.id))
                free_rows -= candidate.max_rows
        return group

    def _take(self, key: int) -> Sequence:
        sequence = self._waiting.pop(key)
        self._waiting_tokens -= len(sequence.job.source)
        return sequence


def _is_similar(left: Sequence, right: Sequence) -> bool:
    """True where padding the one to the other wastes little: the encoder computes what is padded."""
    return _eights(left) == _eights(right)


def _eights(sequence: Sequence) -> int:
    return (len(sequence.job.source) - 1) // _SIMILAR_TOKENS
