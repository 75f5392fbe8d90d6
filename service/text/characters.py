"""Which characters are letters, and which belong to writing without spaces."""

from __future__ import annotations

import re
from typing import Final

HAN: Final = r"\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
KANA: Final = r"\u3040-\u30ff\uff66-\uff9f"
UNSPACED: Final = HAN + KANA
"""Insides of a character class of a regular expression."""

_UNSPACED = re.compile(f"[{UNSPACED}]")


def is_unspaced(character: str) -> bool:
    """True for a Han or kana character; false for the empty string."""
    return _UNSPACED.match(character) is not None


def has_letters(text: str) -> bool:
    """True where there is something to translate: digits, signs and emoji are the same everywhere."""
    return any(map(str.isalpha, text))
