"""Numbers in English text: digits, twenty-one, a dozen, third, half, March; "one" and "second" are loose."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from service.text.evidence.mention import DIGITS, Mention, alternation, digits_mention, on_clock, tidy
from service.text.evidence.sentence import Span

_SMALL: Final = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
        " sixteen seventeen eighteen nineteen".split()
    )
}
_TENS: Final = {
    word: 10 * value
    for value, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)
}
_SCALES: Final = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "dozen": 12}
_ORDINALS: Final = {
    word: value
    for value, word in enumerate(
        "third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth"
        " fifteenth sixteenth seventeenth eighteenth nineteenth twentieth".split(),
        3,
    )
} | {"thirtieth": 30, "first": 1, "second": 2}
_CARDINALS: Final = _SMALL | _TENS | _SCALES
_LOOSE: Final[dict[str, tuple[float, ...]]] = {
    "once": (1.0,),
    "twice": (2.0,),
    "double": (2.0,),
    "twin": (2.0,),
    "both": (2.0,),
    "couple": (2.0,),
    "pair": (2.0,),
    "triple": (3.0,),
    "half": (0.5, 30.0),
    "half a dozen": (6.0,),
    "quarter": (0.25, 15.0, 45.0),
    "quarters": (0.25, 4.0),
    "halves": (0.5, 2.0),
    "thirds": (3.0,),
    "fifths": (5.0,),
    "teens": (10.0,),
} | {f"{scale}s": () for scale in _SCALES}
_MONTHS: Final = {
    word: value
    for value, word in enumerate(
        "january february march april may june july august september october november december".split(), 1
    )
}
_LOOSE_MONTHS: Final = frozenset({"march", "may"})
_WORD: Final = alternation(_CARDINALS)
_NUMBER: Final = re.compile(
    rf"(?P<digits>{DIGITS})(?:[ -]?(?P<scale>{alternation(_SCALES)})\b)?"
    r"|\b(?:"
    rf"(?P<words>(?:{_WORD})(?:(?:-|[ ]+(?:and[ ]+)?)(?:{_WORD}))*)(?:-(?P<last>{alternation(_ORDINALS)}))?"
    rf"|(?P<ordinal>{alternation(_ORDINALS)})"
    rf"|(?P<loose>{alternation(_LOOSE)})"
    rf"|(?P<month>{alternation(_MONTHS)})"
    r")\b"
)
_DIGIT: Final = re.compile(r"\d")
_NUMBER_WORD: Final = re.compile(rf"\b{alternation({*_CARDINALS, *_ORDINALS, *_LOOSE, *_MONTHS})}\b")
_TO_THE_HOUR: Final = re.compile(r"\b(?:quarter|five|ten|twenty|minutes) to $")
_SPLIT: Final = re.compile(r"[a-z]+")


def may_hold_number(text: str) -> bool:
    """False for most sentences, and cheaper than to look for the numbers themselves."""
    return _DIGIT.search(text) is not None or _NUMBER_WORD.search(text.lower()) is not None


def numbers(text: str) -> Iterator[Mention]:
    """The numbers of a text, in order."""
    lowered = text.lower()
    if len(lowered) != len(text):
        lowered = text  # places must stay: İ becomes two code points
    for match in _NUMBER.finditer(lowered):
        if match["digits"]:
            yield _digits(match, lowered)
        elif match["words"]:
            yield from _words(match, lowered)
        else:
            yield _single(match)


def _digits(match: re.Match[str], text: str) -> Mention:
    scale = _SCALES.get(match["scale"] or "", 1)
    return digits_mention(text, match.start(), match.end("digits"), scale, match.end())


def _single(match: re.Match[str]) -> Mention:
    span = Span(*match.span())
    if word := match["ordinal"]:
        value = float(_ORDINALS[word])
        return Mention(span, frozenset((value, tidy(1 / value))), value > 2)
    if word := match["month"]:
        return Mention(span, frozenset((float(_MONTHS[word]),)), word not in _LOOSE_MONTHS)
    return Mention(span, frozenset(_LOOSE[match["loose"]]), is_firm=False)


def _words(match: re.Match[str], text: str) -> Iterator[Mention]:
    """A run of number words as one number, or as several where they do not make up one (two three-bed)."""
    run = [(part[0], part.start(), part.end()) for part in _SPLIT.finditer(text, *match.span("words"))]
    run = [part for part in run if part[0] != "and"]
    groups = _groups([word for word, _, _ in run])
    values = [_value(group) for group in groups]
    first = 0
    for number, (group, value) in enumerate(zip(groups, values, strict=True)):
        start, end = run[first][1], run[first + len(group) - 1][2]
        first += len(group)
        if number == len(groups) - 1 and match["last"]:
            value, end = value + _ORDINALS[match["last"]], match.end()
        meant = on_clock(value, text, end) | _years(values, number) | _hour_before(value, text[:start])
        yield Mention(Span(start, end), meant, is_firm=value > 1)


def _years(values: list[float], number: int) -> set[float]:
    """Nineteen eighty-four is 1984, as well as 19 and 84."""
    if len(values) != 2 or not (10 <= values[0] < 100 and 10 <= values[1] < 100):
        return set()
    return {values[0] * 100 + values[1]}


def _hour_before(value: float, before: str) -> set[float]:
    """A quarter to eight is 7:45."""
    return {value - 1} if _TO_THE_HOUR.search(before) else set()


def _groups(words: list[str]) -> list[list[str]]:
    groups: list[list[str]] = []
    for word in words:
        if groups and _continues(groups[-1], word):
            groups[-1].append(word)
        else:
            groups.append([word])
    return groups


def _continues(group: list[str], word: str) -> bool:
    last = group[-1]
    if word in _SCALES:
        return True
    if last in _SCALES:
        return last != "dozen"
    return last in _TENS and 0 < _SMALL.get(word, 0) < 10


def _value(words: list[str]) -> float:
    total, section = 0.0, 0.0  # floats: a million million million… becomes infinite and no error
    for word in words:
        if word in ("hundred", "dozen"):
            section = (section or 1.0) * _SCALES[word]
        elif word in _SCALES:
            total, section = total + (section or 1.0) * _SCALES[word], 0.0
        else:
            section += (_SMALL | _TENS)[word]
    return total + section
