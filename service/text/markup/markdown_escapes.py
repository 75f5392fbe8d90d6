"""Plain text in Markdown: backslashes before signs that would be markup (CommonMark 0.31, section 2.4)."""

from __future__ import annotations

import re
from typing import Final

_SIGNS: Final = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
_ALWAYS: Final = frozenset("\\`*[]<|~")
_BLOCK_START = re.compile(r"(?:#{1,6}(?=\s|$)|[-+](?=\s|$)|>|\d{1,9}(?P<dot>[.)])(?=\s|$)|[-=+]{2,}\s*$)")


def escape_markdown(text: str) -> list[str]:
    """Each character, with a backslash where Markdown would take it for a sign of its own."""
    written = [f"\\{sign}" if _is_markup(text, at, sign) else sign for at, sign in enumerate(text)]
    if start := _BLOCK_START.match(text):
        at = start.start("dot") if start["dot"] else 0
        written[at] = f"\\{text[at]}"
    if text.endswith("#"):
        written[-1] = "\\#"  # the end of a heading
    return written


def escape_all(text: str) -> list[str]:
    """Each character, with a backslash wherever one is allowed."""
    return [f"\\{sign}" if sign in _SIGNS else sign for sign in text]


def _is_markup(text: str, at: int, sign: str) -> bool:
    following = text[at + 1 : at + 2]
    if sign == "_":
        return not (text[at - 1 : at].isalnum() and following.isalnum())
    if sign == "&":
        return following == "#" or following.isalpha()
    return sign in _ALWAYS
