"""Which character references are decoded for the model; the others come back as they were written."""

from __future__ import annotations

import unicodedata
from typing import Final

_QUOTES: Final = frozenset("\"'&")


def is_decoded(character: str) -> bool:
    """True for one letter, space, quote or ampersand; all else is held, whatever it looks like."""
    if len(character) != 1:
        return False
    if character.isalpha() or character.isspace() or character in _QUOTES:
        return True
    return unicodedata.category(character) in ("Pi", "Pf", "Mn", "Mc")


def is_invisible(character: str) -> bool:
    """True for a soft hyphen, a joiner, a mark of direction: nothing for a model to see in a word."""
    return len(character) == 1 and unicodedata.category(character) == "Cf"
