"""Which route a path belongs to, by its template, and in which dialect its errors are told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import compile_path

from service.api.dialect import Dialect
from service.api.problems import NATIVE

UNMATCHED: Final = "unmatched"


class Found(NamedTuple):
    """A route's template, `unmatched` for a path that has none, and its dialect."""

    template: str
    dialect: Dialect


_NOTHING: Final = Found(UNMATCHED, NATIVE)


class RouteTable:
    """Templates such as `/v2/glossaries/{id}` with their dialects; paths without parameters are looked up."""

    def __init__(self, dialects: Mapping[str, Dialect]) -> None:
        found = {template: Found(template, dialect) for template, dialect in dialects.items()}
        self._exact = {template: one for template, one in found.items() if "{" not in template}
        self._patterns: list[tuple[re.Pattern[str], Found]] = [
            (compile_path(template)[0], one) for template, one in found.items() if "{" in template
        ]

    def find(self, path: str) -> Found:
        """The route of a path; where several templates fit, the first."""
        if found := self._exact.get(path):
            return found
        return next((one for pattern, one in self._patterns if pattern.match(path)), _NOTHING)


def answer_error(error: Exception, request: Request) -> Response:
    """The response to a request that ended in `error`, in the dialect of its route."""
    dialect: Dialect = request.scope.get("state", {}).get("dialect", NATIVE)
    return dialect.answer(error, request)
