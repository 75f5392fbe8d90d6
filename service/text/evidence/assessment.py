"""One sentence's confidence and warnings; what costs most, the words, is computed at the first look."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cached_property
from typing import Final

from msgspec import Struct

from service.text.alignment import entropy
from service.text.evidence.attention_warnings import detachment, omission
from service.text.evidence.calibration import Calibration, chance
from service.text.evidence.copies import untranslated
from service.text.evidence.negation import changed_negation
from service.text.evidence.numbers import changed_numbers
from service.text.evidence.repetition import repetition
from service.text.evidence.sentence import Evidence, Span
from service.text.evidence.signals import Signals, signals_of
from service.text.evidence.warning import TranslationWarning
from service.text.tokens import Word, merge_words

_FROM_TEXT: Final[tuple[Callable[[Evidence], TranslationWarning | None], ...]] = (
    repetition,
    changed_numbers,
    changed_negation,
    untranslated,
)
_FROM_ATTENTION: Final[tuple[Callable[[Evidence, Signals, Calibration], TranslationWarning | None], ...]] = (
    omission,
    detachment,
)


class WordConfidence(Struct, frozen=True):
    """A word of the target text (see `merge_words`) and the chance, 0 to 1, that it is right."""

    start: int
    end: int
    confidence: float


class Assessment(Struct, frozen=True, eq=False, dict=True):
    """What the evidence says about one sentence.

    `confidence` is a chance from 0 to 1 (what of: see `Calibration`), None without a calibration.
    `coverage` is the share (0 to 1) of the source's tokens that attention covered, `entropy` the mean
    entropy of the attention's rows by its largest possible value (0 to 1); see `Signals`.
    """

    confidence: float | None
    coverage: float
    entropy: float
    warnings: tuple[TranslationWarning, ...]
    evidence: Evidence
    calibration: Calibration | None

    @cached_property
    def words(self) -> tuple[WordConfidence, ...]:
        """Every word of the target text with its confidence; empty without a calibration."""
        if self.calibration is None:
            return ()
        sentence = self.calibration.sentence.logit(signals_of(self.evidence))
        return word_confidences(self.evidence, self.calibration, sentence)


def assess(evidence: Evidence, calibration: Calibration | None) -> Assessment:
    """Looks at a translated sentence; takes tens of microseconds for fifteen tokens.

    Without a calibration there is no confidence, and only the warnings that read texts alone.
    """
    signals = signals_of(evidence)
    found = [look(evidence) for look in _FROM_TEXT]
    confidence = None
    if calibration is not None:
        sentence = calibration.sentence.logit(signals)
        confidence = chance(sentence)
        found += [look(evidence, signals, calibration) for look in _FROM_ATTENTION]
        found.append(_low_confidence(evidence, calibration, sentence))
    if evidence.finish_reason == "length":
        found.append(TranslationWarning("truncated", "error"))
    warnings = tuple(filter(None, found))
    return Assessment(confidence, signals.coverage, signals.entropy, warnings, evidence, calibration)


def word_confidences(
    evidence: Evidence, calibration: Calibration, sentence: float
) -> tuple[WordConfidence, ...]:
    """Every word of the target text with its confidence; `sentence` is the logit of the whole."""
    if not evidence.weights.size:
        return ()
    return tuple(
        WordConfidence(word.start, word.end, chance(calibration.word.logit(lowest, spread, sentence)))
        for word, lowest, spread in word_signals(evidence)
        if word.start < word.end  # of some nothing is left: symbols and codes too many
    )


def word_signals(evidence: Evidence) -> list[tuple[Word, float, float]]:
    """Words of the target, the log-probability of each one's least likely token, its mean entropy by ln S."""
    words = merge_words(evidence.target_tokens, evidence.target_text)
    spread = (entropy(evidence.weights) / max(math.log(evidence.weights.shape[1]), 1.0)).tolist()  # [T]
    return [
        (
            word,
            min(evidence.logprobs[word.first : word.last]),
            sum(spread[word.first : word.last]) / (word.last - word.first),
        )
        for word in words
    ]


def _low_confidence(
    evidence: Evidence, calibration: Calibration, sentence: float
) -> TranslationWarning | None:
    confidence, thresholds = chance(sentence), calibration.thresholds
    if confidence >= thresholds.low_confidence:
        return None
    spans = tuple(
        Span(word.start, word.end)
        for word in word_confidences(evidence, calibration, sentence)
        if word.confidence < thresholds.doubtful_word
    )
    return TranslationWarning("low_confidence", "warning", target_spans=spans, score=1.0 - confidence)
