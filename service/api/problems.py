"""Errors as RFC 9457 problem documents: field and limit are named, the text never is."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request

from service.api.dialect import Dialect
from service.api.failures import Failure

MEDIA_TYPE: Final = "application/problem+json"


def render_problem(failure: Failure, status: int, request: Request) -> dict[str, Any]:
    """The document; a top-level `error` repeats the detail as a string."""
    return {
        "type": f"urn:zhuyi:problem:{failure.kind.slug}",
        "title": failure.kind.title,
        "status": status,
        "detail": failure.detail,
        "instance": request.url.path,
        "request_id": request.scope.get("state", {}).get("request_id", ""),
        "errors": list(failure.fields),
        "error": failure.detail,
    }


NATIVE: Final = Dialect("native", render_problem, media_type=MEDIA_TYPE)
