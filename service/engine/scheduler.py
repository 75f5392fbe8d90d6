"""Who is encoded next: fair among groups, interactive before bulk, and nobody starves.

Pure policy: no tensor, no clock, no thread. The queue takes turns among the groups (calls): of a
call's sentences each starts where its predecessor ends in virtual time, measured in source tokens
(start-time fair queueing, Goyal et al. 1996), so a single sentence does not wait for an array of a
thousand. Every fourth turn goes to whoever has waited longest, whatever its group and priority.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

from service.engine.beam import MAX_BEAM_SIZE
from service.engine.messages import Priority
from service.engine.sequence import Sequence

_SIMILAR_TOKENS = 8  # source lengths 1 to 8 are encoded together, 9 to 16, and so on
_LOOKAHEAD = 64  # how far behind the first a similar length is looked for
_TURNS = 4  # one of so many turns is that of the oldest
_COMPANY = 4  # while others run, fewer than these wait for more to be encoded with

_Place = tuple[int, int]  # start in virtual time, number of arrival


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """Bounds of one tick.

    `max_rows` share a step: on a CPU more gain nothing, and the widest beam must fit. At most
    `max_encode` sequences of together `max_encode_tokens` source tokens, padding counted, are encoded
    (or one longer than that), so that those running are not held up for long. While others run, one
    or a few wait `patience` ticks for more.
    """

    max_rows: int = 24
    max_encode: int = 16
    max_encode_tokens: int = 256
    patience: int = 3

    def __post_init__(self) -> None:
        if self.max_rows < MAX_BEAM_SIZE or self.max_encode < 1 or self.max_encode_tokens < 1:
            raise ValueError(f"at least {MAX_BEAM_SIZE} rows and 1 sequence per tick are needed")


class Scheduler:
    """The waiting sequences of one model; `patience` is that of BatchLimits."""

    def __init__(self, patience: int = 0) -> None:
        self._patience = patience
        self._waiting: dict[int, Sequence] = {}  # by job, in order of arrival
        self._places: dict[int, _Place] = {}
        self._order: dict[Priority, list[tuple[_Place, int]]] = {"interactive": [], "bulk": []}
        self._ends: dict[int, int] = {}  # of each waiting group, in virtual time
        self._sizes: dict[int, int] = {}  # how many of each group wait
        self._virtual_now = 0
        self._num_arrived = 0
        self._turn = 0
        self._ticks_waited = 0
        self._earliest_deadline = float("inf")
        self.waiting_tokens = 0

    @property
    def num_waiting(self) -> int:
        return len(self._waiting)

    @property
    def oldest(self) -> Sequence | None:
        """The sequence that has waited longest."""
        return next(iter(self._waiting.values()), None)

    def add(self, sequence: Sequence) -> None:
        """Puts a sequence into the queue."""
        job = sequence.job
        start = max(self._virtual_now, self._ends.get(job.group, 0))
        self._ends[job.group] = start + len(job.source)
        self._sizes[job.group] = self._sizes.get(job.group, 0) + 1
        self._num_arrived += 1
        self._waiting[job.id] = sequence
        self._places[job.id] = (start, self._num_arrived)
        insort(self._order[job.priority], (self._places[job.id], job.id))
        self.waiting_tokens += len(job.source)
        self._earliest_deadline = min(self._earliest_deadline, sequence.deadline)

    def remove(self, ids: Iterable[int]) -> list[Sequence]:
        """Takes sequences out wherever they stand; ids that do not wait here are passed over."""
        return [self._take(one) for one in ids if one in self._waiting]

    def expired(self, now: float) -> list[Sequence]:
        """Takes out those whose deadline has come."""
        if now < self._earliest_deadline:
            return []
        late = self.remove([key for key, one in self._waiting.items() if one.is_expired(now)])
        self._earliest_deadline = min((one.deadline for one in self._waiting.values()), default=float("inf"))
        return late

    def next_group(self, max_sequences: int, max_tokens: int, *, others_run: bool = False) -> list[Sequence]:
        """Takes out sequences of similar length that are encoded together now.

        They are at most `max_sequences`, and padded to the longest at most `max_tokens`, or one. While
        `others_run`, few wait a few ticks for company: encoded alone each holds the others up as long
        as two together would.
        """
        first = self._first()
        if first is None or (others_run and self._waits_for_company()):
            return []
        self._ticks_waited = 0
        limit = max(1, min(max_sequences, max_tokens // (_SIMILAR_TOKENS * (_eights(first) + 1))))
        self._turn += 1
        self._virtual_now = max(self._virtual_now, self._places[first.job.id][0])
        group = [self._take(first.job.id)]
        near = [one for one in islice(self._in_order(), _LOOKAHEAD) if _eights(one) == _eights(first)]
        near.sort(
            key=lambda one: abs(len(one.job.source) - len(first.job.source))
        )  # stable: the earlier first
        return group + [self._take(one.job.id) for one in near[: limit - 1]]

    def _waits_for_company(self) -> bool:
        self._ticks_waited += 1
        return self.num_waiting < _COMPANY and self._ticks_waited <= self._patience

    def _first(self) -> Sequence | None:
        if self._turn % _TURNS == _TURNS - 1:
            return self.oldest
        return next(self._in_order(), None)

    def _in_order(self) -> Iterator[Sequence]:
        places = chain(self._order["interactive"], self._order["bulk"])
        return (self._waiting[key] for _, key in places)

    def _take(self, key: int) -> Sequence:
        sequence = self._waiting.pop(key)
        job = sequence.job
        order = self._order[job.priority]
        del order[bisect_left(order, (self._places.pop(key), key))]
        self.waiting_tokens -= len(job.source)
        self._sizes[job.group] -= 1
        if not self._sizes[job.group]:
            del self._sizes[job.group], self._ends[job.group]
        return sequence


def _eights(sequence: Sequence) -> int:
    """Sequences with the same number are encoded together: the encoder computes what is padded."""
    return (len(sequence.job.source) - 1) // _SIMILAR_TOKENS
