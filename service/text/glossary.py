"""Terms of a glossary in a sentence: whole words, whatever their case, the longest first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from service.text.characters import folded
from service.text.scripts import simplified
from service.text.spans import Span, goes_on


@dataclass(frozen=True, slots=True)
class GlossaryEntry:
    """A source term and what must stand for it in the translation."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Term:
    """An entry whose source stands at code points `start` to `end` of a sentence."""

    start: int
    end: int
    entry: GlossaryEntry


_Wanted = tuple[int, int, str, GlossaryEntry]
"""Less its length, its number, what is looked for, the entry: in the order in which they are taken."""


class Glossary:
    """Entries, ready to be looked for in many sentences: by their first two characters."""

    def __init__(self, entries: Iterable[GlossaryEntry] = ()) -> None:
        self.entries = tuple(entries)
        self._by_beginning: dict[str, list[_Wanted]] = {}
        for number, entry in enumerate(self.entries):
            plain = _plain(entry.source)
            self._by_beginning.setdefault(plain[:2], []).append((-len(plain), number, plain, entry))

    def terms(self, sentence: str, taken: Sequence[Span]) -> tuple[Term, ...]:
        """The terms in a sentence in order, none of them overlapping another or a protected span."""
        if not self._by_beginning:
            return ()
        plain = _plain(sentence)
        covered = bytearray(len(sentence))
        for span in taken:
            covered[span.start : span.end] = b"\1" * (span.end - span.start)
        found: list[Term] = []
        for _, _, at, wanted, entry in sorted(self._candidates(plain), key=lambda one: one[:3]):
            end = at + len(wanted)
            if not any(covered[at:end]) and _is_word(plain, at, end):
                covered[at:end] = b"\1" * (end - at)
                found.append(Term(at, end, entry))
        return tuple(sorted(found, key=lambda term: term.start))

    def _candidates(self, plain: str) -> Iterator[tuple[int, int, int, str, GlossaryEntry]]:
        for at in range(len(plain)):
            for beginning in {plain[at : at + 1], plain[at : at + 2]}:
                for length, number, wanted, entry in self._by_beginning.get(beginning, ()):
                    if plain.startswith(wanted, at):
                        yield length, number, at, wanted, entry


NO_GLOSSARY: Final = Glossary()


def _plain(text: str) -> str:
    """Without case, width and script; each code point in its place."""
    lowered = "".join(one.lower() if len(one.lower()) == 1 else one for one in folded(text))
    return simplified(lowered)


def _is_word(text: str, start: int, end: int) -> bool:
    left, right = text[max(0, start - 2) : start][::-1], text[end : end + 2]
    return not (goes_on(left, text[start]) or goes_on(right, text[end - 1]))
