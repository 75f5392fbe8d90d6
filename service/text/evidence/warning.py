"""A warning: what may be wrong with a translation, and where to look."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from service.text.evidence.sentence import Span

WarningType = Literal[
    "omission",  # source words that hardly any attention covered
    "repetition",  # the target says again what the source says once
    "detached",  # the target was written without looking at the source
    "number",  # a number stands on one side only
    "negation",  # a "not" stands on one side only
    "untranslated",  # source words were copied
    "low_confidence",
    "truncated",  # cut at the model's limit
]
Severity = Literal["info", "warning", "error"]


class TranslationWarning(Struct, frozen=True):
    """`score` is how strong the sign is, 0 to 1 within its type; spans are of the sentence's own texts."""

    type: WarningType
    severity: Severity
    source_spans: tuple[Span, ...] = ()
    target_spans: tuple[Span, ...] = ()
    score: float = 1.0
