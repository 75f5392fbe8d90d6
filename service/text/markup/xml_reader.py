"""XML as parts: tags are inline, but for those that hold the document together."""

from __future__ import annotations

from service.text.markup.collecting import PartCollector
from service.text.markup.options import MarkupOptions
from service.text.markup.parts import Kind, Part
from service.text.markup.places import code_points
from service.text.markup.xml_events import XmlEvent, parse_xml
from service.text.markup.xml_outline import find_splitting_tags


def read_xml(text: str, *, options: MarkupOptions, field: str) -> list[Part]:
    """The document's parts. Raises InvalidText as `parse_xml` does."""
    events, head = parse_xml(text, name=field)
    if not events:
        return []
    reader = _XmlReader(text, find_splitting_tags(events, options), options, field)
    code_point = code_points(text)
    places = [code_point[event.at - head] for event in events]
    for event, start, end in zip(events, places, [*places[1:], len(text)], strict=True):
        reader.read(event, start, end)
    return reader.finish()


class _XmlReader:
    def __init__(self, text: str, splitting: frozenset[int], options: MarkupOptions, field: str) -> None:
        self._text = text
        self._splitting = splitting
        self._ignored = options.ignore_tags
        self._collector = PartCollector(field, split_lines=options.split_lines)
        self._splits: list[bool] = []
        self._num_elements = 0
        self._verbatim: list[tuple[int, int, str]] = []

    def read(self, event: XmlEvent, start: int, end: int) -> None:
        if event.kind == "verbatim":
            self._verbatim.append((start, end, event.text))
            return
        self._add_verbatim()
        match event.kind:
            case "start":
                self._start(event, start, end)
            case "end":
                self._collector.close(event.text, start, end, is_block=self._splits.pop())
            case "text":
                self._add_text(event, start, end)
            case _:
                self._collector.add(self._other(start), start, end)

    def finish(self) -> list[Part]:
        self._add_verbatim()
        return self._collector.finish()

    def _start(self, event: XmlEvent, start: int, end: int) -> None:
        self._splits.append(self._num_elements in self._splitting)
        self._num_elements += 1
        is_ignored = event.text in self._ignored
        self._collector.open(
            event.text,
            start,
            end,
            is_block=self._splits[-1],
            translates=False if is_ignored else _translates(event),
            is_sealed=is_ignored,
        )

    def _add_text(self, event: XmlEvent, start: int, end: int) -> None:
        if self._text[start] == "&":
            self._collector.add_reference(start, end, event.text)
            return
        self._collector.add_text(start, self._text[start:end])

    def _add_verbatim(self) -> None:
        """A CDATA section, which is held with its text."""
        if not self._verbatim:
            return
        text = " ".join("".join(part[2] for part in self._verbatim).split())
        kind = Kind.HOLD if text else Kind.MARK
        self._collector.add(kind, self._verbatim[0][0], self._verbatim[-1][1], text)
        self._verbatim.clear()

    def _other(self, start: int) -> Kind:
        """Comments and instructions stand in the prose; what is outside the root element does not."""
        return Kind.MARK if self._splits or self._text.startswith("<", start) else Kind.BORDER


def _translates(event: XmlEvent) -> bool | None:
    if "notranslate" in event.attributes.get("class", "").split():
        return False
    return {"no": False, "yes": True}.get(event.attributes.get("translate", ""))
