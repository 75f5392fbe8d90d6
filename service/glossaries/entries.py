"""Terms and their translations as TSV or CSV; whatever is read can be written and read again.

DeepL's rules: a line is an entry, neither side is empty or holds a control character or a line break,
no source term comes twice, and white space around a term is dropped.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import Final, Literal

from service.engine.errors import TooMany
from service.glossaries.errors import InvalidEntries
from service.text.glossary import GlossaryEntry

EntriesFormat = Literal["tsv", "csv"]
MAX_TERM_BYTES: Final = 1024
_FIELD: Final = "entries"
_FORBIDDEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_LINE_END: Final = re.compile(r"\r\n|\r|\n")


def parse_entries(text: str, form: EntriesFormat, max_entries: int) -> tuple[GlossaryEntry, ...]:
    """The entries of a table in their order; raises InvalidEntries, TooMany."""
    found: dict[str, GlossaryEntry] = {}
    for line, cells in _rows(text, form):
        entry = _entry(cells, line)
        if entry.source in found:
            raise InvalidEntries(_FIELD, "has a source term that came before", line)
        found[entry.source] = entry
        if len(found) > max_entries:
            raise TooMany(_FIELD, max_entries, len(found), "entries or more")
    if not found:
        raise InvalidEntries(_FIELD, "must have at least one entry")
    return tuple(found.values())


def format_entries(entries: Sequence[GlossaryEntry]) -> str:
    """The entries as TSV, a line each."""
    return "\n".join(f"{one.source}\t{one.target}" for one in entries)


def _rows(text: str, form: EntriesFormat) -> Iterator[tuple[int, list[str]]]:
    """The cells of each line that is not empty, with its number."""
    if form == "tsv":
        rows = enumerate((line.split("\t") for line in _LINE_END.split(text)), 1)
        yield from ((number, cells) for number, cells in rows if cells != [""])
        return
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        yield from ((reader.line_num, cells) for cells in reader if cells)
    except csv.Error:
        raise InvalidEntries(_FIELD, "is not CSV", reader.line_num) from None


def _entry(cells: list[str], line: int) -> GlossaryEntry:
    """The first two cells; CSV may have two more, the languages, which the glossary tells itself."""
    if len(cells) not in (2, 4):
        raise InvalidEntries(_FIELD, "must have a source term and a target term", line)
    source, target = cells[0].strip(), cells[1].strip()
    for term in (source, target):
        if fault := _fault_of(term):
            raise InvalidEntries(_FIELD, fault, line)
    return GlossaryEntry(source, target)


def _fault_of(term: str) -> str:
    if not term:
        return "has an empty term"
    if _FORBIDDEN.search(term):
        return "has a control character in a term"
    if len(term.encode()) > MAX_TERM_BYTES:
        return f"has a term of more than {MAX_TERM_BYTES} bytes"
    return ""
