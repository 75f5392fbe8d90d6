"""What the evidence says about one text, for an answer: confidence, warnings, protected spans, terms.

Attention and likelihood are evidence, not proof; docs/quality.md says how well each sign does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from service.api.places import Placing, placings
from service.api.schemas import Offsets
from service.pipeline.items import Item, Sentence

_DECIMALS: Final = 4
MESSAGES: Final = {
    "omission": "hardly any attention covered these source words; they may be missing",
    "repetition": "the translation says something again that the source says once",
    "detached": "the translation was hardly written from this source",
    "number": "a number stands on one side only",
    "negation": "a negation stands on one side only",
    "untranslated": "source words were copied",
    "low_confidence": "translations with such signs are often wrong",
    "truncated": "the translation was cut at the model's limit",
    "protected_reinserted": "a protected span was lost and put back where attention points",
    "source_kept": "no translation held all protected spans; the sentence is untranslated",
    "unsure": "the confidence is below min_confidence; the text is untranslated",
    "glossary_missed": "the glossary's translation of this term is missing",
}
"""What each type of warning means, for a person."""


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """An item, with its places in code points or in UTF-16 units."""

    item: Item
    offsets: Offsets = "code_points"

    def confidence(self) -> dict[str, Any]:
        """The lowest confidence of its sentences and that of each word; null and none where not known."""
        _, target = placings(self.item, self.offsets)
        words = [
            {"start": start, "end": end, "confidence": round(word.confidence, _DECIMALS)}
            for sentence in self._told()
            for word in (sentence.assessment.words if sentence.assessment else ())
            for start, end in [target(sentence.target_shift)(word.start, word.end)]
        ]
        return {"confidence": rounded(self.item.confidence), "words": words}

    def warnings(self) -> list[dict[str, Any]]:
        """All warnings, in the order of the sentences."""
        if self.item.is_unsure:
            return [_warning("unsure", "error", [[0, len(self.item.source_text)]], [])]
        source, target = placings(self.item, self.offsets)
        return [
            one
            for sentence in self.item.sentences
            for one in warnings_of(sentence, source(sentence.source_shift), target(sentence.target_shift))
        ]

    def protected(self) -> list[dict[str, Any]]:
        """The protected spans with their places on both sides."""
        source, target = placings(self.item, self.offsets)
        return [
            {
                "text": one.span.literal,
                "src": source(sentence.source_shift)(one.span.start, one.span.end),
                "tgt": target(sentence.target_shift)(one.start, one.end),
            }
            for sentence in ([] if self.item.is_unsure else self.item.sentences)
            for one in sentence.best.protected
        ]

    def glossary(self) -> list[dict[str, Any]]:
        """The terms that were found, and whether each was applied."""
        source, _ = placings(self.item, self.offsets)
        return [
            {
                "source": one.term.entry.source,
                "target": one.term.entry.target,
                "src": source(sentence.source_shift)(one.term.start, one.term.end),
                "applied": one.is_met and not self.item.is_unsure,
            }
            for sentence in self.item.sentences
            for one in sentence.terms
        ]

    def _told(self) -> list[Sentence]:
        return [] if self.item.is_unsure else [one for one in self.item.sentences if one.assessment]


def warnings_of(sentence: Sentence, source: Placing, target: Placing) -> Iterator[dict[str, Any]]:
    """The warnings about one sentence."""
    whole = source(0, len(sentence.source_text))
    if sentence.fate == "source_kept":
        yield _warning("source_kept", "error", [whole], [target(0, len(sentence.best.text))])
    if sentence.fate == "reinserted":
        spans = [target(one.start, one.end) for one in sentence.best.protected]
        yield _warning("protected_reinserted", "warning", [whole], spans)
    for one in sentence.terms:
        if not one.is_met:
            yield _warning("glossary_missed", "warning", [source(one.term.start, one.term.end)], [])
    for found in sentence.assessment.warnings if sentence.assessment else ():
        sources = [source(*span) for span in found.source_spans]
        targets = [target(*span) for span in found.target_spans]
        yield _warning(found.type, found.severity, sources, targets)


def rounded(confidence: float | None) -> float | None:
    """A confidence as it is told."""
    return None if confidence is None else round(confidence, _DECIMALS)


def _warning(
    kind: str, severity: str, source_spans: Iterable[list[int]], target_spans: Iterable[list[int]]
) -> dict[str, Any]:
    return {
        "type": kind,
        "severity": severity,
        "message": MESSAGES[kind],
        "source_spans": list(source_spans),
        "target_spans": list(target_spans),
    }
