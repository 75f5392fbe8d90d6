"""Terms of a glossary in a sentence: whole words, whatever their case, the longest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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


def find_terms(sentence: str, entries: Sequence[GlossaryEntry], taken: Sequence[Span]) -> tuple[Term, ...]:
    """The terms in a sentence in order, none of them overlapping another or a protected span."""
    if not entries:
        return ()
    plain = _plain(sentence)
    covered = bytearray(len(sentence))
    for span in taken:
        covered[span.start : span.end] = b"\1" * (span.end - span.start)
    found: list[Term] = []
    for entry in sorted(entries, key=lambda one: len(one.source), reverse=True):
        wanted = _plain(entry.source)
        at = plain.find(wanted)
        while at >= 0:
            end = at + len(wanted)
            if not any(covered[at:end]) and _is_word(plain, at, end):
                covered[at:end] = b"\1" * (end - at)
                found.append(Term(at, end, entry))
            at = plain.find(wanted, at + 1)
    return tuple(sorted(found, key=lambda term: term.start))


def _plain(text: str) -> str:
    """Without case, width and script; each code point in its place."""
    lowered = "".join(one.lower() if len(one.lower()) == 1 else one for one in folded(text))
    return simplified(lowered)


def _is_word(text: str, start: int, end: int) -> bool:
    left, right = text[max(0, start - 2) : start][::-1], text[end : end + 2]
    return not (goes_on(left, text[start]) or goes_on(right, text[end - 1]))
