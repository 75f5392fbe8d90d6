"""Names of the fields of a request, for errors that the engine raises about its sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from service.engine.errors import InvalidText, TooLong, TooMany

_FIELDS = {"sentences": "q", "translations": "translation"}
_ENGINE_FIELD = re.compile(r"(sentences|translations)\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class FieldNames:
    """How the caller wrote its texts: one, or a list."""

    is_list: bool

    def name(self, field: str, number: int) -> str:
        """`q`, or `q[3]` in a list."""
        return f"{field}[{number}]" if self.is_list else field

    @contextmanager
    def of(self, texts: Sequence[int]) -> Iterator[None]:
        """Errors raised within name the text of the request; `texts` has its number for each sentence."""
        try:
            yield
        except TooLong as error:
            unit = f"{error.unit} in one sentence"
            raise TooLong(self._renamed(error.field, texts), error.limit, error.actual, unit) from None
        except InvalidText as error:
            raise InvalidText(self._renamed(error.field, texts), error.reason) from None
        except TooMany as error:
            raise TooMany("q", error.limit, error.actual, error.unit) from None

    def _renamed(self, field: str, texts: Sequence[int]) -> str:
        if field.startswith("required"):
            return "glossary"
        found = _ENGINE_FIELD.fullmatch(field)
        if not found:
            return field
        return self.name(_FIELDS[found.group(1)], texts[int(found.group(2))])
