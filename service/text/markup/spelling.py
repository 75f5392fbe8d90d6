"""How plain text is written in a document: escaped, or as the source wrote the same words."""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

_T = TypeVar("_T")
_WORD = re.compile(r"\S+")
_REFERENCES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Escape = Callable[[str], list[str]]
"""How a format writes plain text: one string for each of its code points."""


def escape_html(text: str) -> list[str]:
    """Each character as it is, the signs of the language as references."""
    return [_REFERENCES.get(character, character) for character in text]


def escape_xml(text: str) -> list[str]:
    """As `escape_html`; what XML 1.0 forbids becomes U+FFFD."""
    return escape_html(_NOT_XML.sub("\ufffd", text))


def is_safe_html(raw: str, following: str) -> bool:
    """True for a spelling that means the same wherever it stands; `following` is the next character."""
    if len(raw) > 1:
        return raw.isspace() or raw.endswith(";")
    return raw not in "<&" or following.isspace()


class Speller:
    """Writes translations of one source text.

    A word that the source has too is written as the source's, the first as its first and so on; so is the
    space between two words that follow each other in the source.
    """

    def __init__(self, text: str, raws: Sequence[str], opaque: Sequence[tuple[int, int]]) -> None:
        """`raws` is what the document has for each code point of the source text."""
        self._words: defaultdict[str, deque[Sequence[str]]] = defaultdict(deque)
        self._spaces: defaultdict[tuple[str, str], deque[str]] = defaultdict(deque)
        self._raws = raws
        words = _words(text, opaque)
        for number, (word, start, end) in enumerate(words):
            self._words[word].append(raws[start:end])
            if number and start == words[number - 1][2] + 1:
                self._spaces[words[number - 1][0], word].append(raws[start - 1])

    def spell(
        self,
        text: str,
        opaque: Sequence[tuple[int, int]],
        kept: Sequence[tuple[int, int, int, int]],
        escape: Escape,
        is_safe: Callable[[str, str], bool],
    ) -> list[str]:
        """What is written for each code point of a translation; its opaque spans are left to the caller.

        `is_safe` is asked of a spelling and of the character that follows it in the translation.
        """
        written = escape(text)
        words = _words(text, opaque)
        for number, (word, start, _) in enumerate(words):
            if raws := _next(self._words.get(word)):
                for at, raw in enumerate(raws, start):
                    if is_safe(raw, text[at + 1 : at + 2]):
                        written[at] = raw
            if number and start == words[number - 1][2] + 1:
                space = _next(self._spaces.get((words[number - 1][0], word)))
                written[start - 1] = space or written[start - 1]
        copies = (
            (at, self._raws[source + at - start])
            for source, _, start, end in kept
            for at in range(start, end)
        )
        for at, raw in copies:
            written[at] = raw if is_safe(raw, text[at + 1 : at + 2]) else written[at]
        return written


def _next(found: deque[_T] | None) -> _T | None:
    return found.popleft() if found else None


def _words(text: str, opaque: Sequence[tuple[int, int]]) -> list[tuple[str, int, int]]:
    """The words between spaces and opaque spans, each with its start and end."""
    parts: list[str] = []
    at = 0
    for start, end in sorted(opaque):
        parts += [text[at:start], " " * (end - start)]
        at = end
    masked = "".join([*parts, text[at:]])
    return [(found.group(), found.start(), found.end()) for found in _WORD.finditer(masked)]
