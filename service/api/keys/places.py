"""Where the clients of a dialect put their key; `Authorization: Bearer` and `X-API-Key` are read in all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

_AUTHORIZATION: Final = b"authorization"
_MAX_FIELDS: Final = 10_000


@dataclass(frozen=True, slots=True)
class KeyPlaces:
    """Names in lower case: a further scheme of Authorization, a further header, fields of query and body."""

    scheme: bytes = b"bearer"
    header: bytes = b"x-api-key"
    query: tuple[str, ...] = ()
    body: tuple[str, ...] = ()

    def in_head(self, headers: Iterable[tuple[bytes, bytes]], query_string: bytes) -> str:
        """The first key of headers and query string; "" where there is none."""
        for name, value in headers:
            if key := self._in_header(name, value):
                return key.decode("latin-1")
        return self._in_query(query_string) if self.query and query_string else ""

    def in_fields(self, fields: Mapping[str, Any]) -> str:
        """The key among the fields of a body; "" where there is none."""
        return next((key for name in self.body if isinstance(key := fields.get(name), str) and key), "")

    def _in_header(self, name: bytes, value: bytes) -> bytes:
        if name == _AUTHORIZATION:
            scheme, _, key = value.partition(b" ")
            return key.strip() if scheme.lower() in (b"bearer", self.scheme) else b""
        return value.strip() if name in (b"x-api-key", self.header) else b""

    def _in_query(self, query_string: bytes) -> str:
        try:
            fields = dict(parse_qsl(query_string.decode("latin-1"), max_num_fields=_MAX_FIELDS))
        except ValueError:
            return ""
        return next((key for name in self.query if (key := fields.get(name))), "")


EVERYWHERE: Final = KeyPlaces()
