"""A translation while it is made: pieces that are certain, sentences that are done, for one listener."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from msgspec import Struct

from service.engine.translation import Partial
from service.pipeline.items import Shift
from service.pipeline.units import Outcome, Unit, settled
from service.text.alignment import Link, link_words
from service.text.rewriting import Edit, Rewriting
from service.text.tokens import Word, merge_words, place_tokens


class Position(Struct, frozen=True):
    """Which sentence of which text of a request; `shift` leads from its places to those of that text."""

    text: int
    sentence: int
    shift: Shift


class Listener(Protocol):
    """Who follows a request, on the event loop; what it raises ends the request."""

    def piece(self, position: Position, text: str, delta: str, links: Sequence[Link]) -> None:
        """The translation is now `text`, by `delta` more; new `links` are in places of the two sentences."""

    def sentence(self, position: Position, outcome: Outcome) -> None:
        """The sentence is done; what it came to stands in place of its pieces."""


@dataclass(slots=True)
class _Followed:
    """One unit on its way, and what has been told of it."""

    unit: Unit
    num_told: int = 0
    links: set[Link] = field(default_factory=set)
    source_words: tuple[Word, ...] = ()

    def text(self, partial: Partial) -> Rewriting:
        """The partial translation with literals for its symbols."""
        masked = self.unit.masked
        literals = dict(zip(masked.symbols, (span.literal for span in masked.spans), strict=True))
        edits = [Edit(at, at + 1, literals[one]) for at, one in enumerate(partial.text) if one in literals]
        return Rewriting(partial.text, edits)

    def new_links(self, partial: Partial, rewriting: Rewriting) -> list[Link]:
        """Those of words that are finished: the last one may go on."""
        if partial.weights is None:
            return []
        target = merge_words(
            place_tokens(partial.target_tokens, rewriting.to_new, rewriting.new), rewriting.new
        )
        finished = {(word.start, word.end) for word in target[:-1]}
        new = [
            link
            for link in link_words(partial.weights, self._source_words(partial), target)
            if (link.target_start, link.target_end) in finished and link not in self.links
        ]
        self.links.update(new)
        return new

    def _source_words(self, partial: Partial) -> tuple[Word, ...]:
        masked = self.unit.masked
        if not self.source_words:
            tokens = place_tokens(partial.source_tokens, masked.rewriting.to_old, masked.sentence)
            self.source_words = merge_words(tokens, masked.sentence)
        return self.source_words


class Follower:
    """Tells a listener of some units, whose `positions` come in their order; `assess` looks at outcomes."""

    def __init__(
        self,
        units: Sequence[Unit],
        positions: Sequence[Position],
        listener: Listener,
        assess: Callable[[Outcome], Outcome],
    ) -> None:
        self._followed = [_Followed(unit) for unit in units]
        self._positions = positions
        self._listener = listener
        self._assess = assess

    def partial(self, number: int, partial: Partial) -> None:
        """Tells what is new of unit `number`, and its outcome where it is whole at once."""
        followed, position = self._followed[number], self._positions[number]
        rewriting = followed.text(partial)
        if delta := rewriting.new[followed.num_told :]:
            followed.num_told = len(rewriting.new)
            links = followed.new_links(partial, rewriting)
            self._listener.piece(position, rewriting.new, delta, links)
        if partial.translation is not None and (outcome := settled(followed.unit, partial.translation)):
            self.outcome(number, outcome)

    def outcome(self, number: int, outcome: Outcome) -> None:
        """Tells that unit `number` is done."""
        self._listener.sentence(self._positions[number], self._assess(outcome))
