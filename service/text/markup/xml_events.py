"""XML as events with their places, by expat; what is not well-formed or declares entities is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal
from xml.parsers import expat

from service.engine.errors import InvalidText
from service.text.markup.collecting import MAX_DEPTH

_ROOT: Final = "fragment"
_EventKind = Literal["start", "end", "text", "verbatim", "other"]
_NO_ATTRIBUTES: Final[Mapping[str, str]] = {}


@dataclass(slots=True)
class XmlEvent:
    """`at` is a UTF-8 byte of what was parsed, `text` a name or text; CDATA sections are verbatim."""

    kind: _EventKind
    at: int
    text: str = ""
    attributes: Mapping[str, str] = field(default_factory=lambda: _NO_ATTRIBUTES)


def parse_xml(text: str, *, name: str) -> tuple[list[XmlEvent], int]:
    """The events of a document, or of a piece of one without a single root, and where the text begins in it.

    A piece is parsed inside a root of our own, whose tags are no events.
    Raises InvalidText, with `name` as its field.
    """
    if text.lstrip("\ufeff \t\r\n").startswith(("<?xml", "<!DOCTYPE")):
        return _Parser("", name).parse(text), 0
    parser = _Parser(f"<{_ROOT}>", name)
    return parser.parse(text)[1:-1], len(_ROOT) + 2


class _Parser:
    def __init__(self, head: str, name: str) -> None:
        self._head = head
        self._name = name
        self._events: list[XmlEvent] = []
        self._depth = 0
        self._is_verbatim = False
        self._parser = expat.ParserCreate("utf-8")
        self._parser.buffer_text = False
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartCdataSectionHandler = self._begin_verbatim
        self._parser.EndCdataSectionHandler = self._end_verbatim
        self._parser.EntityDeclHandler = self._refuse_entity
        self._parser.DefaultHandler = self._other

    def parse(self, text: str) -> list[XmlEvent]:
        tail = f"</{_ROOT}>" if self._head else ""
        try:
            self._parser.Parse(f"{self._head}{text}{tail}".encode(), True)
        except expat.ExpatError as error:
            raise self._refusal(expat.ErrorString(error.code), error.lineno, error.offset) from None
        return self._events

    def _refusal(self, reason: str, line: int, column: int) -> InvalidText:
        column += 1 - (len(self._head) if line == 1 else 0)
        return InvalidText(
            self._name, f"is not well-formed XML: {reason} (line {line}, column {max(column, 1)})"
        )

    def _start(self, element: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise InvalidText(self._name, f"nests elements deeper than {MAX_DEPTH} levels")
        self._add("start", element, attributes)

    def _end(self, element: str) -> None:
        self._depth -= 1
        self._add("end", element)

    def _characters(self, data: str) -> None:
        self._add("verbatim" if self._is_verbatim else "text", data)

    def _begin_verbatim(self) -> None:
        self._is_verbatim = True
        self._add("verbatim")

    def _end_verbatim(self) -> None:
        self._is_verbatim = False
        self._add("verbatim")

    def _refuse_entity(self, *declaration: object) -> None:
        line, column = self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber
        raise InvalidText(self._name, f"declares an entity (line {line}, column {column + 1})")

    def _other(self, data: str) -> None:
        self._add("other")

    def _add(self, kind: _EventKind, text: str = "", attributes: Mapping[str, str] = _NO_ATTRIBUTES) -> None:
        self._events.append(XmlEvent(kind, self._parser.CurrentByteIndex, text, attributes))
