"""Errors as RFC 9457 problem documents: field and limit are named, the text never is.

A top-level `error` repeats the detail as a string, which is where LibreTranslate clients look.
"""

from __future__ import annotations

import math
from typing import Any, Final

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from service.api.errors import InvalidFields, Kind, UnknownLanguageCode, kind_of
from service.engine.errors import (
    InvalidOption,
    InvalidText,
    ModelFailed,
    TooLong,
    TooMany,
    Unavailable,
    UnknownLanguage,
    UnsupportedPair,
)

MEDIA_TYPE: Final = "application/problem+json"
_CLOSES: Final = frozenset({408, 413})
"""Statuses after which the rest of the body is not read, so the connection cannot be used again."""


def problem_response(error: Exception, request: Request) -> Response:
    """The answer to a request that ended in `error`."""
    kind = kind_of(error)
    detail = _detail(error, kind)
    return _respond(request, kind, detail, _fields(error), _headers(error, kind))


def http_problem_response(error: HTTPException, request: Request) -> Response:
    """The answer where no route was found, or not with this method."""
    title = str(error.detail)
    kind = Kind(error.status_code, title.lower().replace(" ", "-"), title, "validation")
    return _respond(request, kind, title, [], dict(error.headers or {}))


def _respond(
    request: Request, kind: Kind, detail: str, errors: list[dict[str, Any]], headers: dict[str, str]
) -> Response:
    body = {
        "type": f"urn:zhuyi:problem:{kind.slug}",
        "title": kind.title,
        "status": kind.status,
        "detail": detail,
        "instance": request.url.path,
        "request_id": request.scope.get("state", {}).get("request_id", ""),
        "errors": errors,
        "error": detail,
    }
    return Response(msgspec.json.encode(body), kind.status, headers, MEDIA_TYPE)


def _detail(error: Exception, kind: Kind) -> str:
    """What to tell the caller; the inside of a failure of ours stays inside."""
    if kind.status == 500 or isinstance(error, ModelFailed):
        return "the service failed; the request id finds the cause in its log"
    return str(error)


def _headers(error: Exception, kind: Kind) -> dict[str, str]:
    headers = {"Connection": "close"} if kind.status in _CLOSES else {}
    if isinstance(error, Unavailable):
        headers["Retry-After"] = str(max(1, math.ceil(error.retry_after_seconds)))
    return headers


def _fields(error: Exception) -> list[dict[str, Any]]:
    """The fields at fault, for programs: name, what is wrong, and the limit where there is one."""
    match error:
        case InvalidFields(errors=errors):
            return [_without_none(msgspec.to_builtins(one)) for one in errors]
        case TooLong() | TooMany():
            return [
                {"field": error.field, "message": str(error), "limit": error.limit, "actual": error.actual}
            ]
        case InvalidText() | InvalidOption() | UnknownLanguageCode():
            return [{"field": error.field, "message": str(error)}]
        case UnsupportedPair() | UnknownLanguage():
            return [{"field": field, "message": str(error)} for field in ("source", "target")]
    return []


def _without_none(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
