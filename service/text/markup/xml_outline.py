"""Which elements of an XML document stand between sentences: those that hold it together, not its text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from service.text.markup.options import MarkupOptions
from service.text.markup.xml_events import XmlEvent


@dataclass(slots=True)
class _Element:
    name: str
    parent: int
    has_text: bool = False


def find_splitting_tags(events: Sequence[XmlEvent], options: MarkupOptions) -> frozenset[int]:
    """The numbers of the elements, in the order of their start tags, whose tags end a block.

    An element is part of the outline where its parent has no text of its own, unless an element of that name
    stands beside text anywhere. `splitting_tags` split always, `non_splitting_tags` never.
    """
    elements = _elements(events)
    inline = {element.name for element in elements[1:] if elements[element.parent].has_text}
    return frozenset(
        number
        for number, element in enumerate(elements[1:])
        if element.name in options.splitting_tags
        or (
            options.outline_detection
            and element.name not in options.non_splitting_tags
            and element.name not in inline
        )
    )


def _elements(events: Sequence[XmlEvent]) -> list[_Element]:
    """All elements behind one that stands for the whole text."""
    elements = [_Element("", 0)]
    open_elements = [0]
    for event in events:
        if event.kind == "start":
            elements.append(_Element(event.text, open_elements[-1]))
            open_elements.append(len(elements) - 1)
        elif event.kind == "end":
            open_elements.pop()
        elif event.text.strip():
            elements[open_elements[-1]].has_text = True
    return elements
