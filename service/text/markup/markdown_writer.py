"""Markdown: what was written is read again, and a block that came out different is written more plainly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from service.text.markup.assembling import Hole, assemble
from service.text.markup.document import RenderedBlock
from service.text.markup.flanking import touches_word
from service.text.markup.markdown_escapes import escape_all, escape_markdown
from service.text.markup.markdown_reader import read_markdown
from service.text.markup.marked import join_blocks
from service.text.markup.options import MarkupOptions
from service.text.markup.placement import Placed, written
from service.text.markup.spelling import Escape, escape_html, is_safe_html
from service.text.markup.tag_writer import write_tag
from service.text.markup.tree import Item, Role
from service.text.markup.writing import Style, WrittenBlock, copy_block, is_unchanged, write_block


@dataclass(frozen=True, slots=True)
class _Care:
    """How plainly a block is written."""

    escape: Escape
    keeps_spelling: bool
    pads_emphasis: bool
    has_emphasis: bool


_CARES: Final = (
    _Care(escape_markdown, keeps_spelling=True, pads_emphasis=False, has_emphasis=True),
    _Care(escape_markdown, keeps_spelling=True, pads_emphasis=True, has_emphasis=True),
    _Care(escape_all, keeps_spelling=False, pads_emphasis=True, has_emphasis=True),
    _Care(escape_all, keeps_spelling=False, pads_emphasis=False, has_emphasis=False),
)

_Meaning = tuple[str, Counter[tuple[str, str]]]
"""What a reader sees of a block: its text, and the text inside each pair of signs."""


class MarkdownWriter:
    """Writes all blocks, reads the document again, and writes with more care what came out different.

    The last resort has no emphasis: text and links are right, the stars are gone.
    """

    def __init__(self, options: MarkupOptions) -> None:
        self._options = options

    def write(
        self, document: str, holes: Sequence[Hole], blocks: Sequence[RenderedBlock]
    ) -> list[WrittenBlock]:
        cares = [0] * len(holes)
        done = [_write(document, hole, block, _CARES[0]) for hole, block in zip(holes, blocks, strict=True)]
        while wrong := self._wrong(document, holes, blocks, done, cares):
            for number in wrong:
                cares[number] += 1
                done[number] = _write(document, holes[number], blocks[number], _CARES[cares[number]])
        return done

    def _wrong(
        self,
        document: str,
        holes: Sequence[Hole],
        blocks: Sequence[RenderedBlock],
        done: Sequence[WrittenBlock],
        cares: Sequence[int],
    ) -> list[int]:
        """The blocks to be written with more care; all that can be, where their number is not right."""
        may_improve = [
            number
            for number, (hole, block) in enumerate(zip(holes, blocks, strict=True))
            if cares[number] + 1 < len(_CARES) and not hole.is_html and not is_unchanged(hole, block)
        ]
        if not may_improve:
            return []
        text = join_blocks(document, holes, done).text
        parts = read_markdown(text, options=self._options, field="text")
        found = [_found(hole) for hole in assemble(text, parts)]
        expected = {
            number: _expected(block, written_block, _CARES[care].has_emphasis)
            for number, (block, written_block, care) in enumerate(zip(blocks, done, cares, strict=True))
            if _has_prose(block)
        }
        if len(found) != len(expected):
            return may_improve
        same = dict(zip(expected, found, strict=True))
        return [number for number in may_improve if number in same and same[number] != expected[number]]


def _write(document: str, hole: Hole, block: RenderedBlock, care: _Care) -> WrittenBlock:
    if is_unchanged(hole, block):
        return copy_block(document, hole)
    if hole.is_html:
        return write_block(document, hole, block, Style(escape_html, is_safe_html, write_tag))

    def write(placed: Placed, is_head: bool, before: str) -> str:
        if not placed.item.is_emphasis:
            return write_tag(placed, is_head, before)
        return _write_emphasis(placed, is_head, before, block.text, care)

    def is_safe(raw: str, following: str) -> bool:
        return care.keeps_spelling

    return write_block(document, hole, block, Style(care.escape, is_safe, write))


def _write_emphasis(placed: Placed, is_head: bool, before: str, text: str, care: _Care) -> str:
    """The signs, as stars where `_` would be part of a word; nothing around nothing."""
    item = placed.item
    if item.role is Role.ELEMENT and (placed.start == placed.end or not care.has_emphasis):
        return ""
    sign = item.head if is_head else item.tail
    if touches_word(text, placed.start, placed.end):
        sign = sign.replace("_", "*")
    if not care.pads_emphasis:
        return sign
    if is_head:
        return sign if not before or before.isspace() else f" {sign}"
    following = text[placed.end : placed.end + 1]
    return sign if not following or following.isspace() else f"{sign} "


def _has_prose(block: RenderedBlock) -> bool:
    """True where reading the document again finds a block: there is text that is not opaque."""
    characters = list(block.text)
    for start, end in block.opaque:
        characters[start:end] = " " * (end - start)
    return not "".join(characters).isspace() and bool(characters)


def _expected(block: RenderedBlock, done: WrittenBlock, has_emphasis: bool) -> _Meaning:
    placed = [(found.item, found.start, found.end) for found, is_head in written(done.placed) if is_head]
    if not has_emphasis:
        placed = [found for found in placed if not found[0].is_emphasis]
    return _meaning(block.text, placed)


def _found(hole: Hole) -> _Meaning:
    items: list[tuple[Item, int, int]] = []
    waiting = list(hole.items)
    while waiting:
        item = waiting.pop()
        items.append((item, item.start, item.end))
        waiting += item.children
    return _meaning(hole.block.text, items)


def _meaning(text: str, items: Sequence[tuple[Item, int, int]]) -> _Meaning:
    inside: Counter[tuple[str, str]] = Counter()
    for item, start, end in items:
        if item.role is Role.ELEMENT and (words := _squeezed(text[start:end])):
            inside[item.head.replace("_", "*"), words] += 1
    return _squeezed(text), inside


def _squeezed(text: str) -> str:
    """The text without white space, which is laid out anew."""
    return "".join(text.split())
