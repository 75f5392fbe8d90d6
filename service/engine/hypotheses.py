"""The hypotheses of a beam, remembered step by step: tokens, scores and attention. Pure.

Nothing is copied when a beam branches: a hypothesis is its last row, and the rows before it are found
by going back from parent to parent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from service.engine.messages import FinishReason, Found
from service.engine.model import Floats
from service.engine.search import Rules, attention_bytes

Way = list[tuple["Rows", int]]  # for each token of a hypothesis the rows of its step, and its row there


@dataclass(slots=True)
class Rows:
    """The rows after a step, best first: their last tokens, the sums so far, and the rows they come from.

    `attention` is that of the step, [rows before it, source]; None where it need not be remembered.
    """

    attention: Floats | None
    tokens: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    totals: list[float] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)

    def add(self, parent: int, token: int, logprob: float, total: float) -> None:
        """A row more, behind the others."""
        self.parents.append(parent)
        self.tokens.append(token)
        self.logprobs.append(logprob)
        self.totals.append(total)

    def remove(self, row: int) -> None:
        """Takes a row out; those behind it move up."""
        for column in (self.parents, self.tokens, self.logprobs, self.totals):
            del column[row]


@dataclass(frozen=True, slots=True)
class Finished:
    """A hypothesis of `num_tokens` that ended in `row`; `eos_logprob` is None where EOS did not end it.

    `num_unmet` are the tokens of required phrases that it lacks.
    """

    score: float
    num_tokens: int
    row: int
    eos_logprob: float | None
    is_loop: bool = False
    num_unmet: int = 0

    @property
    def is_sound(self) -> bool:
        """True for what no score of another kind can beat."""
        return not (self.is_loop or self.num_unmet)

    @property
    def rank(self) -> tuple[int, bool, float]:
        """Smaller is better: what lacks less, then what does not loop, then the score."""
        return self.num_unmet, self.is_loop, -self.score

    @property
    def reason(self) -> FinishReason:
        """Why it ended."""
        if self.is_loop:
            return "repetition"
        return "length" if self.eos_logprob is None else "eos"


class History:
    """All `steps` of a beam so far; whoever makes one appends it."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self.steps: list[Rows] = []

    def way(self, num_tokens: int, row: int) -> Way:
        """The way to the hypothesis of `num_tokens` that is in `row` after so many steps."""
        way: Way = []
        for rows in reversed(self.steps[:num_tokens]):
            way.append((rows, row))
            row = rows.parents[row]
        way.reverse()
        return way

    def tokens(self, num_tokens: int, row: int) -> tuple[int, ...]:
        """The tokens of that hypothesis."""
        return tuple(rows.tokens[row] for rows, row in self.way(num_tokens, row))

    def agreed(self, rows: Iterable[int], finished: Finished | None) -> tuple[int, int]:
        """The longest hypothesis that all these rows after the last step begin with, and a finished one.

        The number of its tokens, and its row after so many steps.
        """
        here, num_tokens = set(rows), len(self.steps)
        while True:
            if finished is not None and num_tokens == finished.num_tokens:
                here.add(finished.row)
            if len(here) == 1 and (finished is None or num_tokens <= finished.num_tokens):
                return num_tokens, here.pop()
            num_tokens -= 1
            here = {self.steps[num_tokens].parents[row] for row in here}

    def told(self, finished: Finished, met: tuple[bool, ...] = ()) -> Found:
        """A finished hypothesis as it is told."""
        way = self.way(finished.num_tokens, finished.row)
        logprobs = [rows.logprobs[row] for rows, row in way]
        if finished.eos_logprob is not None:
            logprobs.append(finished.eos_logprob)
        return Found(
            tuple(rows.tokens[row] for rows, row in way),
            tuple(logprobs),
            finished.score,
            finished.reason,
            attention_bytes(self._rules, list(attention_of(way))),
            met,
        )


def attention_of(way: Way, *, from_the_end: bool = False) -> Iterator[Floats]:
    """The rows of attention [source] along a way; none where they are not remembered."""
    for rows, row in reversed(way) if from_the_end else way:
        if rows.attention is not None:
            yield rows.attention[rows.parents[row]]
