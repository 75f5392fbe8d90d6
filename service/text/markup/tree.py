"""The tags of one block as a tree over its plain text."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto


class Role(Enum):
    """What an item does in its block."""

    ELEMENT = auto()  # two tags around a span
    MARK = auto()  # has no text
    DIVIDER = auto()  # a tag without partner in this block: what is before it stays before it


@dataclass(slots=True)
class Item:
    """A tag or two. `start` and `end` are code points of the block's plain text, `order` is the document's.

    `is_emphasis`: written in signs that depend on what stands beside them (Markdown).
    """

    role: Role
    start: int
    end: int
    head: str
    tail: str = ""
    order: int = 0
    is_emphasis: bool = False
    is_opening: bool = False
    children: list[Item] = field(default_factory=list)
