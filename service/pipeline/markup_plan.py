"""A text with markup to translate: block by block as prose, with tags put back where attention says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from service.pipeline.items import Item, Rendition, Shift
from service.pipeline.preparation import Preparation, Prose
from service.pipeline.text_plan import join, place_sentences, ranked, whole
from service.pipeline.units import Outcome, Unit
from service.pipeline.wording import Wording
from service.text.detection import Detected
from service.text.markup import Block, Marked, MarkupFormat, MarkupOptions, RenderedBlock, read_markup
from service.text.segments import JoinedText
from service.text.spans import Span

_Link = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class MarkupPlan:
    """A document and the prose of each of its blocks."""

    document: str
    marked: Marked
    proses: tuple[Prose, ...]
    source: str
    target: str
    detected: Detected | None

    @classmethod
    def of(
        cls, text: str, preparation: Preparation, target: str, detected: Detected | None, *, field: str
    ) -> MarkupPlan:
        """The plan of a document; raises InvalidText about `field`, and InvalidOption for a wrong pattern."""
        marked = read_markup(text, _format_of(preparation), options=_options_of(preparation), field=field)
        proses = tuple(preparation.prose(block.text, tuple(_fixed(block))) for block in marked.blocks)
        return cls(text, marked, proses, preparation.language, target, detected)

    @property
    def units(self) -> tuple[Unit, ...]:
        return tuple(unit for prose in self.proses for unit in prose.units if unit is not None)

    @property
    def shifts(self) -> tuple[Shift, ...]:
        pairs = zip(self.marked.blocks, self.proses, strict=True)
        return tuple(Shift(start, block.places) for block, prose in pairs for start in prose.unit_starts)

    def finish(self, outcomes: Sequence[Outcome]) -> Item:
        """The document with its sentences replaced, and one more for each rank of alternatives."""
        given = iter(outcomes)
        by_block = [
            whole(prose, list(islice(given, _num_units(prose))), self.source, self.target)
            for prose in self.proses
        ]
        joined, blocks = self._blocks([[one.best for one in found] for found in by_block])
        rendered = self.marked.render(blocks)
        sentences = (
            place_sentences(prose, text, found, block.places, places)
            for prose, text, found, block, places in zip(
                self.proses, joined, by_block, self.marked.blocks, rendered.places, strict=True
            )
        )
        return Item(
            self.document,
            rendered.text,
            self.source,
            self.target,
            self.detected,
            tuple(sentence for found in sentences for sentence in found),
            tuple(self._alternatives(by_block)),
            sum(prose.num_split for prose in self.proses),
        )

    def _alternatives(self, by_block: Sequence[Sequence[Outcome]]) -> Iterator[str]:
        lengths = [len(found) for found in by_block]
        for renditions in ranked([one for found in by_block for one in found]):
            left = iter(renditions)
            yield self.marked.render(self._blocks([list(islice(left, one)) for one in lengths])[1]).text

    def _blocks(
        self, renditions: Sequence[Sequence[Rendition]]
    ) -> tuple[list[JoinedText], list[RenderedBlock]]:
        joined = [
            join(prose, found, self.source, self.target)
            for prose, found in zip(self.proses, renditions, strict=True)
        ]
        blocks = [
            _rendered(*one) for one in zip(self.marked.blocks, self.proses, joined, renditions, strict=True)
        ]
        return joined, blocks


def _format_of(preparation: Preparation) -> MarkupFormat:
    assert preparation.handling.format != "text"
    return preparation.handling.format


def _options_of(preparation: Preparation) -> MarkupOptions:
    handling = preparation.handling
    return MarkupOptions(
        ignore_tags=handling.ignore_tags,
        splitting_tags=handling.splitting_tags,
        non_splitting_tags=handling.non_splitting_tags,
        outline_detection=handling.outline_detection,
        split_lines=handling.splitting == "lines",
    )


def _fixed(block: Block) -> Iterator[Span]:
    for one in block.opaque:
        yield Span(one.start, one.end, block.text[one.start : one.end], one.raw)


def _num_units(prose: Prose) -> int:
    return sum(unit is not None for unit in prose.units)


def _rendered(
    block: Block, prose: Prose, joined: JoinedText, renditions: Sequence[Rendition]
) -> RenderedBlock:
    """The translation of a block with links between its words, and where its protected spans stand."""
    links: list[_Link] = []
    kept: list[_Link] = []
    places: dict[int, tuple[int, int]] = {}
    left = iter(renditions)
    for segment, unit, start in zip(prose.segmented.segments, prose.units, joined.starts, strict=True):
        rendition = None if unit is None else next(left)
        if unit is None or rendition is None or rendition.text == segment.text:
            links += ((segment.start + at, segment.start + at + 1, start + at, start + at + 1)
                      for at in range(len(segment.text)))  # fmt: skip
            kept.append((segment.start, segment.end, start, start + len(segment.text)))
            moved = start - segment.start
            places |= {one.start: (one.start + moved, one.end + moved) for one in block.opaque
                       if segment.start <= one.start < segment.end}  # fmt: skip
            continue
        links += _links(unit, rendition, segment.start, start)
        for one in rendition.protected:
            source, target = one.span.start + segment.start, one.start + start
            kept.append((source, one.span.end + segment.start, target, one.end + start))
            places[source] = target, one.end + start
    return RenderedBlock(joined.text, links, [places[one.start] for one in block.opaque], kept)


def _links(unit: Unit, rendition: Rendition, source_start: int, target_start: int) -> Iterator[_Link]:
    for link in Wording(unit.masked, rendition).links:
        yield (
            link.source_start + source_start,
            link.source_end + source_start,
            link.target_start + target_start,
            link.target_end + target_start,
        )
