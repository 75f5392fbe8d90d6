"""One text of a request and what became of it, sentence by sentence, with every place in the whole texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from service.engine.tokenizer import Piece
from service.engine.translation import Hypothesis, Translation
from service.text.detection import Detected
from service.text.glossary import Term
from service.text.spans import Span

Place = tuple[int, int]
Fate = Literal["ok", "constrained", "reinserted", "source_kept"]
"""How a sentence kept its protected spans and terms: at once, in a second search, by hand, or not at all."""


@dataclass(frozen=True, slots=True)
class Shift:
    """Where the places of a sentence lie in the whole text: `start` behind its beginning.

    In a text with markup `offsets` leads from the code points of the prose to those of the document.
    """

    start: int
    offsets: Sequence[int] | None = None

    def __call__(self, start: int, end: int) -> Place:
        """The place of code points `start` to `end` of the sentence."""
        start, end = start + self.start, end + self.start
        if self.offsets is None:
            return start, end
        return self.offsets[start], (self.offsets[end - 1] + 1 if end > start else self.offsets[start])


@dataclass(frozen=True, slots=True)
class Protected:
    """A span of a sentence that had to survive, and where it stands in the translation of the sentence."""

    span: Span
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class AppliedTerm:
    """A glossary term found in a sentence; `is_met` where its target stands in the translation."""

    term: Term
    is_met: bool


@dataclass(frozen=True, slots=True)
class Rendition:
    """One translation of a sentence with everything restored.

    `source_pieces` are those of the model's source. `to_text` leads from a place of the model's own
    text to one of `text`.
    """

    text: str
    hypothesis: Hypothesis | Translation
    source_pieces: Sequence[Piece]
    to_text: Callable[[int, int], Place]
    protected: tuple[Protected, ...] = ()


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence that went to the model.

    `from_model` leads from a place of what the model read to one of `source_text`; `source_shift` and
    `target_shift` from there, and from the text of the best rendition, to the whole texts.
    """

    source_text: str
    translation: Translation
    best: Rendition
    fate: Fate
    from_model: Callable[[int, int], Place]
    source_shift: Shift
    target_shift: Shift
    alternatives: tuple[Rendition, ...] = ()
    terms: tuple[AppliedTerm, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """One text of a request and what became of it; no sentences where nothing was to translate.

    `num_split` sentences were too long for the model and went to it in parts.
    """

    source_text: str
    text: str
    source: str
    target: str
    detected: Detected | None
    sentences: tuple[Sentence, ...]
    alternatives: tuple[str, ...] = ()
    num_split: int = 0
    terms: tuple[AppliedTerm, ...] = field(default=())
