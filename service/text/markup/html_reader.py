"""HTML as parts: turbohtml's tokenizer (the HTML standard's, section 13.2.5) says where each token stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from turbohtml import Token, TokenType, tokenize

from service.text.markup.collecting import PartCollector
from service.text.markup.elements import BLOCKS, SILENT, SPOKEN, VOID, ended_by
from service.text.markup.options import MarkupOptions
from service.text.markup.parts import Kind, Part

_FOREIGN: Final = ("svg", "math")
_NOTHING: Final = "</>"


def read_html(text: str, *, options: MarkupOptions, field: str) -> list[Part]:
    """The document's parts. Raises InvalidText only where elements are nested too deeply."""
    reader = HtmlReader(PartCollector(field, split_lines=options.split_lines), options)
    reader.feed(text, 0)
    return reader.collector.finish()


class HtmlReader:
    """Feeds pieces of HTML to a collector; elements may begin in one piece and end in another."""

    def __init__(self, collector: PartCollector, options: MarkupOptions) -> None:
        self.collector = collector
        lower = {name.lower() for name in options.non_splitting_tags}
        self._blocks = (BLOCKS | {name.lower() for name in options.splitting_tags}) - lower
        self._ignored = frozenset(name.lower() for name in options.ignore_tags)

    def feed(self, text: str, at: int) -> None:
        """One piece, which stands at code point `at` of the document."""
        end = 0
        for token, start, following in _placed(text):
            self.collector.add(Kind.MARK, at + end, at + start)  # `</>`, which is nothing
            end = following
            self._read(token, text[start:end], at + start)
        self.collector.add(Kind.BORDER, at + end, at + len(text))  # a tag that the document's end cuts off

    def _read(self, token: Token, raw: str, start: int) -> None:
        kind, end = token.type, start + len(raw)
        if kind == TokenType.TEXT:
            self.collector.add_text(start, raw)
        elif kind == TokenType.CHARACTER_REFERENCE:
            self.collector.add_reference(start, end, token.data or "")
        elif kind == TokenType.START_TAG:
            self._start(token, token.tag or "", start, end)
        elif kind == TokenType.END_TAG:
            self._end(token.tag or "", start, end)
        else:
            self.collector.add(Kind.BORDER if kind == TokenType.DOCTYPE else Kind.MARK, start, end)

    def _start(self, token: Token, name: str, start: int, end: int) -> None:
        for names, shields in ended_by(name):
            self.collector.end_implied(names, shields)
        is_block = name in self._blocks
        if name in VOID or (token.self_closing and self.collector.is_open(_FOREIGN)):
            self.collector.add(Kind.BORDER if is_block else Kind.MARK, start, end)
            return
        is_sealed = name in SILENT or name in SPOKEN or name in self._ignored
        self.collector.open(
            name,
            start,
            end,
            is_block=is_block,
            translates=False if is_sealed else _translates(token),
            is_sealed=is_sealed,
            is_silent=name in SILENT and name not in self._ignored,
        )

    def _end(self, name: str, start: int, end: int) -> None:
        if name in VOID:  # </br> is a line break, the others are nothing
            self.collector.add(Kind.BORDER if name in self._blocks else Kind.MARK, start, end)
            return
        self.collector.close(name, start, end, is_block=name in self._blocks)


def _placed(text: str) -> Iterator[tuple[Token, int, int]]:
    """Each token with its first code point and that after it.

    The standard reads every line break as one character, so the tokens are counted in such a text.
    """
    normal = text.replace("\r\n", "\n").replace("\r", "\n")
    places = None if len(normal) == len(text) else _places(text)
    start = 0
    for token in tokenize(normal, resolve_references=False, capture_source=True):
        raw = token.data or "" if token.source is None else token.source
        while normal.startswith(_NOTHING, start) and not raw.startswith(_NOTHING):
            start += len(_NOTHING)  # no token stands for it
        end = start + len(raw)
        yield (token, places[start], places[end]) if places else (token, start, end)
        start = end


def _places(text: str) -> list[int]:
    """For each code point of the text with single line breaks, and its end, that of `text`."""
    places = [
        at for at, character in enumerate(text) if not (character == "\n" and text[at - 1 : at] == "\r")
    ]
    return [*places, len(text)]


def _translates(token: Token) -> bool | None:
    """What the tag says of its content (the attribute `translate`, section 3.2.6.5, and the usual class)."""
    if "notranslate" in (token.attr("class") or "").split():
        return False
    said = token.attr("translate")
    return None if said is None else {"no": False, "yes": True, "": True}.get(said.strip().lower())
