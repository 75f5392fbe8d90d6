"""Errors of a route are told in its dialect, wherever they arise, and its answers are counted there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response

from service.api.context import RequestContext
from service.api.dialect import Dialect
from service.api.errors import ApiError, BodyTooLarge
from service.api.failures import Failure
from service.api.plain import PlainApplication
from service.api.problems import NATIVE
from service.api.request_limits import RequestLimits
from service.api.routing import RouteTable, answer_error
from service.engine.errors import Overloaded
from service.metrics import Metrics
from tests.api.test_metrics import samples_of, total


def render(failure: Failure, status: int, _: Request) -> dict[str, Any]:
    """A body of its own."""
    return {"code": status, "message": failure.detail}


OTHER = Dialect(
    "deepl",
    render,
    status_of=lambda failure: 429 if isinstance(failure.error, Overloaded) else failure.kind.status,
    headers=lambda request: {"X-Trace-ID": request.scope["state"]["request_id"]},
)


async def fail(request: Request) -> Response:
    """A route that ends as the query string says."""
    match request.url.query:
        case "full":
            raise Overloaded(2.0)
        case "bug":
            raise RuntimeError("secret")
    raise BodyTooLarge(10)


def application(metrics: Metrics) -> PlainApplication:
    """Two routes that fail, one with a parameter, and what lies around all routes."""
    found = PlainApplication(title="t")
    found.speak(OTHER, "/v2/things/{id}", fail, methods=["GET"])
    found.speak(NATIVE, "/own", fail, methods=["GET"])
    found.add_exception_handler(ApiError, _answer)
    found.add_exception_handler(Overloaded, _answer)
    found.add_middleware(RequestLimits, max_body_bytes=10)
    routes = found.route_table()
    found.add_middleware(RequestContext, recorder=metrics, routes=routes, is_draining=lambda: False)
    return found


async def _answer(request: Request, error: Exception) -> Response:
    return answer_error(error, request)


@pytest.fixture
def metrics() -> Metrics:
    """Real ones."""
    return Metrics()


@pytest.fixture
async def client(metrics: Metrics) -> AsyncIterator[httpx.AsyncClient]:
    """In front of the application, in this process."""
    transport = httpx.ASGITransport(application(metrics))
    async with httpx.AsyncClient(transport=transport, base_url="http://h") as found:
        yield found


@pytest.mark.parametrize(("query", "status"), [("", 413), ("full", 429), ("bug", 500)])
async def test_an_error_is_told_as_its_route_does(client: httpx.AsyncClient, query: str, status: int) -> None:
    """Body, status, type and headers, for bugs of ours as well."""
    answer = await client.get(f"/v2/things/7?{query}")
    assert answer.status_code == answer.json()["code"] == status
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-trace-id"] == answer.headers["x-request-id"]
    assert "secret" not in answer.text
    assert ("retry-after" in answer.headers) == (query == "full")


async def test_a_bad_head_is_told_so_too(client: httpx.AsyncClient) -> None:
    """It is refused before any route runs."""
    answer = await client.get("/v2/things/7", headers={"Host": "a@b"})
    assert (answer.status_code, answer.json()["code"]) == (400, 400)


async def test_other_routes_speak_their_own(client: httpx.AsyncClient) -> None:
    """One dialect does not rub off on the next."""
    answer = await client.get("/own")
    assert answer.headers["content-type"] == "application/problem+json"


async def test_answers_are_counted_by_template_and_dialect(
    client: httpx.AsyncClient, metrics: Metrics
) -> None:
    """A parameter of a path never becomes a label."""
    for number in range(3):
        await client.get(f"/v2/things/{number}")
    samples = samples_of(metrics.render()[0].decode())
    labels = {"route": "/v2/things/{id}", "dialect": "deepl", "status": "413"}
    assert total(samples, "zhuyi_http_requests_total", **labels) == 3
    assert total(samples, "zhuyi_http_request_duration_seconds_count", dialect="deepl") == 3


def test_a_path_finds_its_template() -> None:
    """A plain one before a pattern; a parameter is one part of a path."""
    table = RouteTable({"/v2/things/{id}": OTHER, "/v2/things/all": NATIVE})
    assert table.find("/v2/things/all").dialect is NATIVE
    assert table.find("/v2/things/1") == ("/v2/things/{id}", OTHER)
    assert table.find("/v2/things/1/2").template == table.find("/").template == "unmatched"
