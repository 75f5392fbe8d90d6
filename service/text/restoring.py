"""Protected spans back in a translation: what came back is counted, and what is missing is put in.

A translation is whole where every literal stands in it exactly as often as in the sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from service.text.masking import MaskedSentence
from service.text.rewriting import Edit, Rewriting
from service.text.spans import goes_on, stand_equally_often

Place = tuple[int, int]


class Restored(Struct, frozen=True):
    """`text` with all protected spans in it; `rewriting` leads there from the translation with symbols.

    `places` says where each span of the sentence stands in `text`, in the order of the spans.
    """

    text: str
    rewriting: Rewriting
    places: tuple[Place, ...]


class _Change(Struct, frozen=True):
    """Code points `start` to `end` of the translation become the span of this number, or nothing."""

    start: int
    end: int
    number: int | None


def restore(masked: MaskedSentence, translation: str) -> Restored | None:
    """The translation with literals for its symbols; None where it is not whole."""
    if not masked.literals:  # so there are no spans, as in most sentences
        return Restored(translation, Rewriting(translation, ()), ())
    changes = _symbols(masked, translation)
    if len(changes) != len(masked.spans) or any(one.number is None for one in changes):
        return None
    return _written(masked, translation, changes)


def reinsert(masked: MaskedSentence, translation: str, place_for: Callable[[int], int]) -> Restored | None:
    """As `restore`, but missing spans are put where `place_for` says, and what is too much goes.

    `place_for` gives a code point of the translation for the number of a span. None where the text is
    not whole even so: neighbours may make up a third literal.
    """
    changes = _symbols(masked, translation)
    present = {one.number for one in changes}
    changes += [
        _Change(place, place, number)
        for number, place in ((number, place_for(number)) for number in range(len(masked.spans)))
        if number not in present
    ]
    changes += _spelt_out(masked, translation, changes)
    return _written(masked, translation, changes)


def _symbols(masked: MaskedSentence, translation: str) -> list[_Change]:
    """Every symbol of the sentence in the translation; one that comes too often becomes nothing."""
    left = {
        symbol: iter([number for number, one in enumerate(masked.symbols) if one == symbol])
        for symbol in masked.symbols
    }
    return [
        _Change(at, at + 1, next(left[character], None))
        for at, character in enumerate(translation)
        if character in left
    ]


def _spelt_out(masked: MaskedSentence, translation: str, changes: Sequence[_Change]) -> Iterator[_Change]:
    """Literals that the model spelt by itself, beside the symbols that stand for them."""
    end = 0
    taken = {one.start for one in changes if one.start < one.end}
    spelt = [literal for literal in masked.literals if literal in translation]
    found = [(at, literal) for literal in spelt for at in _places(literal, translation)]
    for at, literal in sorted(found, key=lambda one: (one[0], -len(one[1]))):
        if at >= end and at not in taken:
            end = at + len(literal)
            yield _Change(at, end, None)


def _places(literal: str, translation: str) -> Iterator[int]:
    at = translation.find(literal)
    while at >= 0:
        yield at
        at = translation.find(literal, at + len(literal))


def _written(masked: MaskedSentence, translation: str, changes: Sequence[_Change]) -> Restored | None:
    """All changes made, and the literals counted."""
    ordered = sorted(changes, key=lambda one: (one.start, one.end, -1 if one.number is None else one.number))
    edits: list[Edit] = []
    margins: list[int] = []
    for previous, change in zip([None, *ordered], ordered, strict=False):
        literal = "" if change.number is None else masked.spans[change.number].literal
        before, after = _padding(translation, change, literal, edits)
        if previous is not None and _would_merge(masked, previous, change):
            before = " "
        edits.append(Edit(change.start, change.end, before + literal + after))
        margins.append(len(before))
    rewriting = Rewriting(translation, edits)
    if not stand_equally_often(masked.literals, rewriting.new, masked.sentence):
        return None
    places = {
        change.number: (start + margin, start + margin + len(masked.spans[change.number].literal))
        for change, margin, (start, _) in zip(ordered, margins, rewriting.new_places, strict=True)
        if change.number is not None
    }
    return Restored(rewriting.new, rewriting, tuple(places[number] for number in range(len(masked.spans))))


def _would_merge(masked: MaskedSentence, left: _Change, right: _Change) -> bool:
    """True for two literals that would read as one: `B2` and `A1` side by side, apart in the sentence."""
    if left.number is None or right.number is None or left.end != right.start:
        return False
    first, second = masked.spans[left.number], masked.spans[right.number]
    edges = first.literal[-1] + second.literal[0]
    return edges.isascii() and edges.isalnum() and first.end != second.start


def _padding(translation: str, change: _Change, literal: str, edits: Sequence[Edit]) -> tuple[str, str]:
    """Spaces that keep a literal from growing together with what stands beside it."""
    if not literal:
        return "", ""
    left, right = translation[: change.start][-2:][::-1], translation[change.end : change.end + 2]
    if edits and edits[-1].end == change.start and edits[-1].text:
        left = edits[-1].text[-2:][::-1]
    is_inserted = change.start == change.end
    before = goes_on(left, literal[0]) or (is_inserted and left[:1].isascii() and left[:1].isalnum())
    after = goes_on(right, literal[-1]) or (is_inserted and right[:1].isascii() and right[:1].isalnum())
    return " " * before, " " * after
