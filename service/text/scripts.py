"""Traditional Chinese as Simplified Chinese, character for character, for a model that reads the latter."""

from __future__ import annotations

from functools import lru_cache

from opencc import OpenCC


def simplified(text: str) -> str:
    """The text in Simplified Chinese; every code point stays in its place."""
    converter = _converter()
    converted: str = converter.convert(text)
    if len(converted) == len(text):
        return converted
    return "".join(map(_simplified_character, text))  # a phrase of another length: no place may move


def _simplified_character(character: str) -> str:
    converted: str = _converter().convert(character)
    return converted if len(converted) == 1 else character


@lru_cache(1)
def _converter() -> OpenCC:
    """OpenCC's own dictionary (Apache-2.0), read at the first use."""
    return OpenCC("t2s")
