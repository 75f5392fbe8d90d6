"""Which words of a translation a person's translation has, too, in the same order.

As in the word-level tasks of WMT quality estimation (Specia et al. 2018, section 4), but without
shifts and against a free translation, not a correction: a good synonym counts as wrong here, so the
chances are lower than those of being right.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from service.text.characters import UNSPACED
from service.text.tokens import Word

_UNIT = re.compile(rf"[{UNSPACED}]|[^\W{UNSPACED}]+(?:['’][^\W{UNSPACED}]+)*")


def labels(words: Sequence[Word], text: str, reference: str) -> list[bool | None]:
    """For each word whether all its units (words, or characters of Chinese) are in a longest common
    subsequence with the reference's, letter case aside; None for words of signs alone.
    """
    matches = list(_UNIT.finditer(text))
    units = [match[0].lower() for match in matches]
    common = in_common(units, [match[0].lower() for match in _UNIT.finditer(reference)])
    return [
        _all(
            is_common
            for match, is_common in zip(matches, common, strict=True)
            if match.start() < word.end and word.start < match.end()
        )
        for word in words
    ]


def _all(found: Iterable[bool]) -> bool | None:
    values = list(found)
    return all(values) if values else None


def in_common(first: Sequence[str], second: Sequence[str]) -> list[bool]:
    """Which items of `first` are in one longest common subsequence with `second`."""
    lengths = [[0] * (len(second) + 1) for _ in range(len(first) + 1)]  # of the rest from there on
    for row in range(len(first) - 1, -1, -1):
        below, here = lengths[row + 1], lengths[row]
        for column in range(len(second) - 1, -1, -1):
            same = first[row] == second[column]
            here[column] = below[column + 1] + 1 if same else max(below[column], here[column + 1])
    found = [False] * len(first)
    row = column = 0
    while row < len(first) and column < len(second):
        if first[row] == second[column]:
            found[row] = True
            row, column = row + 1, column + 1
        elif lengths[row + 1][column] >= lengths[row][column + 1]:
            row += 1
        else:
            column += 1
    return found
