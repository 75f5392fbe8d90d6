"""Markdown as parts: what the parser's events cover, and what lies between them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final

from service.text.markup.collecting import PartCollector
from service.text.markup.html_reader import HtmlReader
from service.text.markup.markdown_events import markdown_events
from service.text.markup.options import MarkupOptions
from service.text.markup.parts import Kind, Part

_EMPHASIS: Final = frozenset({"Emphasis", "Strong", "Strikethrough"})
_INLINE: Final = _EMPHASIS | {"Link"}
_SIGN: Final = "markdown "  # no name of an HTML element has a space
_UNTOUCHED: Final = frozenset({"MetadataBlock", "CodeBlock", "Image"})
_SIGNS: Final = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")


def read_markdown(text: str, *, options: MarkupOptions, field: str) -> list[Part]:
    """The document's parts. Raises InvalidText only where elements are nested too deeply."""
    return _MarkdownReader(text, options, field).read()


class _MarkdownReader:
    """Goes through the events in order; `_at` is the first code point that no part covers yet."""

    def __init__(self, text: str, options: MarkupOptions, field: str) -> None:
        self._text = text
        self._at = 0
        self._collector = PartCollector(field)
        self._html = HtmlReader(self._collector, options)
        self._break = Kind.BORDER if options.split_lines else Kind.TEXT
        self._is_after_break = False
        self._html_lines: list[tuple[int, int]] = []
        self._num_quotations = 0

    def read(self) -> list[Part]:
        num_untouched = 0
        for name, kind, value, start, end in markdown_events(self._text):
            if kind in _UNTOUCHED or (kind == "Link" and _is_address(self._text, start)):
                num_untouched += 1 if name == "Start" else -1
                if name == "End" and not num_untouched:
                    self._keep(kind, start, end)
            elif not num_untouched:
                self._read(name, kind, value, start, end)
        self._cover(Kind.BORDER, len(self._text))
        return self._collector.finish()

    def _keep(self, kind: str, start: int, end: int) -> None:
        self._skip_to(start)
        if kind == "Link":
            self._cover(Kind.HOLD, end, self._text[start + 1 : end - 1])
        else:
            self._cover(Kind.MARK if kind == "Image" else Kind.BORDER, end)

    def _read(self, name: str, kind: str, value: Any, start: int, end: int) -> None:
        match name:
            case "Start":
                self._start(kind, start)
            case "End":
                self._end(kind, start, end)
            case "Text":
                self._read_text(value, start, end)
            case "Html":
                self._html_lines.append((start, end))
            case "InlineHtml":
                self._read_inline_html(start, end)
            case _:
                self._read_other(name, value, start, end)

    def _read_other(self, name: str, value: Any, start: int, end: int) -> None:
        self._skip_to(start)
        match name:
            case "Code":
                held = " ".join(value.split())
                self._cover(Kind.HOLD if held else Kind.MARK, end, held)
            case "SoftBreak":
                self._cover(self._break, end, "\n")
                self._is_after_break = True
            case "FootnoteReference":
                self._cover(Kind.MARK, end)
            case _:
                self._cover(Kind.BORDER, end)
                self._is_after_break = name == "HardBreak"

    def _start(self, kind: str, start: int) -> None:
        if kind not in _INLINE:
            self._num_quotations += kind == "BlockQuote"
            self._cover(Kind.BORDER, start)
            self._is_after_break = False
            return
        self._skip_to(start)
        end = start + self._num_signs(kind, start)
        is_emphasis = kind in _EMPHASIS
        self._collector.open(_SIGN + kind, start, end, is_block=False, is_emphasis=is_emphasis)
        self._at = end

    def _end(self, kind: str, start: int, end: int) -> None:
        if kind not in _INLINE:
            self._num_quotations -= kind == "BlockQuote"
            if kind == "HtmlBlock":
                self._read_html_block()
            self._cover(Kind.BORDER, end)
            self._is_after_break = False
            return
        tail = ""
        if kind == "Link":
            end, tail = self._link_end(start, end)
        else:
            self._skip_to(end - self._num_signs(kind, start))
        self._collector.close(_SIGN + kind, self._at, end, is_block=False, tail=tail)
        self._at = end

    def _link_end(self, start: int, end: int) -> tuple[int, str]:
        """Where a link's closing signs end, and those that a translation needs: its words were its name."""
        self._skip_to(self._text.index("]", self._at, end))
        closing = self._text[self._at : end]
        if closing != "]":
            return end, ""
        name = " ".join(self._text[start + 1 : end - 1].split())
        return end + 2 * self._text.startswith("[]", end), f"][{name}]"

    def _num_signs(self, kind: str, start: int) -> int:
        if kind == "Strikethrough":
            return 2 if self._text.startswith("~~", start) else 1
        return 2 if kind == "Strong" else 1

    def _read_text(self, value: str, start: int, end: int) -> None:
        if not value:
            return
        if self._at < start and self._text[start - 1] == "\\" and value[0] in _SIGNS:
            self._skip_to(start - 1)
            self._cover(Kind.TEXT, start + 1, value[0])
            start, value = start + 1, value[1:]
        self._skip_to(start)
        raw = self._text[start:end]
        if raw.startswith("&") and raw != value:
            self._collector.add_reference(start, end, value)
        elif len(raw) == len(value):
            self._collector.add_text(start, raw)
        else:
            self._collector.add(Kind.HOLD, start, end, value)
        self._at = end

    def _read_inline_html(self, start: int, end: int) -> None:
        self._skip_to(start)
        raw = self._text[start:end]
        if self._num_quotations and "\n" in raw:
            self._cover(Kind.MARK, end)  # the signs of the quotation stand inside the tag
            return
        self._html.feed(raw, start)
        self._at = end

    def _read_html_block(self) -> None:
        """The HTML reader gets the block whole, or not at all where a quotation's signs stand in it."""
        lines, self._html_lines = self._html_lines, []
        if not lines or any(left[1] != right[0] for left, right in pairwise(lines)):
            return
        start, end = lines[0][0], lines[-1][1]
        self._cover(Kind.BORDER, start)
        self._collector.is_html = True
        self._html.feed(self._text[start:end], start)
        self._collector.is_html = False
        self._at = end

    def _skip_to(self, start: int) -> None:
        """Covers what no event does: a quotation's signs after a line break, white space, the rest."""
        gap = self._text[self._at : start]
        if gap and (self._is_after_break or gap.isspace()):
            self._cover(self._break if self._is_after_break else Kind.TEXT, start, " ")
        self._cover(Kind.BORDER, start)
        self._is_after_break = False

    def _cover(self, kind: Kind, end: int, text: str = "") -> None:
        if end > self._at:
            self._collector.add(kind, self._at, end, text)
            self._at = end


def _is_address(text: str, start: int) -> bool:
    """True for a link in angle brackets."""
    return text.startswith("<", start)
