"""One door to the three formats."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from service.engine.errors import InvalidText
from service.text.markup.assembling import assemble
from service.text.markup.html_reader import read_html
from service.text.markup.markdown_reader import read_markdown
from service.text.markup.markdown_writer import MarkdownWriter
from service.text.markup.marked import Marked, Writer
from service.text.markup.options import MarkupFormat, MarkupOptions
from service.text.markup.parts import Part
from service.text.markup.spelling import escape_html, escape_xml
from service.text.markup.tag_writer import TagWriter
from service.text.markup.xml_reader import read_xml


class _Reader(Protocol):
    def __call__(self, text: str, *, options: MarkupOptions, field: str) -> Sequence[Part]: ...


_READERS: Final[dict[MarkupFormat, _Reader]] = {
    "html": read_html,
    "xml": read_xml,
    "markdown": read_markdown,
}
_WRITERS: Final[dict[MarkupFormat, Callable[[MarkupOptions], Writer]]] = {
    "html": lambda options: TagWriter(escape_html),
    "xml": lambda options: TagWriter(escape_xml),
    "markdown": MarkdownWriter,
}


def read_markup(
    text: str, format: MarkupFormat, *, options: MarkupOptions | None = None, field: str = "text"
) -> Marked:
    """The document's blocks of prose.

    Raises InvalidText, which names `field` and never the text, for lone surrogates, for XML that is not
    well-formed (with line and column) or declares entities, and for elements nested too deeply.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidText(field, "holds a lone surrogate") from error
    options = options or MarkupOptions()
    holes = tuple(assemble(text, _READERS[format](text, options=options, field=field)))
    return Marked(tuple(hole.block for hole in holes), text, holes, _WRITERS[format](options))
