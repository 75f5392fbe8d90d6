"""How much the engines may owe answers for, in sentences and in tokens; more is refused at once."""

from __future__ import annotations

from dataclasses import dataclass

from service.engine.errors import Overloaded, TooMany
from service.engine.messages import TickRecord

_MEMORY = 0.99  # what a tick's share of the measured speed is kept with from tick to tick
_MIN_RETRY_SECONDS = 1.0
_MAX_RETRY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class QueueLimits:
    """Sentences and source tokens, waiting and running, over all engines."""

    max_sequences: int = 1024
    max_tokens: int = 65536


@dataclass(frozen=True, slots=True)
class QueueState:
    """What is owed now, and how long that will take as far as is known."""

    num_sequences: int
    num_tokens: int
    estimated_wait_seconds: float


class Admission:
    """Counts what is owed and measures how fast it is paid off."""

    def __init__(self, limits: QueueLimits) -> None:
        self._limits = limits
        self._num_sequences = 0
        self._num_tokens = 0
        self._recent_tokens = 0.0
        self._recent_seconds = 0.0

    def enter(self, num_sequences: int, num_tokens: int) -> None:
        """Counts a request in, whole or not at all.

        Raises TooMany where it would not fit into the empty queue, Overloaded where it does not now.
        """
        limits = self._limits
        if num_sequences > limits.max_sequences:
            raise TooMany("sentences", limits.max_sequences, num_sequences)
        if num_tokens > limits.max_tokens:
            raise TooMany("sentences", limits.max_tokens, num_tokens, unit="tokens")
        has_room = self._num_sequences + num_sequences <= limits.max_sequences
        if not has_room or self._num_tokens + num_tokens > limits.max_tokens:
            wait = self._estimated_wait_seconds()
            raise Overloaded(min(max(wait, _MIN_RETRY_SECONDS), _MAX_RETRY_SECONDS))
        self._num_sequences += num_sequences
        self._num_tokens += num_tokens

    def leave(self, num_sequences: int, num_tokens: int) -> None:
        """Counts answered or cancelled sentences out."""
        self._num_sequences -= num_sequences
        self._num_tokens -= num_tokens

    def observe(self, record: TickRecord) -> None:
        """Learns the speed of an engine from a tick."""
        self._recent_tokens = _MEMORY * self._recent_tokens + record.tokens
        self._recent_seconds = _MEMORY * self._recent_seconds + record.busy_seconds

    def state(self) -> QueueState:
        """What is owed now."""
        return QueueState(self._num_sequences, self._num_tokens, self._estimated_wait_seconds())

    @property
    def is_half_empty(self) -> bool:
        """True while there is as much room again for what is owed."""
        limits = self._limits
        return 2 * self._num_sequences <= limits.max_sequences and 2 * self._num_tokens <= limits.max_tokens

    def _estimated_wait_seconds(self) -> float:
        """Takes a target token per source token, and one engine: an upper bound with more of them."""
        if not self._recent_tokens:
            return 0.0
        return self._num_tokens * self._recent_seconds / self._recent_tokens
