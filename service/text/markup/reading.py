"""One door to the three readers."""

from __future__ import annotations

from service.text.markup.document import Marked
from service.text.markup.options import MarkupFormat, MarkupOptions


def read_markup(
    text: str, format: MarkupFormat, *, options: MarkupOptions | None = None, field: str = "text"
) -> Marked:
    """The document's blocks of prose.

    Raises InvalidText, which names `field` and never the text, for XML that is not well-formed (with line
    and column) or declares entities, and for elements nested too deeply.
    """
    raise NotImplementedError
