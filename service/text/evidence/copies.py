"""Source words that stand in the target untranslated; names, codes and protected spans are none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from service.text.characters import HAN, UNSPACED
from service.text.evidence.sentence import Evidence, Span, is_inside
from service.text.evidence.warning import TranslationWarning

_HAN_LANGUAGES: Final = frozenset({"ja", "zh"})
_HAN_RUN: Final = re.compile(f"[{HAN}]{{2,}}")
_LETTER: Final = rf"[^\W\d_{UNSPACED}]"
_WORD: Final = rf"(?<!{_LETTER}){_LETTER}+(?:['’]{_LETTER}+)?"
_WORDS_RUN: Final = re.compile(rf"{_WORD}(?:[ ,-]+{_WORD}){{2,}}")
_SENTENCE_RUN: Final = re.compile(rf"{_WORD}(?:[ ,-]+{_WORD}){{4,}}")
_MIN_SMALL: Final = 2
"""Words that begin with a small letter in a run that is no name."""


def untranslated(evidence: Evidence) -> TranslationWarning | None:
    """A warning where the target holds a run of the source's words: two Han characters, three words
    of Latin writing inside Chinese, or five where both sides are written alike.
    """
    if _is_into_latin(evidence) and evidence.target_text.isascii():
        return None  # most translations from there
    source = evidence.source_text.casefold()
    spans = tuple(
        span
        for span in _runs(evidence)
        if evidence.target_text[span.start : span.end].casefold() in source
        and not is_inside(span, evidence.protected_target)
    )
    return TranslationWarning("untranslated", "warning", target_spans=spans) if spans else None


def _runs(evidence: Evidence) -> Iterator[Span]:
    """What may be a copy, by what it looks like in the target's writing."""
    target = evidence.target_text
    if _is_into_latin(evidence):
        return (Span(*match.span()) for match in _HAN_RUN.finditer(target))
    pattern = _WORDS_RUN if evidence.target_language in _HAN_LANGUAGES else _SENTENCE_RUN
    return (Span(*match.span()) for match in pattern.finditer(target) if _num_small(match[0]) >= _MIN_SMALL)


def _is_into_latin(evidence: Evidence) -> bool:
    return evidence.source_language in _HAN_LANGUAGES and evidence.target_language not in _HAN_LANGUAGES


def _num_small(run: str) -> int:
    return sum(word[0].islower() for word in run.split())
