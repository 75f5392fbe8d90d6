"""Names of languages, and the one spelling of a language code that the service works with."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

_NAMES: Final = {
    "de": "German",
    "en": "English",
    "fr": "French",
    "ja": "Japanese",
    "zh": "Chinese (Simplified)",
}
_TRADITIONAL: Final = frozenset({"hant", "tw", "hk", "mo"})


def language_name(code: str) -> str:
    """The English name of a language; the code itself where none is known."""
    return _NAMES.get(code, code)


def match_language(code: str, served: Collection[str]) -> str | None:
    """The served language to write that a code such as `EN`, `en-GB` or `zh_Hans_CN` means, or None.

    Traditional Chinese is not Simplified Chinese: `zh-TW` and `zh-Hant` match nothing but themselves.
    """
    if code in served:
        return code
    subtags = code.lower().replace("_", "-").split("-")
    if "-".join(subtags) in served:
        return "-".join(subtags)
    if not _TRADITIONAL.isdisjoint(subtags[1:]):
        return None
    return subtags[0] if subtags[0] in served else None


def match_source(code: str, served: Collection[str]) -> str | None:
    """The same for a language to read: who reads Simplified Chinese is given Traditional as Simplified."""
    base = code.lower().replace("_", "-").split("-")[0]
    return match_language(code, served) or (base if base == "zh" and base in served else None)
