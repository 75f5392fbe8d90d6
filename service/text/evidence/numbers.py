"""Numbers that stand on one side only, compared as values: 三百二十 is 320 is three hundred and twenty."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from service.text.evidence import numbers_en, numbers_zh
from service.text.evidence.mention import Mention
from service.text.evidence.sentence import Evidence, Span, is_inside
from service.text.evidence.warning import TranslationWarning


class _Reader(NamedTuple):
    may_hold_number: Callable[[str], bool]
    numbers: Callable[[str], Iterator[Mention]]


_READERS: Final[Mapping[str, _Reader]] = {
    "en": _Reader(numbers_en.may_hold_number, numbers_en.numbers),
    "zh": _Reader(numbers_zh.may_hold_number, numbers_zh.numbers),
}


def changed_numbers(evidence: Evidence) -> TranslationWarning | None:
    """A warning where a firm number of either side has no answer on the other."""
    source_reader = _READERS.get(evidence.source_language)
    target_reader = _READERS.get(evidence.target_language)
    if source_reader is None or target_reader is None:
        return None
    source = _seen(source_reader, evidence.source_text, evidence.protected_source)
    target = _seen(target_reader, evidence.target_text, evidence.protected_target)
    if not source and not target:
        return None
    lost, added = _unanswered(source, target), _unanswered(target, source)
    if not lost and not added:
        return None
    return TranslationWarning("number", "warning", lost, added)


def _seen(reader: _Reader, text: str, protected: Sequence[Span]) -> list[Mention]:
    if not reader.may_hold_number(text):
        return []
    return [one for one in reader.numbers(text) if not is_inside(one.span, protected)]


def _unanswered(mentions: list[Mention], others: list[Mention]) -> tuple[Span, ...]:
    answers = {value for other in others for value in other.values}
    return tuple(one.span for one in mentions if one.is_firm and answers.isdisjoint(one.values))
