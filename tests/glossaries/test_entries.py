"""Tables of terms: what is read, and what is refused with its line and without its text."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.engine.errors import TooMany
from service.glossaries.entries import EntriesFormat, format_entries, parse_entries
from service.glossaries.errors import InvalidEntries
from service.text.glossary import GlossaryEntry

SECRET = "hunter2"
TERMS = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=20).filter(
    lambda term: term == term.strip()
)
TABLES = st.dictionaries(TERMS, TERMS, min_size=1, max_size=20)


@given(TABLES)
def test_what_is_written_is_read_again(table: dict[str, str]) -> None:
    """As TSV by our own hand, as CSV by that of the standard library."""
    entries = tuple(GlossaryEntry(*pair) for pair in table.items())
    assert parse_entries(format_entries(entries), "tsv", 20) == entries
    written = io.StringIO(newline="")
    csv.writer(written).writerows(table.items())
    assert parse_entries(written.getvalue(), "csv", 20) == entries


@given(st.text(max_size=60), st.sampled_from(["tsv", "csv"]))
def test_any_text_is_entries_or_refused(text: str, form: EntriesFormat) -> None:
    """No other exception gets out, and what is read has two sides that are not empty."""
    try:
        entries = parse_entries(text, form, 5)
    except (InvalidEntries, TooMany):
        return
    assert all(one.source and one.target for one in entries)


def test_empty_lines_and_any_line_ends_are_read() -> None:
    """Windows and old Macintosh too; white space around a term is dropped."""
    entries = parse_entries("a\tb\r\n\r\n c \t d \re\tf\n", "tsv", 9)
    assert entries == (GlossaryEntry("a", "b"), GlossaryEntry("c", "d"), GlossaryEntry("e", "f"))


def test_csv_may_name_the_languages() -> None:
    """The four columns that DeepL's own site exports."""
    assert parse_entries('"a, b",c,EN,ZH\n', "csv", 9) == (GlossaryEntry("a, b", "c"),)


@pytest.mark.parametrize(
    ("text", "form", "line"),
    [
        ("", "tsv", 0),
        ("a\tb\nhunter2", "tsv", 2),
        ("hunter2\ta\tb", "tsv", 1),
        ("hunter2\t", "tsv", 1),
        ("\thunter2", "tsv", 1),
        ("hunter2\ta\nhunter2\tb", "tsv", 2),
        ("hunter2\u2028\ta", "csv", 1),
        ("hunter2\ta\u2028b", "tsv", 1),
        ("hunter2\ta\x00b", "tsv", 1),
        ("hunter2\t" + "x" * 1025, "tsv", 1),
        ('a,b\nc,"hunter2', "csv", 2),
        ("a,b,hunter2", "csv", 1),
    ],
)
def test_a_bad_line_is_named_and_not_told(text: str, form: EntriesFormat, line: int) -> None:
    """Counted from 1."""
    with pytest.raises(InvalidEntries) as caught:
        parse_entries(text, form, 9)
    assert caught.value.line == line
    assert SECRET not in str(caught.value)


def test_too_many_are_refused() -> None:
    """The limit itself is allowed."""
    assert len(parse_entries("a\tb\nc\td", "tsv", 2)) == 2
    with pytest.raises(TooMany):
        parse_entries("a\tb\nc\td", "tsv", 1)
