"""HTML and XML: tags as they were, text escaped."""

from __future__ import annotations

from collections.abc import Sequence

from service.text.markup.assembling import Hole
from service.text.markup.document import RenderedBlock
from service.text.markup.placement import Placed
from service.text.markup.spelling import Escape, is_safe_html
from service.text.markup.writing import Style, WrittenBlock, copy_block, is_unchanged, write_block


class TagWriter:
    """Writes each block by itself."""

    def __init__(self, escape: Escape) -> None:
        self._style = Style(escape, is_safe_html, write_tag)

    def write(
        self, document: str, holes: Sequence[Hole], blocks: Sequence[RenderedBlock]
    ) -> list[WrittenBlock]:
        return [
            copy_block(document, hole)
            if is_unchanged(hole, block)
            else write_block(document, hole, block, self._style)
            for hole, block in zip(holes, blocks, strict=True)
        ]


def write_tag(placed: Placed, is_head: bool, before: str) -> str:
    """The tag as the document has it."""
    return placed.item.head if is_head else placed.item.tail
