"""Google's error body and the names that it gives to statuses."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request

from service.api.dialect import Dialect
from service.api.failures import Failure

_NAMES: Final = {
    400: ("INVALID_ARGUMENT", "invalid"),
    404: ("NOT_FOUND", "notFound"),
    405: ("INVALID_ARGUMENT", "httpMethodNotAllowed"),
    408: ("DEADLINE_EXCEEDED", "requestTimeout"),
    413: ("INVALID_ARGUMENT", "uploadTooLarge"),
    500: ("INTERNAL", "internalError"),
    503: ("UNAVAILABLE", "backendError"),
    504: ("DEADLINE_EXCEEDED", "gatewayTimeout"),
}


def _status_of(failure: Failure) -> int:
    """400 for whatever the caller must change: Google knows neither 415 nor 422."""
    return 400 if failure.kind.status in (415, 422) else failure.kind.status


def _render(failure: Failure, status: int, _: Request) -> dict[str, Any]:
    name, reason = _NAMES.get(status, _NAMES[400])
    fault = {"message": failure.detail, "domain": "global", "reason": reason}
    return {"error": {"code": status, "message": failure.detail, "status": name, "errors": [fault]}}


GOOGLE: Final = Dialect("google", _render, status_of=_status_of)
