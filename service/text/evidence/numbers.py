"""Numbers that stand on one side only, compared as values: 三百二十 is 320 is three hundred and twenty."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from service.text.evidence import numbers_en, numbers_zh
from service.text.evidence.mention import Mention
from service.text.evidence.sentence import Evidence, Span, is_inside
from service.text.evidence.warning import TranslationWarning

_READERS: Final[Mapping[str, Callable[[str], Iterator[Mention]]]] = {
    "en": numbers_en.numbers,
    "zh": numbers_zh.numbers,
}


def changed_numbers(evidence: Evidence) -> TranslationWarning | None:
    """A warning where a firm number of either side has no answer on the other."""
    read_source = _READERS.get(evidence.source_language)
    read_target = _READERS.get(evidence.target_language)
    if read_source is None or read_target is None:
        return None
    source = _seen(read_source(evidence.source_text), evidence.protected_source)
    target = _seen(read_target(evidence.target_text), evidence.protected_target)
    if not source and not target:
        return None
    lost, added = _unanswered(source, target), _unanswered(target, source)
    if not lost and not added:
        return None
    return TranslationWarning("number", "warning", lost, added)


def _seen(mentions: Iterator[Mention], protected: Sequence[Span]) -> list[Mention]:
    return [one for one in mentions if not is_inside(one.span, protected)]


def _unanswered(mentions: list[Mention], others: list[Mention]) -> tuple[Span, ...]:
    answers = {value for other in others for value in other.values}
    return tuple(one.span for one in mentions if one.is_firm and answers.isdisjoint(one.values))
