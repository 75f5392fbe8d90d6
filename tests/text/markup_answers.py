"""Answers of a pretended translator: the text itself, a little more than it, or nonsense with wild links."""

from __future__ import annotations

import random
from itertools import accumulate

from service.text.markup import Block, RenderedBlock


def echo(block: Block, *, more: str = "") -> RenderedBlock:
    """The block's own text, each character linked with itself, and `more` behind it."""
    links = [(at, at + 1, at, at + 1) for at in range(len(block.text))]
    return RenderedBlock(block.text + more, links, [(opaque.start, opaque.end) for opaque in block.opaque])


def shuffled(block: Block, seed: int) -> RenderedBlock:
    """The block's words and opaque spans in another order, some of them gone, with any links at all."""
    generator = random.Random(seed)
    texts = {number: block.text[opaque.start : opaque.end] for number, opaque in enumerate(block.opaque)}
    words = block.text.split()
    words = [words[0], *(word for word in words[1:] if generator.random() < 0.8)]
    pieces: list[tuple[int, str]] = [*texts.items(), *((-1, word) for word in words)]
    generator.shuffle(pieces)
    separators = [generator.choice([" ", " ", "", "，"]) for _ in pieces]
    lengths = [len(piece) + len(gap) for (_, piece), gap in zip(pieces, separators, strict=True)]
    starts = [0, *accumulate(lengths)]
    places = {
        number: (start, start + len(text)) for (number, text), start in zip(pieces, starts, strict=False)
    }
    target = "".join(piece + gap for (_, piece), gap in zip(pieces, separators, strict=True))
    links = [_wild_link(generator, len(block.text), len(target)) for _ in range(generator.randint(0, 12))]
    return RenderedBlock(target, links, [places[number] for number in texts])


def _wild_link(generator: random.Random, num_source: int, num_target: int) -> tuple[int, int, int, int]:
    source, target = generator.randint(-1, num_source), generator.randint(-1, num_target + 1)
    return source, source + generator.randint(0, 4), target, target + generator.randint(0, 4)


def linked(block: Block, target: str, *pairs: tuple[str, str]) -> RenderedBlock:
    """`target`, with a link for each pair of words; opaque spans stand where their text first does."""
    links = []
    for source_word, target_word in pairs:
        source_start, target_start = block.text.index(source_word), target.index(target_word)
        source_end, target_end = source_start + len(source_word), target_start + len(target_word)
        links.append((source_start, source_end, target_start, target_end))
    opaque = []
    at = 0
    for span in block.opaque:
        held = block.text[span.start : span.end]
        at = target.index(held, at)
        opaque.append((at, at + len(held)))
    return RenderedBlock(target, links, opaque)
