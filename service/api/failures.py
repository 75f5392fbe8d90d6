"""What went wrong with a request, as every dialect tells it: the cause stays inside where it is ours."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from starlette.exceptions import HTTPException

from service.api.errors import InvalidFields, KeyInvalid, KeyMissing, LimitPassed, UnknownLanguageCode
from service.api.kinds import Kind, kind_of
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

_CLOSES: Final = frozenset({408, 413})
"""Statuses after which the rest of the body is not read, so the connection cannot be used again."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An error with its row of the table; `detail` is for people, `fields` for programs.

    A field has `field`, `message`, and `limit` and `actual` where a limit is passed.
    """

    error: Exception
    kind: Kind
    detail: str
    fields: tuple[dict[str, Any], ...]
    headers: dict[str, str]

    @classmethod
    def of(cls, error: Exception) -> Failure:
        """The failure that an exception is."""
        if isinstance(error, HTTPException):
            return cls._of_http(error)
        kind = kind_of(error)
        return cls(error, kind, _detail(error, kind), tuple(_fields(error)), _headers(error, kind))

    @classmethod
    def _of_http(cls, error: HTTPException) -> Failure:
        """No route, or not with this method."""
        title = str(error.detail)
        kind = Kind(error.status_code, title.lower().replace(" ", "-"), title, "validation")
        return cls(error, kind, title, (), dict(error.headers or {}))


def _detail(error: Exception, kind: Kind) -> str:
    if kind.status == 500 or isinstance(error, ModelFailed):
        return "the service failed; the request id finds the cause in its log"
    return str(error)


def _headers(error: Exception, kind: Kind) -> dict[str, str]:
    headers = {"Connection": "close"} if kind.status in _CLOSES else {}
    if isinstance(error, Unavailable | LimitPassed) and error.retry_after_seconds is not None:
        headers["Retry-After"] = str(max(1, math.ceil(error.retry_after_seconds)))
    if isinstance(error, KeyMissing | KeyInvalid):
        headers["WWW-Authenticate"] = "Bearer"
    return headers


def _fields(error: Exception) -> list[dict[str, Any]]:
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
