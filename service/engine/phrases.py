"""Required phrases, and how far a hypothesis has come with them. Pure.

A phrase that is begun is followed or given up, and what was said of it then counts for nothing, except as
the beginning of another. Phrases do not overlap: each asks for tokens of its own.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Phrase = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """The phrases that are still `unmet` (their places in the list), and the last tokens that begin one."""

    unmet: frozenset[int]
    begun: Phrase
    num_missing: int  # tokens of unmet phrases that have not been said


class Phrases:
    """The phrases that one translation must hold, each as often as it is listed; none is empty."""

    def __init__(self, phrases: Sequence[Phrase]) -> None:
        self._phrases = tuple(phrases)
        self._beginning: defaultdict[Phrase, list[int]] = defaultdict(list)
        for place, phrase in enumerate(self._phrases):
            for end in range(1, len(phrase) + 1):
                self._beginning[phrase[:end]].append(place)
        self._beginning.default_factory = None
        self.num_tokens = sum(map(len, self._phrases))
        self.start = Progress(frozenset(range(len(self._phrases))), (), self.num_tokens)

    def after(self, progress: Progress, token: int) -> Progress:
        """The progress once a token more has been said."""
        said: Phrase = (*progress.begun, token)
        while said:
            for place in self._begun_by(said, progress):
                if self._phrases[place] == said:
                    return self._progress(progress.unmet - {place}, ())
            if self._begun_by(said, progress):
                return self._progress(progress.unmet, said)
            said = said[1:]
        return progress if not progress.begun else self._progress(progress.unmet, ())

    def along(self, tokens: Iterable[int]) -> Progress:
        """The progress of a hypothesis."""
        progress = self.start
        for token in tokens:
            progress = self.after(progress, token)
        return progress

    def wanted(self, progress: Progress, turn: int) -> int | None:
        """The next token of the phrase that is begun, else the first of an unmet one, each in its turn."""
        if not progress.unmet:
            return None
        if progress.begun:
            return self._phrases[min(self._begun_by(progress.begun, progress))][len(progress.begun)]
        unmet = sorted(progress.unmet)
        return self._phrases[unmet[turn % len(unmet)]][0]

    def met(self, tokens: Iterable[int]) -> tuple[bool, ...]:
        """For each phrase whether the hypothesis holds it."""
        unmet = self.along(tokens).unmet
        return tuple(place not in unmet for place in range(len(self._phrases)))

    def asked_for(self, progress: Progress) -> Counter[int]:
        """The tokens that are missing, with how often."""
        missing = Counter(token for place in progress.unmet for token in self._phrases[place])
        missing.subtract(progress.begun)
        return missing

    def _begun_by(self, said: Phrase, progress: Progress) -> list[int]:
        return [place for place in self._beginning.get(said, ()) if place in progress.unmet]

    def _progress(self, unmet: frozenset[int], begun: Phrase) -> Progress:
        missing = sum(len(self._phrases[place]) for place in unmet) - len(begun)
        return Progress(unmet, begun, missing)
