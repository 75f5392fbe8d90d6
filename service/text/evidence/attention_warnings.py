"""Warnings from what the model thought: a part left out, a target that is none of the source's."""

from __future__ import annotations

from service.text.evidence.calibration import Calibration, chance
from service.text.evidence.sentence import Evidence, Span
from service.text.evidence.signals import Signals
from service.text.evidence.warning import TranslationWarning


def omission(evidence: Evidence, signals: Signals, calibration: Calibration) -> TranslationWarning | None:
    """A warning where a stretch of the source hardly got attention and ending there was unlikely."""
    if signals.gap <= 0.0:
        return None
    score = chance(calibration.omission.logit(signals))
    if score < calibration.thresholds.omission:
        return None
    left_out = evidence.source_tokens[signals.gap_first : signals.gap_last]
    span = Span(min(token.start for token in left_out), max(token.end for token in left_out))
    if not any(map(str.isalnum, evidence.source_text[span.start : span.end])):
        return None  # only signs lack attention
    return TranslationWarning("omission", "warning", source_spans=(span,), score=score)


def detachment(evidence: Evidence, signals: Signals, calibration: Calibration) -> TranslationWarning | None:
    """A warning where the words are as unlikely as those of another sentence, or attention is flat."""
    thresholds = calibration.thresholds
    is_likely = signals.mean_logprob >= thresholds.detached_logprob
    if is_likely and signals.entropy <= thresholds.detached_entropy:
        return None
    whole = Span(0, len(evidence.target_text))
    return TranslationWarning("detached", "error", target_spans=(whole,))
