"""A request that ends in a bug of ours, traced, and logged as `json` or `console`: the first argument."""

from __future__ import annotations

import asyncio
import logging
import sys
from typing import Any

import structlog
from opentelemetry.sdk.trace import TracerProvider
from starlette.types import Receive, Scope, Send

from service.api.context import RequestContext
from service.api.problems import NATIVE
from service.api.routing import RouteTable
from service.logs import configure_logging
from service.metrics import Metrics
from service.traces import TracedRequests

SECRET = "MyPasswordIsHunter2"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SCOPE = {
    "type": "http",
    "method": "POST",
    "path": "/translate",
    "query_string": SECRET.encode(),
    "headers": [
        (b"traceparent", f"00-{TRACE}-00f067aa0ba902b7-01".encode()),
        (b"x-request-id", b"chat-42"),
        (b"x-secret", SECRET.encode()),
    ],
}


async def fail(_: Scope, __: Receive, ___: Send) -> None:
    """Logs through the standard library, then raises what holds a text."""
    await asyncio.sleep(0)
    logging.getLogger("foreign").warning("on its way")
    raise ValueError(SECRET)


async def main() -> None:
    """Two lines within the request, one after it."""
    routes = RouteTable({"/translate": NATIVE})
    answered = RequestContext(fail, recorder=Metrics(), routes=routes, is_draining=lambda: False)
    traced = TracedRequests(answered, tracer=TracerProvider().get_tracer("test"), routes=routes)

    async def nothing(_: Any = None) -> dict[str, Any]:
        return {}

    await traced(dict(SCOPE), nothing, nothing)  # type: ignore[arg-type]
    structlog.get_logger("service").info("after")


if __name__ == "__main__":
    configure_logging("json" if sys.argv[1] == "json" else "console", "info")
    asyncio.run(main())
