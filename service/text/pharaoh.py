"""Links between words in Pharaoh's notation: `0-0 1-2` links word 1 of the source to word 2 of the target."""

from __future__ import annotations

from collections.abc import Sequence

from service.text.alignment import Link
from service.text.tokens import Word


def numbered_links(
    links: Sequence[Link], source: Sequence[Word], target: Sequence[Word]
) -> list[tuple[int, int, float]]:
    """Number of the source word, that of the target word (from 0), and the link's weight; by target word."""
    sources = {word.start: number for number, word in enumerate(source)}
    targets = {word.start: number for number, word in enumerate(target)}
    return [(sources[link.source_start], targets[link.target_start], link.weight) for link in links]


def pharaoh(links: Sequence[Link], source: Sequence[Word], target: Sequence[Word]) -> str:
    """The links of one sentence as one string."""
    return " ".join(f"{one}-{other}" for one, other, _ in numbered_links(links, source, target))
