"""What a caller may choose about markup: DeepL's options for tags (API v2, `tag_handling`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

MarkupFormat = Literal["html", "xml", "markdown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkupOptions:
    """Names of elements are compared without regard to case in HTML, and exactly in XML.

    Attributes:
        ignore_tags: elements that come back as they are, content included.
        splitting_tags: elements that stand between blocks; the text inside is a block of its own.
        non_splitting_tags: elements that stay inside a sentence, even where they would split by themselves.
        outline_detection: XML only: elements that hold other elements and no text of their own split too.
            Without it, only `splitting_tags` do.
        split_lines: a line break in the text ends a block; otherwise it is a space like any other.
    """

    ignore_tags: frozenset[str] = frozenset()
    splitting_tags: frozenset[str] = frozenset()
    non_splitting_tags: frozenset[str] = frozenset()
    outline_detection: bool = True
    split_lines: bool = False
