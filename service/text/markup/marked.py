"""A document with holes, and the document that translations make of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from service.text.markup.assembling import Hole
from service.text.markup.document import Block, Rendered, RenderedBlock
from service.text.markup.writing import WrittenBlock


class Writer(Protocol):
    """How a format writes the blocks of a document."""

    def write(
        self, document: str, holes: Sequence[Hole], blocks: Sequence[RenderedBlock]
    ) -> list[WrittenBlock]: ...


@dataclass(frozen=True, slots=True)
class Marked:
    """A document with holes: `blocks` are to be translated, the rest is kept byte for byte."""

    blocks: tuple[Block, ...]
    document: str
    holes: tuple[Hole, ...]
    writer: Writer

    def render(self, blocks: Sequence[RenderedBlock]) -> Rendered:
        """The document with its blocks replaced one for one; a block that is its source keeps every byte.

        Raises ValueError where the numbers of blocks or of opaque spans differ, or where opaque spans
        overlap, are empty, or leave the translation.
        """
        if len(blocks) != len(self.blocks):
            raise ValueError(f"{len(blocks)} translations for {len(self.blocks)} blocks")
        return join_blocks(self.document, self.holes, self.writer.write(self.document, self.holes, blocks))


def join_blocks(document: str, holes: Sequence[Hole], blocks: Sequence[WrittenBlock]) -> Rendered:
    """The document with its holes filled."""
    parts: list[str] = []
    places: list[tuple[tuple[int, int], ...]] = []
    at = length = 0
    for hole, block in zip(holes, blocks, strict=True):
        parts += [document[at : hole.start], block.text]
        length += hole.start - at
        places.append(tuple((length + start, length + end) for start, end in block.places))
        length += len(block.text)
        at = hole.end
    return Rendered("".join([*parts, document[at:]]), tuple(places))
