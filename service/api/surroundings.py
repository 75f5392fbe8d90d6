"""What lies around the routes of every application: errors turned into answers, limits, counts, CORS."""

from __future__ import annotations

from typing import Final

from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response

from service.api.context import RequestContext, log_failure
from service.api.errors import ApiError
from service.api.guard import Guard
from service.api.plain import PlainApplication
from service.api.request_limits import RequestLimits
from service.api.routing import answer_error
from service.api.services import Services
from service.engine.errors import ZhuyiError

_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
_SENT: Final = (
    "Authorization", "Content-Type", "Ocp-Apim-Subscription-Key", "X-API-Key", "X-Goog-Api-Key",
    "X-Request-ID", "X-Request-Timeout-Ms",
)  # fmt: skip
_READ: Final = (
    "RateLimit", "RateLimit-Policy", "Retry-After", "Server-Timing", "X-Request-ID", "X-Trace-ID",
    "X-Zhuyi-Model",
)  # fmt: skip


def guard_of(services: Services) -> Guard | None:
    """The guard of an application's routes; None where keys are off."""
    if services.gate is None:
        return None
    seconds = services.policy.body_timeout_seconds
    return Guard(services.gate, services.recorder, body_timeout_seconds=seconds)


def surround(application: PlainApplication, services: Services) -> None:
    """Called when all routes are there."""
    for family in (ZhuyiError, ApiError, HTTPException):
        application.add_exception_handler(family, _answer_error)
    application.add_middleware(RequestLimits, max_body_bytes=services.policy.max_body_bytes)
    routes = application.route_table()
    application.add_middleware(
        RequestContext, recorder=services.recorder, routes=routes, is_draining=services.is_draining
    )


def allow_origins(application: PlainApplication, origins: tuple[str, ...]) -> None:
    """Lets pages of these origins call the routes, cookies left out.

    Around everything else, so that errors can be read there too; preflights are answered here, uncounted.
    """
    application.add_middleware(
        CORSMiddleware,
        allow_origins=origins,
        allow_methods=_METHODS,
        allow_headers=_SENT,
        expose_headers=_READ,
    )


async def _answer_error(request: Request, error: Exception) -> Response:
    response = answer_error(error, request)
    if response.status_code == 500:
        log_failure(error, request.scope["state"]["request_id"])
    return response
