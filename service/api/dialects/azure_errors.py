"""Azure's error body: a code of six digits, of which the first three are the status."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request

from service.api.dialect import Dialect
from service.api.errors import MalformedBody, QuotaExceeded, UnknownLanguageCode
from service.api.failures import Failure
from service.api.keys.places import KeyPlaces
from service.engine.errors import TooLong, TooMany

_QUOTA_EXCEEDED, _INVALID_SOURCE, _INVALID_TARGET, _TOO_LONG, _NOT_JSON = 1, 35, 36, 77, 74


def _status_of(failure: Failure) -> int:
    """400 for wrong fields, 403 for a used up quota: Azure knows no 422, and 429 for rates alone."""
    if isinstance(failure.error, QuotaExceeded):
        return 403
    return 400 if failure.kind.status == 422 else failure.kind.status


def _detail_code(failure: Failure) -> int:
    """The last three digits; 0 where Azure has no more to say."""
    match failure.error:
        case UnknownLanguageCode(field="source"):
            return _INVALID_SOURCE
        case UnknownLanguageCode():
            return _INVALID_TARGET
        case TooLong() | TooMany():
            return _TOO_LONG
        case QuotaExceeded():
            return _QUOTA_EXCEEDED
        case MalformedBody():
            return _NOT_JSON
    return 0


def _render(failure: Failure, status: int, _: Request) -> dict[str, Any]:
    return {"error": {"code": status * 1000 + _detail_code(failure), "message": failure.detail}}


_KEYS: Final = KeyPlaces(header=b"ocp-apim-subscription-key", query=("subscription-key",))
AZURE: Final = Dialect("azure", _render, status_of=_status_of, key_places=_KEYS)
