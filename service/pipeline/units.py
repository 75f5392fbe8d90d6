"""A sentence ready for the model, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from service.engine.translation import Hypothesis, Translation
from service.pipeline.items import AppliedTerm, Fate, Protected, Rendition
from service.text.evidence import Assessment
from service.text.glossary import Term
from service.text.insertion import insertion_place
from service.text.masking import MaskedSentence
from service.text.restoring import Restored, reinsert, restore


class Unit(Struct, frozen=True):
    """A masked sentence with the glossary terms in it, or with the translation that is to be scored."""

    masked: MaskedSentence
    terms: tuple[Term, ...] = ()
    given: MaskedSentence | None = None

    @property
    def phrases(self) -> list[str]:
        """What its translation must hold for its glossary terms."""
        return [term.entry.target for term in self.terms]


class Outcome(Struct, frozen=True):
    """What became of a unit."""

    unit: Unit
    translation: Translation
    best: Rendition
    fate: Fate
    alternatives: tuple[Rendition, ...] = ()
    assessment: Assessment | None = None

    @property
    def terms(self) -> tuple[AppliedTerm, ...]:
        """The unit's terms, each with whether its target stands in the translation."""
        text = self.best.text.casefold()
        return tuple(AppliedTerm(term, term.entry.target.casefold() in text) for term in self.unit.terms)


def settled(unit: Unit, translation: Translation, *, fate: Fate = "ok") -> Outcome | None:
    """The outcome of a translation in which every protected span and term came back; else None."""
    if unit.given is not None:
        to_text = unit.given.rewriting.to_old
        given = Rendition(unit.given.sentence, translation, translation.source_tokens, to_text)
        return Outcome(unit, translation, given, "ok")
    restored = restore(unit.masked, translation.text)
    if restored is None:
        return None
    best = _rendition(unit, translation, translation, restored)
    outcome = Outcome(unit, translation, best, fate, tuple(_alternatives(unit, translation)))
    return outcome if all(term.is_met for term in outcome.terms) else None


def mended(unit: Unit, translation: Translation) -> Outcome:
    """The outcome of a translation in which something is missing: put in by attention, or the source kept.

    A term that is missing stays so; the outcome says it.
    """
    restored = restore(unit.masked, translation.text)
    fate: Fate = "constrained"
    if restored is None:
        fate, restored = "reinserted", _reinserted(unit, translation)
    if restored is None:
        return _kept(unit, translation)
    best = _rendition(unit, translation, translation, restored)
    return Outcome(unit, translation, best, fate, tuple(_alternatives(unit, translation)))


def kept(outcome: Outcome) -> Outcome:
    """The sentence itself in place of its translation."""
    return _kept(outcome.unit, outcome.translation)


def _kept(unit: Unit, translation: Translation) -> Outcome:
    masked = unit.masked
    protected = tuple(Protected(span, span.start, span.end) for span in masked.spans)
    best = Rendition(masked.sentence, translation, translation.source_tokens, _same_place, protected)
    return Outcome(unit, translation, best, "source_kept")


def _same_place(start: int, end: int) -> tuple[int, int]:
    return start, end


def _alternatives(unit: Unit, translation: Translation) -> Iterator[Rendition]:
    """The other hypotheses, as far as they can be made whole."""
    for one in translation.alternatives:
        restored = restore(unit.masked, one.text) or _reinserted(unit, translation, one)
        if restored is not None:
            yield _rendition(unit, translation, one, restored)


def _reinserted(
    unit: Unit, translation: Translation, hypothesis: Hypothesis | None = None
) -> Restored | None:
    found = hypothesis or translation

    def place_for(number: int) -> int:
        start, _ = unit.masked.rewriting.new_places[number]
        return insertion_place(
            start, translation.source_tokens, found.target_tokens, found.weights, found.text
        )

    return reinsert(unit.masked, found.text, place_for)


def _rendition(
    unit: Unit, translation: Translation, hypothesis: Hypothesis | Translation, restored: Restored
) -> Rendition:
    protected = tuple(
        Protected(span, *place) for span, place in zip(unit.masked.spans, restored.places, strict=True)
    )
    to_text = restored.rewriting.to_new
    return Rendition(restored.text, hypothesis, translation.source_tokens, to_text, protected)
