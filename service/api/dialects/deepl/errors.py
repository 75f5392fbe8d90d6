"""Errors and answers as DeepL has them: `{"message", "detail"}`, its statuses, and X-Trace-ID on each.

Its clients retry 429 and 5xx by themselves: 429 with Retry-After is an overload or a key's rate, 503 not
ready or stopping.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from service.api.dialect import Dialect
from service.api.errors import FieldError, InvalidFields, QuotaExceeded, UnknownLanguageCode
from service.api.failures import Failure
from service.api.keys.places import KeyPlaces
from service.engine.errors import Overloaded, TooLong, TooMany, UnsupportedPair

_STATUSES: Final = {401: 403, 422: 400, 431: 414}
_FIELDS: Final = {"source": "source_lang", "target": "target_lang"}


FORMALITY: Final = FieldError("formality", "is not supported for given 'target_lang'")


def deepl_response(answer: Any, request: Request, status: int = 200) -> Response:
    """An answer as JSON."""
    return Response(msgspec.json.encode(answer), status, trace_id(request), "application/json")


def trace_id(request: Request) -> dict[str, str]:
    """The header by which DeepL's support would find a request: our request id."""
    return {"X-Trace-ID": request.scope.get("state", {}).get("request_id", "")}


def _render(failure: Failure, _: int, __: Request) -> dict[str, str]:
    match failure.error:
        case UnknownLanguageCode(field=field, served=served):
            message = f"Value for '{_FIELDS.get(field, field)}' not supported."
            return {"message": message, "detail": f"served are {', '.join(served).upper()}"}
        case UnsupportedPair():
            message = "Value for 'target_lang' not supported for given 'source_lang'."
            return {"message": message, "detail": failure.detail}
        case InvalidFields(errors=(first,)) if first == FORMALITY:
            return {"message": f"'{first.field}' {first.message}."}
    return {"message": failure.kind.title, "detail": failure.detail}


def _status(failure: Failure) -> int:
    if isinstance(failure.error, TooLong | TooMany):
        return 413
    if isinstance(failure.error, Overloaded):
        return 429
    if isinstance(failure.error, QuotaExceeded):
        return 456
    return _STATUSES.get(failure.kind.status, failure.kind.status)


_KEYS: Final = KeyPlaces(scheme=b"deepl-auth-key", query=("auth_key",), body=("auth_key",))
DEEPL: Final = Dialect("deepl", _render, status_of=_status, headers=trace_id, key_places=_KEYS)
