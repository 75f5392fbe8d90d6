"""A number where it stands in a text; digits are read here, words by the languages' own modules."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from service.text.evidence.sentence import Span

DIGITS: Final = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?"
"""Insides of a regular expression: 1,250.50 and 7 and 4.5."""
_CLOCK: Final = re.compile(r"\s*(?:[:：]\d\d|点(?!\d)|时|[ap]\.?m\b|o['’]clock)", re.IGNORECASE)
_HALF_A_DAY: Final = 12


@dataclass(frozen=True, slots=True)
class Mention:
    """A number in a text; `values` are all that it may mean: "third" is 3 and a part of 3.

    One that is not `is_firm` can be left out or put otherwise ("one of them", 半天): it answers a
    number of the other side, and needs no answer itself.
    """

    span: Span
    values: frozenset[float]
    is_firm: bool = True


def digits_mention(text: str, start: int, end: int, scale: float, following: int) -> Mention:
    """The number in digits at `start` to `end`, times `scale`; `following` is where the text goes on."""
    digits = text[start:end].replace(",", "")
    value = tidy(float(digits) * scale)
    return Mention(Span(start, following), on_clock(value, text, following), value != 0)


def on_clock(value: float, text: str, end: int) -> frozenset[float]:
    """The value, and where the text goes on as a time of day does, the same hour on the other clock."""
    if value > 2 * _HALF_A_DAY or _CLOCK.match(text, end) is None:
        return frozenset((value,))
    other = value - _HALF_A_DAY if value > _HALF_A_DAY else value + _HALF_A_DAY
    return frozenset((value, other))


def tidy(value: float) -> float:
    """The value without the noise of products such as 1.1 * 1,000,000."""
    return round(value, 6)


def alternation(words: Collection[str]) -> str:
    """Insides of a regular expression that matches any of the words, the longest first.

    What words begin with together is written once: they are not tried one after another.
    """
    rests: dict[str, list[str]] = {}
    for word in filter(None, words):
        rests.setdefault(word[0], []).append(word[1:])
    ways = [re.escape(first) + alternation(those) for first, those in rests.items()]
    if not ways:
        return ""
    return f"(?:{'|'.join(ways)})" + ("?" if "" in words else "")
