"""Parts become holes: each run between two borders that has prose in it is one block with its tags."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.text.markup.document import Block, Opaque
from service.text.markup.parts import Kind, Part
from service.text.markup.prose import Prose
from service.text.markup.tree import Item, Role


@dataclass(frozen=True, slots=True)
class Hole:
    """A block, the span of the document that its translation replaces, and its tags."""

    block: Block
    start: int
    end: int
    items: Sequence[Item]
    is_html: bool = False


def assemble(text: str, parts: Sequence[Part]) -> Iterator[Hole]:
    """The holes of a document, in order."""
    first = 0
    for number, part in enumerate(parts):
        if part.kind is Kind.BORDER:
            yield from _hole(text, parts, first, number)
            first = number + 1
    yield from _hole(text, parts, first, len(parts))


def _hole(text: str, parts: Sequence[Part], first: int, last: int) -> Iterator[Hole]:
    """The hole of the parts from `first` to before `last`, if there is anything to translate."""
    span = range(first, last)
    if not any(parts[number].kind is Kind.TEXT and not parts[number].text.isspace() for number in span):
        return
    while _is_outside(parts[first], span):
        first += 1
    while _is_outside(parts[last - 1], span):
        last -= 1
    yield _Assembler(text, parts, range(first, last)).assemble()


def _is_outside(part: Part, span: range) -> bool:
    """True for what may stay where it is at either end of a block."""
    if part.kind is Kind.TEXT:
        return part.text.isspace()
    return part.kind is Kind.MARK or (part.kind in (Kind.OPEN, Kind.CLOSE) and part.partner not in span)


class _Assembler:
    def __init__(self, text: str, parts: Sequence[Part], span: range) -> None:
        self._text = text
        self._parts = parts
        self._span = span
        self._prose = Prose()
        self._opaque: list[tuple[int, int, Part]] = []
        self._open: list[Item] = [Item(Role.ELEMENT, 0, 0, "")]
        self._mark: Item | None = None  # what was added last

    def assemble(self) -> Hole:
        for number in self._span:
            self._add(number, self._parts[number])
        finished = self._prose.finish()
        items = self._open[0].children
        _move(items, finished.places)
        opaque = tuple(
            Opaque(finished.places[start], finished.places[end], self._text[part.start : part.end])
            for start, end, part in self._opaque
        )
        first, last = self._parts[self._span[0]], self._parts[self._span[-1]]
        start = first.start + (_num_spaces(first.text) if first.kind is Kind.TEXT else 0)
        end = last.end - (_num_spaces(last.text[::-1]) if last.kind is Kind.TEXT else 0)
        block = Block(finished.text, opaque, (*finished.spans, (finished.spans[-1][1],) * 2))
        return Hole(block, start, end, items, first.is_html)

    def _add(self, number: int, part: Part) -> None:
        match part.kind:
            case Kind.TEXT:
                self._add_text(part)
            case Kind.HOLD:
                start = self._prose.place
                self._prose.hold(part.text, part.start, part.end)
                self._opaque.append((start, self._prose.place, part))
                self._mark = None
            case Kind.OPEN if part.partner in self._span:
                self._open_element(number, part)
            case Kind.CLOSE if part.partner in self._span:
                self._close_element(part)
            case _:
                role = Role.MARK if part.kind is Kind.MARK else Role.DIVIDER
                self._add_item(role, number, part)

    def _add_text(self, part: Part) -> None:
        if self._mark and part.text[0].isspace() and self._prose.ends_in_space:
            self._mark.head += " "  # it stands between two spaces, of which the text keeps one
        self._mark = None
        self._prose.add(part.text, part.start, part.end)

    def _add_item(self, role: Role, number: int, part: Part) -> Item:
        place = self._prose.place
        item = Item(role, place, place, self._text[part.start : part.end], order=number)
        item.is_opening = part.kind is Kind.OPEN
        item.is_emphasis = part.is_emphasis
        self._open[-1].children.append(item)
        self._mark = item if role is Role.MARK else None
        return item

    def _open_element(self, number: int, part: Part) -> None:
        self._open.append(self._add_item(Role.ELEMENT, number, part))

    def _close_element(self, part: Part) -> None:
        item = self._open.pop()
        item.end = self._prose.place
        if self._prose.has_words_since(item.start):
            item.tail = part.tail or self._text[part.start : part.end]
            self._mark = None
            return
        opening = self._parts[part.partner]
        item.role, item.end = Role.MARK, item.start
        item.head, item.children = self._text[opening.start : part.end], []
        self._mark = item


def _num_spaces(text: str) -> int:
    """How much white space the text begins with."""
    return len(text) - len(text.lstrip())


def _move(items: list[Item], places: Sequence[int]) -> None:
    """Turns places while reading into those of the finished text."""
    waiting = [*items]
    while waiting:
        item = waiting.pop()
        item.start, item.end = places[item.start], places[item.end]
        waiting += item.children
