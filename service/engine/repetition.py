"""Tells when a hypothesis goes round in circles, and how much of it is to be kept. Pure.

It must never punish a source that repeats itself: what such a source repeats is allowed twice over,
as a target may have twice as many tokens. The limits are measured, see docs/design.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import takewhile

from service.engine.model import Floats

MAX_PERIOD = 32  # tokens; the longest loop of a bundled model had 25
MIN_REPEATED = 16  # tokens said again; whatever repeated more than 8 was wrong, but not always a loop
MIN_REPEATED_AT_LIMIT = 6  # the same for what is cut at its limit all the same
MAX_STUCK = 24  # tokens in a row that look most at one source place; right translations had up to 8
_MIN_OCCURRENCES = 3
_EVERY = 4  # tokens; looking less often costs less, and what is said meanwhile is cut off
FIRST_LOOK = MIN_REPEATED + _EVERY  # tokens; a shorter hypothesis cannot loop


def next_look(num_tokens: int) -> int:
    """The number of tokens at which a hypothesis is to be looked at again, after it was at `num_tokens`."""
    return num_tokens + _EVERY


class LoopGuard:
    """Looks at the hypotheses of one source; `num_required` of their tokens are asked for, alike or not.

    A hypothesis of `limit` tokens is cut there, and a shorter loop is enough to say why.
    """

    def __init__(self, source: Sequence[int], *, num_required: int = 0, limit: int | None = None) -> None:
        self._source = source
        self._limit = limit
        self._num_required = num_required
        self._num_allowed: int | None = None

    def num_kept(self, tokens: Sequence[int], attention: Iterable[Floats]) -> int:
        """How many tokens of a hypothesis are to be kept: all, unless it loops, and then one occurrence.

        `attention` has a row [source] for each token, the last first; it is empty where nobody reads it.
        """
        num_repeated = self._num_repeated(tokens)
        return len(tokens) - (num_repeated or self._num_stuck(attention))

    def num_safe(self, tokens: Sequence[int], attention: Iterable[Floats]) -> int:
        """How many tokens of a hypothesis are kept whatever is said after them: those before any repetition.

        `attention` as for `num_kept`.
        """
        periods = range(1, min(MAX_PERIOD, len(tokens) - 1) + 1)
        num_repeated = max((_run(tokens, period) for period in periods), default=0)
        return len(tokens) - max(num_repeated, _num_looking_alike(attention))

    def _num_repeated(self, tokens: Sequence[int]) -> int:
        """How many tokens at the end are said again, in the shortest period that is a loop; 0 for none."""
        last, num_tokens = tokens[-1], len(tokens)
        for period in range(1, min(MAX_PERIOD, num_tokens - 1) + 1):
            if tokens[-1 - period] == last:
                count = _run(tokens, period)
                least = max(self._min_repeated(num_tokens), (_MIN_OCCURRENCES - 1) * period)
                if count >= least and count >= least + self._allowed():
                    return count
        return 0

    def _min_repeated(self, num_tokens: int) -> int:
        return MIN_REPEATED_AT_LIMIT if num_tokens == self._limit else MIN_REPEATED

    def _allowed(self) -> int:
        """How many tokens more than usual may be repeated here; most sources are never asked."""
        if self._num_allowed is None:
            longest = max(_longest_run(self._source, period) for period in range(1, MAX_PERIOD + 1))
            self._num_allowed = 2 * longest + self._num_required
        return self._num_allowed

    def _num_stuck(self, attention: Iterable[Floats]) -> int:
        """How many tokens at the end look where the one before them looked; 0 where that is no loop."""
        count = _num_looking_alike(attention)
        return count if count + 1 >= MAX_STUCK + self._num_required else 0


def _run(tokens: Sequence[int], period: int) -> int:
    """How many of the last tokens are each the one that stands `period` before it."""
    count, place = 0, len(tokens) - 1
    while place >= period and tokens[place] == tokens[place - period]:
        count, place = count + 1, place - 1
    return count


def _num_looking_alike(attention: Iterable[Floats]) -> int:
    """How many of the last tokens look most where the one before them looked."""
    places = (int(row.argmax()) for row in attention)
    last = next(places, None)
    return sum(1 for _ in takewhile(lambda place: place == last, places))


def _longest_run(tokens: Sequence[int], period: int) -> int:
    """The longest such run anywhere."""
    longest = count = 0
    for left, right in zip(tokens, tokens[period:], strict=False):
        count = count + 1 if left == right else 0
        longest = max(longest, count)
    return longest
