"""The plain text of a block, character by character, with what each was in the document."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from service.text.characters import is_unspaced

_RUN = re.compile(r"\s+|\S+")
_WIDE_SIGNS: Final = frozenset("、。〃《》「」『』【】〔〕〖〗！（），：；？～…—“”‘’")


@dataclass(frozen=True, slots=True)
class FinishedProse:
    """`text`, the span in the document of each code point, and the text's place for each `Prose.place`."""

    text: str
    spans: list[tuple[int, int]]
    places: list[int]


class Prose:
    """White space becomes one space; a line break between characters written without spaces is nothing."""

    def __init__(self) -> None:
        self._characters: list[str] = []
        self._spans: list[tuple[int, int]] = []
        self._dropped: list[int] = []
        self._has_break = False

    @property
    def place(self) -> int:
        """Where the next character will be; `FinishedProse.places` turns it into one of the text."""
        return len(self._characters)

    @property
    def ends_in_space(self) -> bool:
        """True where more white space would add nothing."""
        return self._characters[-1:] == [" "]

    def has_words_since(self, place: int) -> bool:
        """True where more than white space was added from this place on."""
        return self.place > place + 1 or (self.place == place + 1 and self._characters[-1] != " ")

    def add(self, text: str, start: int, end: int) -> None:
        """Text at `start` of the document, or a character that fills the span from `start` to `end`."""
        if len(text) != end - start:
            self._add_run(text, [(start, end)] * len(text))
            return
        for run in _RUN.finditer(text):
            first = start + run.start()
            self._add_run(run.group(), [(at, at + 1) for at in range(first, start + run.end())])

    def hold(self, text: str, start: int, end: int) -> None:
        """Text that stays as it is, with all its spaces."""
        self._join(text[0])
        self._characters += text
        self._spans += [(start, end)] * len(text)

    def finish(self) -> FinishedProse:
        """The text without white space around it."""
        if self._characters and self._characters[-1] == " ":
            self._dropped.append(self.place - 1)
        if not self._dropped:
            return FinishedProse("".join(self._characters), self._spans, list(range(self.place + 1)))
        dropped = set(self._dropped)
        kept = [number for number in range(self.place) if number not in dropped]
        places, place = [], 0
        for number in range(self.place):
            places.append(place)
            place += number not in dropped
        text = "".join(self._characters[number] for number in kept)
        return FinishedProse(text, [self._spans[number] for number in kept], [*places, place])

    def _add_run(self, run: str, spans: list[tuple[int, int]]) -> None:
        if run.isspace():
            self._add_space(run, spans)
            return
        self._join(run[0])
        self._characters += run
        self._spans += spans

    def _add_space(self, run: str, spans: list[tuple[int, int]]) -> None:
        if not self._characters:
            return
        start, end = spans[0][0], spans[-1][1]
        is_break = "\n" in run or "\r" in run
        if self._characters[-1] != " ":
            self._characters.append(" ")
            self._spans.append((start, end))
            self._has_break = is_break
            return
        self._has_break = self._has_break or is_break
        if self._spans[-1][1] == start:
            self._spans[-1] = (self._spans[-1][0], end)

    def _join(self, character: str) -> None:
        """Drops the line break before this character where neither side needs a space."""
        if self._has_break and all(map(_is_wide, (self._characters[-2], character))):
            self._dropped.append(self.place - 1)
        self._has_break = False


def _is_wide(character: str) -> bool:
    return is_unspaced(character) or character in _WIDE_SIGNS
