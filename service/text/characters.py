"""Which characters are letters, which belong to writing without spaces, which are full-width forms."""

from __future__ import annotations

import re
from typing import Final

HAN: Final = r"\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
KANA: Final = r"\u3040-\u30ff\uff66-\uff9f"
UNSPACED: Final = HAN + KANA
"""Insides of a character class of a regular expression."""

_UNSPACED = re.compile(f"[{UNSPACED}]")
_FULL_WIDTH = re.compile(r"[\uff01-\uff5e\u3000\uffe5]")
_TO_ASCII: Final = {0xFF01 + place: 0x21 + place for place in range(94)} | {0x3000: 0x20, 0xFFE5: 0xA5}


def is_unspaced(character: str) -> bool:
    """True for a Han or kana character; false for the empty string."""
    return _UNSPACED.match(character) is not None


def has_letters(text: str) -> bool:
    """True where there is something to translate: digits, signs and emoji are the same everywhere."""
    return any(map(str.isalpha, text))


def folded(text: str) -> str:
    """The text with full-width forms as ASCII, and ￥ as ¥: each code point stays in its place."""
    return text.translate(_TO_ASCII) if _FULL_WIDTH.search(text) else text
