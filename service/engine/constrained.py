"""Beam search whose translation must hold required phrases. Pure.

Dynamic beam allocation (Post and Vilar 2018, arXiv 1804.06609, section 3.2) over the rows of the beam:
besides its likeliest tokens each row looks at the next token of the phrase it works on; hypotheses stand
in banks by how many tokens of the phrases they hold, and the banks share the rows, so that the ones that
have said something unlikely because they had to are not crowded out. EOS may end only what holds all.

A hypothesis never gets where the room up to the limit, or the copy symbols left to it, would not do for
what it lacks: so the phrases are always met, if the limit is at least as long as they are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from service.engine.beam import BeamSearch, Candidate
from service.engine.hypotheses import Finished, Rows
from service.engine.phrases import Phrase, Phrases, Progress
from service.engine.repetition import LoopGuard
from service.engine.search import Rules, without

MIN_BEAM_SIZE = 4  # fewer rows would leave too few banks beside each other


class ConstrainedSearch(BeamSearch):
    """A BeamSearch in at least 4 rows that must say `required`, each phrase as often as it is listed.

    `wanted` is for each row the next token of a phrase, or EOS where it holds all: their scores are asked
    for, so that there is always something to go on with.
    """

    def __init__(
        self,
        rules: Rules,
        *,
        required: Sequence[Phrase],
        beam_size: int,
        n_best: int,
        copies: tuple[int, ...] = (),
        guard: LoopGuard | None = None,
    ) -> None:
        beam_size = max(beam_size, MIN_BEAM_SIZE)
        super().__init__(rules, beam_size=beam_size, n_best=n_best, copies=copies, guard=guard)
        self._phrases = Phrases(required)
        self._symbols = {token for phrase in required for token in phrase}.intersection(copies)
        self._progress = [self._phrases.start]
        self._must_hurry = False
        self.wanted = self._next_wanted()

    def _grow(self, rows: Rows, candidates: Iterator[Candidate], *, is_last: bool) -> None:
        """The banks give their best by turns: who holds most, who holds least, then the likeliest."""
        banks: defaultdict[int, list[Candidate]] = defaultdict(list)
        for candidate in self._possible(candidates):
            parent, token, _, _ = candidate
            banks[self._grown(parent, token).num_missing].append(candidate)
        if not banks:
            return
        ends = [min(banks), max(banks)]
        between = sorted(banks.keys() - ends, key=lambda bank: -banks[bank][0][3])
        turns = [iter(banks[bank]) for bank in dict.fromkeys([*ends, *between])]
        taken: list[Candidate] = []
        while turns and len(taken) < self.beam_size:
            turns = [turn for turn in turns if self._takes(turn, taken)]
        for candidate in sorted(taken[: self.beam_size], key=lambda one: -one[3]):
            rows.add(*candidate)

    def _takes(self, bank: Iterator[Candidate], taken: list[Candidate]) -> bool:
        """Takes the bank's next candidate, if there is one; those before it that are EOS finish instead."""
        for parent, token, logprob, total in bank:
            if token != self._rules.eos:
                taken.append((parent, token, logprob, total))
                return True
            self._finish(len(self._steps), parent, total, eos_logprob=logprob)
        return False

    def _possible(self, candidates: Iterator[Candidate]) -> Iterator[Candidate]:
        """Those that can still meet what they lack."""
        num_left = self._rules.limit - len(self._steps) - 1
        return (one for one in candidates if self._is_possible(one[0], one[1], num_left))

    def _is_possible(self, parent: int, token: int, num_left: int) -> bool:
        before = self._progress[parent]
        if not before.num_missing:
            return True
        if token == self._rules.eos:
            return False
        after = self._phrases.after(before, token)
        if after.num_missing > num_left or (self._must_hurry and after.num_missing >= before.num_missing):
            return False
        return not self._symbols or self._can_copy(after, without(self.copies[parent], token))

    def _can_copy(self, progress: Progress, left: tuple[int, ...]) -> bool:
        asked_for = self._phrases.asked_for(progress)
        return all(left.count(symbol) >= asked_for[symbol] for symbol in self._symbols)

    def _go_on(self, rows: Rows) -> None:
        grown = zip(rows.parents, rows.tokens, strict=True)
        self._progress = [self._grown(parent, token) for parent, token in grown]
        super()._go_on(rows)
        self.wanted = self._next_wanted()

    def _next_wanted(self) -> list[int]:
        """Rows that have begun nothing try different phrases, and others at the next step."""
        num_tokens = len(self._steps)
        found = (self._phrases.wanted(one, num_tokens + row) for row, one in enumerate(self._progress))
        return [self._rules.eos if token is None else token for token in found]

    def _grown(self, parent: int, token: int) -> Progress:
        return self._phrases.after(self._progress[parent], token)

    def _may_end(self, tokens: Sequence[int]) -> bool:
        """A loop that lacks something goes on, but from now on everybody must hurry."""
        may_end = not self._phrases.along(tokens).num_missing
        self._must_hurry |= not may_end
        return may_end

    def _num_unmet(self, num_tokens: int, row: int) -> int:
        return self._phrases.along(self._history.tokens(num_tokens, row)).num_missing

    def _met(self, finished: Finished) -> tuple[bool, ...]:
        return self._phrases.met(self._history.tokens(finished.num_tokens, finished.row))
