"""Where Markdown's emphasis may begin and end (CommonMark 0.31, section 6.2)."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence


def tighten(run: tuple[int, int], spans: Sequence[tuple[int, int]], text: str) -> tuple[int, int] | None:
    """The run without the signs at its ends that would undo emphasis; None where nothing is left."""
    first, last = run
    while first < last and _is_sign(text[spans[first][0]]) and not _is_free(text, spans[first][0] - 1):
        first += 1
    while first < last and _is_sign(text[spans[last - 1][1] - 1]) and not _is_free(text, spans[last - 1][1]):
        last -= 1
    return (first, last) if first < last else None


def touches_word(text: str, start: int, end: int) -> bool:
    """True where a letter or digit stands right before or behind, as `_` does not allow."""
    return any(0 <= at < len(text) and text[at].isalnum() for at in (start - 1, end))


def _is_free(text: str, at: int) -> bool:
    """True for white space, a sign, or the end of the text."""
    return not 0 <= at < len(text) or text[at].isspace() or _is_sign(text[at])


def _is_sign(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"
