"""How the caller wants its texts read and its answers made, beyond languages and search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from service.text.glossary import NO_GLOSSARY, Glossary
from service.text.segments import Splitting

TextFormat = Literal["text", "html", "xml", "markdown"]


@dataclass(frozen=True, slots=True)
class Handling:
    """How texts are read and what is done where a translation is not good enough.

    `protected` are literal texts and `protected_patterns` RE2 expressions that stay as they are, beside
    what is always found (codes, addresses, placeholders). `splitting` is "sentences" (also at line
    breaks), "nonewlines" (not at these), "lines" (a line is one sentence) or "none" (so is a text).
    With `strict` nothing is split for its length or cut: TooLong is raised instead. Below
    `min_confidence` (0 to 1) a text comes back untranslated, with the reason. `ignore_tags`,
    `splitting_tags`, `non_splitting_tags` and `outline_detection` are about markup.
    """

    format: TextFormat = "text"
    protected: tuple[str, ...] = ()
    protected_patterns: tuple[str, ...] = ()
    glossary: Glossary = NO_GLOSSARY
    splitting: Splitting = "sentences"
    strict: bool = False
    min_confidence: float = 0.0
    ignore_tags: frozenset[str] = frozenset()
    splitting_tags: frozenset[str] = frozenset()
    non_splitting_tags: frozenset[str] = frozenset()
    outline_detection: bool = True


PLAIN = Handling()
