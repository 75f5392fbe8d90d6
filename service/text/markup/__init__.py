"""HTML, XML and Markdown as prose with holes: what is not translated comes back byte for byte."""

from __future__ import annotations

from service.text.markup.document import Block, Opaque, Rendered, RenderedBlock
from service.text.markup.marked import Marked
from service.text.markup.options import MarkupFormat, MarkupOptions
from service.text.markup.reading import read_markup

__all__ = [
    "Block",
    "Marked",
    "MarkupFormat",
    "MarkupOptions",
    "Opaque",
    "Rendered",
    "RenderedBlock",
    "read_markup",
]
