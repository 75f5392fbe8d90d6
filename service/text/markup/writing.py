"""One block's translation as the document writes it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from service.text.markup.assembling import Hole
from service.text.markup.document import RenderedBlock
from service.text.markup.placement import Placed, Placer, written
from service.text.markup.spelling import Escape, Speller
from service.text.markup.units import Pinned, find_units


@dataclass(frozen=True, slots=True)
class Style:
    """How a format writes characters and tags.

    `escape` and `is_safe` are for text (see `Speller.spell`). `tag` gives what is written for the head (True)
    or the tail (False) of an item, from the translation, and what was written before.
    """

    escape: Escape
    is_safe: Callable[[str, str], bool]
    tag: Callable[[Placed, bool, str], str]


@dataclass(frozen=True, slots=True)
class WrittenBlock:
    """`places`: for each code point of the plain translation, and its end, what stands for it in `text`."""

    text: str
    places: tuple[tuple[int, int], ...]
    placed: Sequence[Placed] = ()


def is_unchanged(hole: Hole, block: RenderedBlock) -> bool:
    """True for a translation that is its source; then the document's own words stay, byte for byte."""
    spans = [(opaque.start, opaque.end) for opaque in hole.block.opaque]
    return block.text == hole.block.text and [tuple(span) for span in block.opaque] == spans


def copy_block(document: str, hole: Hole) -> WrittenBlock:
    """The block as the document has it."""
    places = tuple((start - hole.start, end - hole.start) for start, end in hole.block.places)
    return WrittenBlock(document[hole.start : hole.end], places)


def write_block(document: str, hole: Hole, block: RenderedBlock, style: Style) -> WrittenBlock:
    """The translation with its tags. Raises ValueError for opaque spans that are not those of the block."""
    source = hole.block
    check_opaque(hole, block)
    pinned = [
        Pinned((opaque.start, opaque.end), (start, end))
        for opaque, (start, end) in zip(source.opaque, block.opaque, strict=True)
    ]
    units = find_units(source.text, block.text, block.links, pinned, list(_undivided(hole, block)))
    placed = Placer(source.text, block.text, units).place(hole.items)
    text, places = _write(block.text, _spelled(document, hole, block, style), placed, style)
    for opaque, (start, end) in zip(source.opaque, block.opaque, strict=True):
        written_end = places[start][1]
        places[start:end] = [(written_end - len(opaque.raw), written_end)] * (end - start)
    end = places[-1][1] if places else 0
    return WrittenBlock(text, (*places, (end, end)), placed)


def _undivided(hole: Hole, block: RenderedBlock) -> Iterator[tuple[int, int]]:
    """The kept stretches of the translation that have no tag inside in the source, nor will have here."""
    edges: list[int] = []
    waiting = list(hole.items)
    while waiting:
        item = waiting.pop()
        edges += [item.start, item.end]
        waiting += item.children
    edges.sort()
    for source_start, source_end, start, end in block.kept:
        if bisect_right(edges, source_start) == bisect_left(edges, source_end):
            yield start, end


def check_opaque(hole: Hole, block: RenderedBlock) -> None:
    """Raises ValueError unless each opaque span stands in the translation, apart from the others."""
    if len(block.opaque) != len(hole.block.opaque):
        raise ValueError(f"{len(block.opaque)} opaque spans for {len(hole.block.opaque)}")
    at = 0
    for start, end in sorted(block.opaque):
        if not at <= start < end <= len(block.text):
            raise ValueError(f"the opaque span {start}..{end} is empty, outside, or inside another one")
        at = end


def _spelled(document: str, hole: Hole, block: RenderedBlock, style: Style) -> list[str]:
    raws = [document[start:end] for start, end in hole.block.places]
    speller = Speller(hole.block.text, raws, [(opaque.start, opaque.end) for opaque in hole.block.opaque])
    spelled = speller.spell(block.text, block.opaque, block.kept, style.escape, style.is_safe)
    raw_before = {end: opaque.raw for opaque, (_, end) in zip(hole.block.opaque, block.opaque, strict=True)}
    for opaque, (start, end) in zip(hole.block.opaque, block.opaque, strict=True):
        raw = f" {opaque.raw}" if _merge(raw_before.get(start, ""), opaque.raw) else opaque.raw
        spelled[start:end] = [raw, *[""] * (end - start - 1)]
    return spelled


def _merge(left: str, right: str) -> bool:
    """True for two spans of code in Markdown, which would be one if they touched."""
    return left.endswith("`") and right.startswith("`")


def _write(
    text: str, spelled: Sequence[str], placed: Sequence[Placed], style: Style
) -> tuple[str, list[tuple[int, int]]]:
    """The characters with the tags among them, and where each character stands."""
    parts: list[str] = []
    places: list[tuple[int, int]] = []
    length = 0
    last = ""

    def add(characters: Sequence[str]) -> None:
        nonlocal length
        for character in characters:
            places.append((length, length + len(character)))
            length += len(character)
        parts.extend(characters)

    for item, is_head in written(placed):
        place = item.start if is_head else item.end
        last = text[place - 1 : place] if place > len(places) else last
        add(spelled[len(places) : place])
        tag = style.tag(item, is_head, last)
        parts.append(tag)
        length += len(tag)
        last = tag[-1:] or last
    add(spelled[len(places) :])
    return "".join(parts), places
