"""Protected spans: what must come out of a translation as it went in, byte for byte."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import re2

from service.engine.errors import InvalidOption
from service.text.characters import folded
from service.text.span_patterns import ALL, MAY_HOLD

MAX_PATTERN_CHARACTERS: Final = 500
_MIN_PLACES, _PLACES_PER_CHARACTER = 1000, 2
"""What the texts and patterns of one caller may find in a text, that it keeps nobody else waiting."""
_COUNTS_AS_WHOLE = re.compile(r"[A-Za-z0-9]{1,4}|[\d.,]+", re.ASCII)
_MAX_KNOWN_PATTERNS: Final = 256
_STOPS = re.compile(r"[！？；]|[，：](?!\d)|(?<!\d)[，：]|（(?!\d)|(?<=[A-Za-z0-9])（|(?<!\d)）")
"""Full-width signs outside numbers: they end an address, which may hold the same signs in ASCII."""
_PATTERN_MEMORY_BYTES: Final = 1 << 20
VEIL: Final = "\ue000"
"""Stands for each character of a protected span while a text is cut: no letter, no stop, no space."""
_Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Span:
    """`literal` stands at code points `start` to `end` of a text; where spans differ in `key` they differ."""

    start: int
    end: int
    literal: str
    key: str


def find_spans(
    text: str, *, fixed: Sequence[Span] = (), literals: Sequence[str] = (), patterns: Sequence[str] = ()
) -> tuple[Span, ...]:
    """The protected spans of a text, in order, not overlapping.

    `fixed` ones come first, then what the caller names by `literals` and RE2 `patterns`, then what
    span_patterns.py knows. Every further whole occurrence of what was found is a span too, so that
    its number in the text is the number of its spans. Raises InvalidOption for a pattern that is
    none, and where what the caller names finds more places than twice the text's characters and 1,000.
    """
    plain = folded(_STOPS.sub("。", text))
    if not (fixed or literals or patterns or MAY_HOLD.search(plain)):
        return ()
    taken = _Taken(text, fixed)
    allowance = _Allowance(_MIN_PLACES + _PLACES_PER_CHARACTER * len(text))
    for literal in sorted(dict.fromkeys(filter(None, literals)), key=len, reverse=True):
        taken.add_all(allowance.spent("protect", _occurrences(literal, text)))
    for number, pattern in enumerate(patterns):
        found = (match.span() for match in compiled(pattern, number).finditer(text))
        taken.add_all(allowance.spent(f"protect_patterns[{number}]", found))
    taken.add_all(found.span() for found in ALL.finditer(plain))
    for literal in sorted({span.literal for span in taken.spans}, key=len, reverse=True):
        taken.add_all(_occurrences(literal, text))
    return tuple(sorted(taken.spans, key=lambda span: span.start))


def veiled(text: str, spans: Sequence[Span]) -> str:
    """The text with VEIL for every character of its spans; each code point stays in its place."""
    parts: list[str] = []
    position = 0
    for span in spans:
        parts += [text[position : span.start], VEIL * (span.end - span.start)]
        position = span.end
    return "".join([*parts, text[position:]]) if spans else text


def count_literal(literal: str, text: str) -> int:
    """How often a literal stands in a text: `A-1077` wherever it is found, `5` not in `15` nor in `0.5`.

    Numbers and words of up to four letters or digits count only as a whole: longer ones hold them by chance.
    """
    return sum(1 for _ in _occurrences(literal, text)) if literal in text else 0


def stand_equally_often(literals: Iterable[str], text: str, other: str) -> bool:
    """True where each literal stands in both texts as often; quick about those that stand in neither."""
    known = [literal for literal in literals if literal in text or literal in other]
    return all(count_literal(literal, text) == count_literal(literal, other) for literal in known)


def check_patterns(patterns: Sequence[str]) -> None:
    """Raises InvalidOption where one of them is too long or no RE2 expression."""
    for number, pattern in enumerate(patterns):
        compiled(pattern, number)


def compiled(pattern: str, number: int) -> Any:
    """The expression number `number` of a request; RE2's time grows with the text and no faster."""
    if not 0 < len(pattern) <= MAX_PATTERN_CHARACTERS:
        expected = f"an RE2 expression of 1 to {MAX_PATTERN_CHARACTERS} characters"
        raise InvalidOption(f"protect_patterns[{number}]", None, expected)
    try:
        return _compiled(pattern)
    except re2.error:
        raise InvalidOption(f"protect_patterns[{number}]", None, "an RE2 expression") from None


@lru_cache(_MAX_KNOWN_PATTERNS)
def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.max_mem = _PATTERN_MEMORY_BYTES
    options.log_errors = False  # the library's own log would hold the caller's expression
    return re2.compile(pattern, options)


class _Allowance:
    """How many places of a text the caller's own texts and patterns may find, all together."""

    def __init__(self, limit: int) -> None:
        self._limit = self._left = limit

    def spent(self, field: str, places: Iterable[_Place]) -> Iterator[_Place]:
        """The places, for as long as there are not too many; raises InvalidOption about `field`."""
        for place in places:
            if not self._left:
                expected = f"what finds, with all before it, at most {self._limit} places in this text"
                raise InvalidOption(field, None, expected)
            self._left -= 1
            yield place


class _Taken:
    """Spans so far, and which places of the text they cover."""

    def __init__(self, text: str, fixed: Sequence[Span]) -> None:
        self._text = text
        self._covered = bytearray(len(text))
        self.spans: list[Span] = []
        for span in fixed:
            self._put(span)

    def add_all(self, places: Iterable[_Place]) -> None:
        """Those that are free; white space at the ends belongs to none."""
        for start, end in places:
            literal = self._text[start:end]
            start += len(literal) - len(literal.lstrip())
            literal = literal.strip()
            if literal and not any(self._covered[start : start + len(literal)]):
                self._put(Span(start, start + len(literal), literal, literal))

    def _put(self, span: Span) -> None:
        self._covered[span.start : span.end] = b"\1" * (span.end - span.start)
        self.spans.append(span)


def _occurrences(literal: str, text: str) -> Iterator[_Place]:
    may_be_a_part = _COUNTS_AS_WHOLE.fullmatch(literal) is not None
    at = text.find(literal)
    while at >= 0:
        end = at + len(literal)
        is_whole = not may_be_a_part or not (
            goes_on(text[max(0, at - 2) : at][::-1], literal[0]) or goes_on(text[end : end + 2], literal[-1])
        )
        if is_whole:
            yield at, end
        at = text.find(literal, end if is_whole else at + 1)


def goes_on(outside: str, edge: str) -> bool:
    """True where a literal's first or last character belongs to the same number or word as what follows.

    `outside` are the two characters beyond the edge, the nearer first: neither `12` nor `5` is
    whole in `12.5`.
    """
    if not (outside and edge.isascii() and outside.isascii()):
        return False
    if edge.isdigit():
        return outside[0].isdigit() or (outside[0] in ".," and outside[1:].isdigit())
    return edge.isalpha() and outside[0].isalpha()
