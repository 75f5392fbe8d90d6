"""What is translated of a document, what is given back for it, and what becomes of both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Opaque:
    """A span of a block's text (code points, `start` < `end`) that must come back as it is.

    `raw` is what the document has for it (`<i class=notranslate>{0}</i>`, `&copy;`, `` `code` ``).
    """

    start: int
    end: int
    raw: str


@dataclass(frozen=True, slots=True)
class Block:
    """Prose between two borders: whole sentences without tags, without white space around them.

    Runs of white space are one space each; the text is never empty and has no line break.

    Attributes:
        text: decoded plain text.
        opaque: spans of `text` in order, without overlap; the caller protects them from the model.
        places: for each code point of `text` the stretch of the document that stands for it (start, end),
            and an empty one for its end.
    """

    text: str
    opaque: tuple[Opaque, ...]
    places: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class RenderedBlock:
    """The translation of one block.

    Attributes:
        text: plain; protected spans have come back as the plain text they had.
        links: (source_start, source_end, target_start, target_end) in code points of the two plain texts;
            may be empty, partial, many-to-many, crossing or wrong: tags stay balanced all the same.
        opaque: for each `Opaque` of the block, in its order, where it stands in `text` (start, end).
        kept: links between stretches of equal text that are to be spelled as the document spells them,
            such as addresses, whose signs Markdown would else escape.
    """

    text: str
    links: Sequence[tuple[int, int, int, int]] = ()
    opaque: Sequence[tuple[int, int]] = ()
    kept: Sequence[tuple[int, int, int, int]] = ()


@dataclass(frozen=True, slots=True)
class Rendered:
    """The translated document.

    `places` holds for each block the stretch of the document (start, end) that stands for each code point of
    the plain translation, and an empty one for its end; the code points of an opaque span share theirs.
    """

    text: str
    places: tuple[tuple[tuple[int, int], ...], ...]
