"""Parts from a stream of tags and text: what may not be translated is folded, what has no partner stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from service.engine.errors import InvalidText
from service.text.markup.parts import Kind, Part
from service.text.markup.references import is_decoded, is_invisible

MAX_DEPTH: Final = 512
"""Open elements at any place of a document; browsers stop at about as many."""


@dataclass(slots=True)
class Element:
    """An element that has begun and not ended. `part` is the index of its OPEN part, -1 for a block.

    `translates`: False inside what may not be translated; `is_sealed`: nothing inside can change that.
    `region`: the index of the first part of what is untranslated, where this element begins it, else -1.
    `is_mixed`: a block, or something to translate, lies inside the region, so it cannot be folded.
    """

    name: str
    part: int
    is_block: bool
    translates: bool
    is_sealed: bool
    is_silent: bool
    region: int = -1
    is_mixed: bool = False


class PartCollector:
    """Parts in the order of the document, from the events of a parser."""

    def __init__(self, field: str, *, split_lines: bool = False) -> None:
        self.parts: list[Part] = []
        self._field = field
        self._split_lines = split_lines
        self._stack: list[Element] = []
        self._num_open: Counter[str] = Counter()
        self._regions: list[Element] = []
        self.is_html = False

    @property
    def translates(self) -> bool:
        """True where text is to be translated."""
        return not self._stack or self._stack[-1].translates

    def is_open(self, names: Collection[str]) -> bool:
        """True inside an element of one of these names."""
        return any(self._num_open[name] for name in names)

    def add_text(self, start: int, text: str) -> None:
        """Text as it stands in the document."""
        if not (self._split_lines and self.translates and "\n" in text):
            self._add(Kind.TEXT, start, start + len(text), text)
            return
        for line in text.splitlines(keepends=True):
            content = line.rstrip("\r\n")
            if content:
                self._add(Kind.TEXT, start, start + len(content), content)
            if len(line) > len(content):
                self._add(Kind.BORDER, start + len(content), start + len(line), "\n")
            start += len(line)

    def add_reference(self, start: int, end: int, character: str) -> None:
        """A character that is written as a reference; it is held where the model has no use for it."""
        if is_invisible(character):
            self._add(Kind.MARK, start, end)
            return
        self._add(Kind.TEXT if is_decoded(character) else Kind.HOLD, start, end, character)

    def add(self, kind: Kind, start: int, end: int, text: str = "") -> None:
        """A part that belongs to no pair; nothing where it is empty."""
        if start < end:
            self._add(kind, start, end, text)

    def open(
        self,
        name: str,
        start: int,
        end: int,
        *,
        is_block: bool,
        translates: bool | None = None,
        is_sealed: bool = False,
        is_silent: bool = False,
        is_emphasis: bool = False,
    ) -> None:
        """A start tag. `translates` is what it says of its content, None where it says nothing.

        Raises InvalidText beyond MAX_DEPTH.
        """
        if len(self._stack) >= MAX_DEPTH:
            raise InvalidText(self._field, f"nests elements deeper than {MAX_DEPTH} levels")
        before = self.translates
        sealed = bool(self._stack) and self._stack[-1].is_sealed
        now = before if translates is None or sealed else translates
        if is_block or (now and not before):
            self._mix()
        element = Element(name, -1, is_block, now, sealed or is_sealed, is_silent)
        if before and not now:
            element.region = len(self.parts)
            self._regions.append(element)
        if now and not is_block:
            element.part = len(self.parts)
        self._stack.append(element)
        self._num_open[name] += 1
        self._add(Kind.BORDER if is_block else Kind.OPEN, start, end)
        self.parts[-1].is_emphasis = is_emphasis

    def close(self, name: str, start: int, end: int, *, is_block: bool, tail: str = "") -> None:
        """An end tag; what was opened inside and not closed has no partner. A stray one stays as it is."""
        element = self._leave(name)
        if element is None or element.part < 0:
            self._add(Kind.BORDER if is_block else Kind.CLOSE, start, end)
        else:
            self.parts[element.part].partner = len(self.parts)
            self._add(Kind.CLOSE, start, end)
            self.parts[-1].partner = element.part
            self.parts[-1].tail = tail
        if element is not None:
            self._end(element)

    def end_implied(self, names: frozenset[str], shields: frozenset[str]) -> None:
        """Ends the outermost open element of `names` that none of `shields` lies inside of."""
        if not self.is_open(names):
            return
        found = ""
        depth = 0
        for number, element in enumerate(reversed(self._stack), start=1):
            if element.name in names:
                found, depth = element.name, number
            elif element.name in shields:
                break
        if found:
            for _ in range(depth):
                self._end(self._pop())

    def finish(self) -> list[Part]:
        """All parts, after the end of the document."""
        while self._stack:
            self._end(self._pop())
        return self.parts

    def _add(self, kind: Kind, start: int, end: int, text: str = "") -> None:
        self.parts.append(
            Part(kind if self.translates else Kind.BORDER, start, end, text, is_html=self.is_html)
        )

    def _leave(self, name: str) -> Element | None:
        """The open element of this name, taken from the stack with all that is open inside it."""
        if not self._num_open[name]:
            return None
        while (element := self._pop()).name != name:
            self._end(element)
        # its end tag belongs to what it began, so it is still inside
        self._stack.append(element)
        return element

    def _pop(self) -> Element:
        element = self._stack.pop()
        self._num_open[element.name] -= 1
        return element

    def _end(self, element: Element) -> None:
        """Folds what the element kept from translation into one part, where it lies in a sentence."""
        if self._stack and self._stack[-1] is element:
            self._stack.pop()
        if element.region < 0:
            return
        self._regions.pop()
        if element.is_block or element.is_mixed:
            return
        folded = self.parts[element.region :]
        text = "" if element.is_silent else " ".join("".join(part.text for part in folded).split())
        kind = Kind.HOLD if text else Kind.MARK
        self.parts[element.region :] = [Part(kind, folded[0].start, folded[-1].end, text)]

    def _mix(self) -> None:
        for element in reversed(self._regions):
            if element.is_mixed:
                return
            element.is_mixed = True
