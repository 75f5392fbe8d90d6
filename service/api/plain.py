"""FastAPI where it describes, Starlette where it runs: a handler reads its request and makes its response.

What FastAPI would put around that (dependencies, validation, stacks of things to close) finds nothing
to do here, and doubles the cost of a short answer.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.telemetry import TelemetryConfig
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from service.api.dialect import Dialect
from service.api.problems import NATIVE
from service.api.routing import RouteTable

Handler = Callable[[Request], Awaitable[Response]]
_NO_TELEMETRY: Final[TelemetryConfig] = {"tracing": False, "metrics": False, "logs": False}
"""Of FastAPI's own, which would look for its exporters at every request; `/metrics` is ours."""


class PlainRoute(APIRoute):
    """Its handler gets the request alone; what it raises goes to the application's handlers."""

    def __init__(self, path: str, endpoint: Handler, **description: Any) -> None:
        super().__init__(path, endpoint, **description)

        async def run(scope: Scope, receive: Receive, send: Send) -> None:
            response = await endpoint(Request(scope, receive, send))
            await response(scope, receive, send)

        self.app = run


class PlainApplication(FastAPI):
    """Its routes are plain, and around them is only the middleware that was added.

    The outermost of that must answer where our own code fails.
    """

    def __init__(self, **description: Any) -> None:
        super().__init__(**description, telemetry=_NO_TELEMETRY)
        self.router.route_class = PlainRoute
        self._dialects: dict[str, Dialect] = {}

    def speak(
        self, dialect: Dialect, path: str, handler: Handler, *, methods: list[str], **description: Any
    ) -> None:
        """Adds a route; `dialect` is that of its errors, and of its path in the metrics."""
        self._dialects[path] = dialect
        self.add_api_route(path, handler, methods=methods, response_model=None, **description)

    def route_table(self) -> RouteTable:
        """All routes so far, FastAPI's own among them."""
        paths = [route.path for route in self.routes if hasattr(route, "path")]
        return RouteTable({path: self._dialects.get(path, NATIVE) for path in paths})

    def build_middleware_stack(self) -> ASGIApp:
        """Middleware, then error handlers, then routes."""
        application: ASGIApp = ExceptionMiddleware(self.router, self.exception_handlers, self.debug)
        for middleware in reversed(self.user_middleware):
            application = middleware.cls(application, *middleware.args, **middleware.kwargs)
        return application
