"""Google's error body and the names that it gives to statuses."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request

from service.api.dialect import Dialect
from service.api.failures import Failure
from service.api.keys.places import KeyPlaces

_NAMES: Final = {
    400: ("INVALID_ARGUMENT", "invalid"),
    403: ("PERMISSION_DENIED", "forbidden"),
    404: ("NOT_FOUND", "notFound"),
    405: ("INVALID_ARGUMENT", "httpMethodNotAllowed"),
    408: ("DEADLINE_EXCEEDED", "requestTimeout"),
    413: ("INVALID_ARGUMENT", "uploadTooLarge"),
    429: ("RESOURCE_EXHAUSTED", "rateLimitExceeded"),
    500: ("INTERNAL", "internalError"),
    503: ("UNAVAILABLE", "backendError"),
    504: ("DEADLINE_EXCEEDED", "gatewayTimeout"),
}


def _status_of(failure: Failure) -> int:
    """400 for whatever the caller must change, 403 for keys: of these Google knows no others."""
    return _STATUSES.get(failure.kind.status, failure.kind.status)


def _render(failure: Failure, status: int, _: Request) -> dict[str, Any]:
    name, reason = _NAMES.get(status, _NAMES[400])
    fault = {"message": failure.detail, "domain": "global", "reason": reason}
    return {"error": {"code": status, "message": failure.detail, "status": name, "errors": [fault]}}


_STATUSES: Final = {401: 403, 415: 400, 422: 400}
_KEYS: Final = KeyPlaces(header=b"x-goog-api-key", query=("key",), body=("key",))
GOOGLE: Final = Dialect("google", _render, status_of=_status_of, key_places=_KEYS)
