"""FastAPI where it describes, Starlette where it runs: a handler reads its request and makes its response.

What FastAPI would put around that (dependencies, validation, stacks of things to close) finds nothing
to do here, and doubles the cost of a short answer.
"""

from __future__ import annotations

from typing import Any, Final, Literal

from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.telemetry import TelemetryConfig
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from service.api.dialect import Dialect
from service.api.guard import Guard, describe_refusals
from service.api.guard import Handler as Handler
from service.api.keys.lines import KeyScope
from service.api.problems import NATIVE
from service.api.routing import RouteTable

Needs = KeyScope | Literal["nothing"]
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
    """Its routes are plain, and around them is only the middleware that was added, and `guard` if any.

    The outermost that is not the browser's (CORS) must answer where our own code fails. A route that says
    nothing about keys `needs` the same as all of its application.
    """

    def __init__(
        self, *, guard: Guard | None = None, needs: KeyScope = "translate", **description: Any
    ) -> None:
        super().__init__(**description, telemetry=_NO_TELEMETRY)
        self.router.route_class = PlainRoute
        self._dialects: dict[str, Dialect] = {}
        self._guard, self._needs = guard, needs

    def speak(
        self, dialect: Dialect, path: str, handler: Handler, *, methods: list[str],
        needs: Needs | None = None, operation: str = "", **description: Any,
    ) -> None:  # fmt: skip
        """Adds a route; `dialect` is that of its errors, and of its path in the metrics.

        `needs` is the scope of the keys it is for; `operation` what refused requests are counted as.
        """
        self._dialects[path] = dialect
        needed = needs or self._needs
        if self._guard and needed != "nothing":
            handler = self._guard.around(handler, dialect, needed, operation)
            description["responses"] = describe_refusals(dialect) | (description.get("responses") or {})
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
