"""One text of a request and what became of it, sentence by sentence, with every place in the whole texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from service.engine.tokenizer import Piece
from service.engine.translation import Hypothesis, Translation
from service.text.detection import Detected
from service.text.evidence import Assessment
from service.text.glossary import Term
from service.text.masking import MaskedSentence
from service.text.spans import Span

Place = tuple[int, int]
Fate = Literal["ok", "constrained", "reinserted", "source_kept"]
"""How a sentence kept its protected spans and terms: at once, in a second search, by hand, or not at all."""


class Shift(Struct, frozen=True):
    """Where the places of a sentence lie in the whole text: `start` behind its beginning.

    In a text with markup `places` has for each code point of the prose, and its end, what stands for it in
    the document.
    """

    start: int
    places: Sequence[Place] | None = None

    def __call__(self, start: int, end: int) -> Place:
        """The place of code points `start` to `end` of the sentence."""
        start, end = start + self.start, end + self.start
        if self.places is None:
            return start, end
        if start == end:
            return self.places[start][0], self.places[start][0]
        return self.places[start][0], self.places[end - 1][1]


class Protected(Struct, frozen=True):
    """A span of a sentence that had to survive, and where it stands in the translation of the sentence."""

    span: Span
    start: int
    end: int


class AppliedTerm(Struct, frozen=True):
    """A glossary term found in a sentence; `is_met` where its target stands in the translation."""

    term: Term
    is_met: bool


class Rendition(Struct, frozen=True):
    """One translation of a sentence with everything restored.

    `source_pieces` are those of the model's source. `to_text` leads from a place of the model's own
    text to one of `text`.
    """

    text: str
    hypothesis: Hypothesis | Translation
    source_pieces: Sequence[Piece]
    to_text: Callable[[int, int], Place]
    protected: tuple[Protected, ...] = ()


class Sentence(Struct, frozen=True):
    """A sentence that went to the model, `masked`.

    `source_shift` and `target_shift` lead from the places of the sentence, and from those of the text of
    its best rendition, to the whole texts.
    """

    masked: MaskedSentence
    translation: Translation
    best: Rendition
    fate: Fate
    source_shift: Shift
    target_shift: Shift
    alternatives: tuple[Rendition, ...] = ()
    terms: tuple[AppliedTerm, ...] = ()
    assessment: Assessment | None = None

    @property
    def source_text(self) -> str:
        """The sentence itself."""
        return self.masked.sentence


class Item(Struct, frozen=True):
    """One text of a request and what became of it; no sentences where nothing was to translate.

    There are `num_split` sentences more than the text has, as some were too long for the model. Where
    `is_unsure` the translation was not good enough for the caller, and `text` is the source.
    """

    source_text: str
    text: str
    source: str
    target: str
    detected: Detected | None
    sentences: tuple[Sentence, ...]
    alternatives: tuple[str, ...] = ()
    num_split: int = 0
    is_unsure: bool = False

    @property
    def confidence(self) -> float | None:
        """The lowest confidence of its sentences, 0 to 1; None where there is none."""
        known = [one.assessment.confidence for one in self.sentences if one.assessment]
        return min((one for one in known if one is not None), default=None)

    def unless_unsure(self, min_confidence: float) -> Item:
        """The item, or where its confidence is lower than wanted, with its source as its text."""
        if self.confidence is None or self.confidence >= min_confidence:
            return self
        return replace(self, text=self.source_text, alternatives=(), is_unsure=True)
