"""Forms and query strings as plain objects: strict UTF-8, a bounded number of fields, no files.

What a form cannot say, which fields are lists or numbers, the route says; everything else is a text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import Field, File, FormParser

from service.api.errors import MalformedBody, MalformedQuery

MAX_FIELDS: Final = 10_000
_DECIMAL = re.compile(r"\d{1,9}(\.\d{1,9})?", re.ASCII)
_BOOLEANS: Final = {"0": False, "1": True, "false": False, "true": True}
_CONFIG: Final = {"MAX_MEMORY_FILE_SIZE": float("inf"), "UPLOAD_ERROR_ON_BAD_CTE": True}
_Pairs = Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class FieldTypes:
    """What the fields of a form are; of a field that is a text and comes several times, the last counts.

    `lists` are lists even where they come once, `repeated` only where they come several times. A value that
    is not what it should be stays a text, which the route's schema then refuses.
    """

    lists: frozenset[str] = frozenset()
    repeated: frozenset[str] = frozenset()
    integers: frozenset[str] = frozenset()
    decimals: frozenset[str] = frozenset()
    booleans: frozenset[str] = frozenset()

    def shape(self, pairs: _Pairs) -> dict[str, Any]:
        """The fields, each in its type."""
        values: dict[str, list[str]] = {}
        for name, value in pairs:
            values.setdefault(name, []).append(value)
        return {name: self._value(name, texts) for name, texts in values.items()}

    def _value(self, name: str, texts: list[str]) -> Any:
        text = texts[-1]
        if name in self.lists or (name in self.repeated and len(texts) > 1):
            return texts
        if name in self.integers and text.isascii() and text.isdigit() and len(text) < 10:
            return int(text)
        if name in self.decimals and _DECIMAL.fullmatch(text):
            return float(text)
        return _BOOLEANS.get(text.lower(), text) if name in self.booleans else text


def parse_form(body: bytes, types: FieldTypes) -> dict[str, Any]:
    """The fields of a URL-encoded form; raises MalformedBody."""
    try:
        return types.shape(_pairs(body))
    except ValueError:
        raise MalformedBody("is not a form in UTF-8") from None


def parse_query(query: bytes, types: FieldTypes) -> dict[str, Any]:
    """The fields of a query string; raises MalformedQuery."""
    try:
        return types.shape(_pairs(query))
    except ValueError:
        raise MalformedQuery from None


def parse_multipart(body: bytes, boundary: str, types: FieldTypes) -> dict[str, Any]:
    """The fields of `multipart/form-data` (RFC 7578) as browsers send them; raises MalformedBody."""
    try:
        return types.shape((name.decode(), value.decode()) for name, value in _parts(body, boundary))
    except (FormParserError, ValueError):
        raise MalformedBody("is not a multipart form in UTF-8 without files") from None


def _pairs(text: bytes) -> list[tuple[str, str]]:
    return parse_qsl(text.decode(), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)


def _parts(body: bytes, boundary: str) -> list[tuple[bytes, bytes]]:
    """Names and values; raises FormParserError for files, too many fields and what has no end."""
    found: list[tuple[bytes, bytes]] = []
    ends: list[None] = []
    if not boundary:
        raise FormParserError("no boundary")

    def on_field(field: Field) -> None:
        if len(found) == MAX_FIELDS:
            raise FormParserError("too many fields")
        found.append((field.field_name or b"", field.value or b""))

    parser = FormParser(
        "multipart/form-data", on_field, _refuse_file, lambda: ends.append(None), boundary, config=_CONFIG
    )
    parser.write(body)
    if not ends:
        raise FormParserError("the last boundary is missing")
    return found


def _refuse_file(file: File) -> None:
    raise FormParserError("a file")
