"""Words that the target says again although the source says them once: text finds them, attention judges."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from service.text.characters import UNSPACED
from service.text.evidence.sentence import Evidence, Span, is_inside
from service.text.evidence.warning import TranslationWarning

_UNIT: Final = re.compile(rf"[{UNSPACED}]|[^\W{UNSPACED}]+(?:['’][^\W{UNSPACED}]+)*")
"""A word, or a character of writing without spaces."""
_ASCII_WORDS: Final = bytes(
    code if chr(code).isalnum() or chr(code) == "_" else 0x20 for code in range(128)
) + bytes(128)
"""For `bytes.translate`: spaces for what is in no word."""
_UNSPACED_LANGUAGES: Final = frozenset({"ja", "zh"})
_APART: Final = 3
"""Shortest stretch of units that counts as said again wherever it stands."""
_IN_A_ROW: Final = 2
"""Shortest stretch that counts twice in a row; in writing without spaces both are one longer (考虑考虑)."""
_ROUNDS: Final = 3
"""Any stretch counts when it stands this often in a row: "bye bye" is language, "as as as" is not."""
SAME_PLACES: Final = 0.4
"""Share of attention that two stretches have in common from which on they say the same of the source."""


class _Again(NamedTuple):
    """Units `first` to `last - 1` stood `distance` units before."""

    first: int
    last: int
    distance: int


def repetition(evidence: Evidence) -> TranslationWarning | None:
    """A warning with what is said again; a sentence that was stopped for it gets one in any case."""
    again = _said_again(evidence)
    if evidence.finish_reason == "repetition":
        return TranslationWarning("repetition", "error", target_spans=again)
    if not again:
        return None
    return TranslationWarning("repetition", "warning", target_spans=again)


def _said_again(evidence: Evidence) -> tuple[Span, ...]:
    lowered = evidence.target_text.lower()
    if not _may_say_again(lowered):
        return ()
    units = _UNIT.findall(lowered)
    found = list(_stretches(units, longer=int(evidence.target_language in _UNSPACED_LANGUAGES)))
    if not found or len(lowered) != len(evidence.target_text):
        return ()
    places = [Span(*match.span()) for match in _UNIT.finditer(lowered)]
    spans = [_span(places, one.first, one.last) for one in found]
    earlier = [_span(places, one.first - one.distance, one.last - one.distance) for one in found]
    return tuple(
        span
        for span, before in zip(spans, earlier, strict=True)
        if not is_inside(span, evidence.protected_target)
        and _in_common(evidence, before, span) >= SAME_PLACES
    )


def _may_say_again(lowered: str) -> bool:
    """False where no two neighbouring words stand twice: of most sentences, and sooner found out."""
    if not lowered.isascii():
        return True
    words = lowered.encode().translate(_ASCII_WORDS).split()  # "don't" is two, which finds no less
    return len(set(words)) < len(words) and len(set(pairwise(words))) < len(words) - 1


def _span(places: Sequence[Span], first: int, last: int) -> Span:
    return Span(places[first].start, places[last - 1].end)


def _in_common(evidence: Evidence, first: Span, second: Span) -> float:
    """How far two stretches of the target look at the same source tokens, 0 to 1."""
    shares = [_attention(evidence, span) for span in (first, second)]  # 2 of [S]
    return float(np.minimum(*shares).sum())


def _attention(evidence: Evidence, span: Span) -> NDArray[np.floating]:
    """What the tokens in a span look at, [S], adding up to 1; all 0 where no token is in it."""
    inside = [
        index
        for index, token in enumerate(evidence.target_tokens)
        if token.start < span.end and span.start < token.end
    ]
    mean: NDArray[np.floating] = evidence.weights[inside].sum(axis=0) / max(1, len(inside))
    return mean


def _stretches(units: Sequence[str], *, longer: int) -> Iterator[_Again]:
    """The stretches that stood there before and are long enough; `longer` is added to what is enough."""
    last_place: dict[str, int] = {}
    length, distance = 0, 0
    for index, unit in enumerate(units):
        before = last_place.get(unit, index)
        last_place[unit] = index
        if length and index - before != distance:
            if _is_enough(length, distance, longer):
                yield _Again(index - length, index, distance)
            length = 0
        if before != index:
            length, distance = length + 1, index - before
    if length and _is_enough(length, distance, longer):
        yield _Again(len(units) - length, len(units), distance)


def _is_enough(length: int, distance: int, longer: int) -> bool:
    if length >= _APART + longer or length >= distance * (_ROUNDS - 1):
        return True
    return length >= distance >= _IN_A_ROW + longer
