"""What surrounds every request: ids, limits of head and body, routes, headers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator

import pytest

from service.api.request_limits import MAX_HEAD_BYTES
from tests.api.serving import POLICY, Api, head_of

GOOD = {"q": "hi", "source": "en", "target": "zh"}
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("given", ["abc-123", "a/b:c=d+e.f_g", "x" * 128])
async def test_a_sane_request_id_comes_back(api: Api, given: str) -> None:
    """In the header of every answer, and in the body of a problem."""
    answer = await api.client.get("/nothing", headers={"X-Request-ID": given})
    assert answer.headers["x-request-id"] == answer.json()["request_id"] == given


@pytest.mark.parametrize("given", ["", "x" * 129, "a b", "a\tb", "<script>", "\xe9"])
async def test_another_request_id_is_replaced(api: Api, given: str) -> None:
    """Nothing that could forge a log line or a page gets through."""
    answer = await api.client.get("/languages", headers={b"X-Request-ID": given.encode("latin-1")})
    assert answer.headers["x-request-id"] not in ("", given)


async def test_unknown_routes_and_methods_are_problems(api: Api) -> None:
    """404 and 405 look like every other error; 405 says what is allowed."""
    missing, wrong = await api.client.get("/nothing"), await api.client.get("/translate")
    assert (missing.status_code, wrong.status_code) == (404, 405)
    assert wrong.headers["allow"] == "POST"
    for answer in (missing, wrong):
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["x-content-type-options"] == "nosniff"


def body_of(size: int) -> bytes:
    """A good request of exactly so many bytes."""
    empty = json.dumps(GOOD | {"padding": ""}).encode()
    return json.dumps(GOOD | {"padding": "x" * (size - len(empty))}).encode()


@pytest.mark.parametrize(("beyond", "status"), [(-1, 200), (0, 200), (1, 413)])
async def test_the_body_limit_is_exact(api: Api, beyond: int, status: int) -> None:
    """In bytes; the limit itself is allowed."""
    body = body_of(POLICY.max_body_bytes + beyond)
    answer = await api.client.post("/translate", content=body, headers=JSON)
    assert answer.status_code == status


@pytest.mark.parametrize(("beyond", "status"), [(0, 200), (1, 413)])
async def test_the_body_limit_counts_what_is_streamed(api: Api, beyond: int, status: int) -> None:
    """Chunks without a Content-Length are counted as they arrive."""
    body = body_of(POLICY.max_body_bytes + beyond)

    async def chunks() -> AsyncIterator[bytes]:
        for at in range(0, len(body), 7):
            yield body[at : at + 7]

    answer = await api.client.post("/translate", content=chunks(), headers=JSON)
    assert answer.status_code == status


async def test_a_declared_length_over_the_limit_is_refused_unread(api: Api) -> None:
    """Without waiting for the body; the connection is closed, since the body may still come."""
    answer = await asyncio.wait_for(api.send_raw(head_of(length=99_000_000)), 5)
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"connection: close" in answer.lower()


def heads() -> Iterator[tuple[str, bytes, bytes]]:
    """Cases of a request head and the status line it gets."""
    line = b"GET /languages HTTP/1.1\r\n"
    end = b"Connection: close\r\n\r\n"
    big = b"X-Big: " + b"x" * MAX_HEAD_BYTES + b"\r\n"
    yield "large header", line + b"Host: h\r\n" + big + end, b"431"
    yield "many headers", line + b"Host: h\r\n" + b"X-A: b\r\n" * 20_000 + end, b"431"
    yield "no host", line + end, b"400"
    yield "two hosts", line + b"Host: h\r\nHost: i\r\n" + end, b"400"
    yield "odd host", line + b"Host: a@b/c\r\n" + end, b"400"
    yield (
        "length and chunks",
        line + b"Host: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n" + end,
        b"400",
    )
    yield "signed length", line + b"Host: h\r\nContent-Length: +3\r\n" + end, b"400"
    yield "old version without host", b"GET /languages HTTP/1.0\r\n\r\n", b"200"
    yield "good", line + b"Host: h\r\n" + end, b"200"


@pytest.mark.parametrize(
    ("head", "status"), [case[1:] for case in heads()], ids=[case[0] for case in heads()]
)
async def test_heads_that_no_honest_client_sends_are_refused(api: Api, head: bytes, status: bytes) -> None:
    """400 or 431; what could be read in two ways is never answered."""
    answer = await asyncio.wait_for(api.send_raw(head), 5)
    assert answer.split(b" ")[1] == status


async def test_a_bug_of_ours_is_a_problem_without_its_message(
    api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    """500 with the request id, which finds class and place in the log; the message may hold a text."""
    api.translator.error = RuntimeError("the text of a user")
    answer = await api.post("/translate", **GOOD)
    assert answer.status_code == 500
    assert answer.json()["type"] == "urn:zhuyi:problem:internal"
    assert "the text of a user" not in answer.text
    told = "".join(capsys.readouterr())
    assert answer.json()["request_id"] in told
    assert "RuntimeError" in told
    assert "the text of a user" not in told


async def test_the_documentation_loads_nothing_from_elsewhere(api: Api) -> None:
    """A page without script, and the OpenAPI description with both operations."""
    page, description = await api.client.get("/docs"), (await api.client.get("/openapi.json")).json()
    assert page.headers["content-type"].startswith("text/html")
    assert "<script" not in page.text
    assert "src=" not in page.text
    assert "/attention-weights" in page.text
    assert "/azure/translate?to=zh" in page.text
    body = description["paths"]["/translate"]["post"]["requestBody"]["content"]["application/json"]
    assert set(body["schema"]["required"]) == {"q", "source", "target"}
    assert {"/languages", "/models", "/health/ready", "/metrics"} <= description["paths"].keys()
