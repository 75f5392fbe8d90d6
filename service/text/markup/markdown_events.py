"""pulldown-cmark's events (CommonMark 0.31, by pyromark) with the code points that each covers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from pyromark import Markdown, Options

from service.text.markup.places import code_points

_PARSER: Final = Markdown(
    options=Options.ENABLE_TABLES
    | Options.ENABLE_FOOTNOTES
    | Options.ENABLE_STRIKETHROUGH
    | Options.ENABLE_TASKLISTS
    | Options.ENABLE_YAML_STYLE_METADATA_BLOCKS
    | Options.ENABLE_PLUSES_DELIMITED_METADATA_BLOCKS
)


def markdown_events(text: str) -> Iterator[tuple[str, str, Any, int, int]]:
    """For each event its name, the element that it starts or ends (or ""), what it holds, start and end."""
    places = code_points(text)
    for event, span in _PARSER.events_with_range(text):
        name, value = _named(event)
        kind, value = _named(value) if name in ("Start", "End") else ("", value)
        yield name, kind, value, places[span["start"]], places[span["end"]]


def _named(event: Any) -> tuple[str, Any]:
    """An event, or what it says of an element, as its name and what it holds."""
    if isinstance(event, str):
        return event, None
    [(name, content)] = event.items()
    return name, content
