"""A document as a flat list of parts that cover it from its first code point to its last, without a gap."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


class Kind(Enum):
    """What a part is to the prose around it."""

    TEXT = auto()  # to be translated
    OPEN = auto()  # begins an inline element
    CLOSE = auto()  # ends one
    MARK = auto()  # stands in the prose and has no text: an image, a comment
    HOLD = auto()  # has text that must come back as it is
    BORDER = auto()  # stays where it is, and separates blocks


@dataclass(slots=True)
class Part:
    """`start` and `end` are code points of the document, `text` is what a reader sees there.

    A TEXT part whose `text` is as long as its span has one code point for each of it; another is a
    reference, a single character with a longer spelling.
    OPEN and CLOSE know the part they belong to by its index; -1 where it is missing.
    `is_html`: from a block of HTML inside another format.
    `tail` is what closes the element where its own words would not do in a translation.
    """

    kind: Kind
    start: int
    end: int
    text: str = ""
    partner: int = -1
    is_emphasis: bool = False
    is_html: bool = False
    tail: str = ""
