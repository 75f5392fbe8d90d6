"""Traces as a receiver gets them: the caller's trace goes on, times add up, and no text is in them."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tests.e2e.otlp_receiver import Receiver, receiving
from tests.e2e.sentences import english
from tests.e2e.server import Server, environment, running

SECRET = "MyPasswordIsHunter2"
GOOD = {"q": f"Where is {SECRET}?", "source": "en", "target": "zh", "beam_size": 1}


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    """One for all tests here."""
    with receiving() as found:
        yield found


@pytest.fixture(scope="module")
def traced(store: Path, receiver: Receiver) -> Iterator[Server]:
    """A service that sends its spans there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
        patch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test")
        patch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
        with running(store, traces="otlp", log_format="json") as server:
            yield server


@pytest.fixture
def client(traced: Server) -> Iterator[httpx.Client]:
    """A client of the traced service."""
    with httpx.Client(base_url=traced.url, timeout=60) as found:
        yield found


def test_the_time_of_a_sentence_lies_within_its_request(client: httpx.Client, receiver: Receiver) -> None:
    """Queue, encode, decode: below the server span, one behind the other, as long as the engine said."""
    trace, parent = ids()
    sent = time.time_ns()
    client.post("/translate", json=GOOD, headers={"traceparent": f"00-{trace}-{parent}-01"})
    answered = time.time_ns()
    receiver.spans_when(lambda _: len(of(receiver, trace)) == 4)
    spans = {span.name: span for span in of(receiver, trace)}
    server = spans["POST /translate"]
    assert (server.kind, server.parent_span_id.hex()) == (Span.SPAN_KIND_SERVER, parent)
    assert told(server) == {
        "http.request.method": "POST",
        "http.route": "/translate",
        "http.response.status_code": 200,
        "zhuyi.dialect": "native",
    }
    children = [spans[name] for name in ("queue", "encode", "decode")]
    assert {child.parent_span_id for child in children} == {server.span_id}
    times = [server.start_time_unix_nano]
    for child in children:
        assert child.start_time_unix_nano >= times[-1]
        times.append(child.end_time_unix_nano)
    assert sent <= times[0] <= times[-1] <= min(server.end_time_unix_nano, answered)
    assert times[-1] - children[1].start_time_unix_nano > 0
    assert told(children[0])["zhuyi.model"] == "en-zh"
    assert told(children[0])["zhuyi.source_tokens"] > 3


def test_a_stream_is_one_span_until_its_end(client: httpx.Client, receiver: Receiver) -> None:
    """With its sentences below it."""
    trace, parent = ids()
    began = time.time_ns()
    with client.stream(
        "POST", "/translate", json=GOOD | {"stream": True}, headers={"traceparent": f"00-{trace}-{parent}-01"}
    ) as answer:
        answer.read()
    receiver.spans_when(lambda _: len(of(receiver, trace)) == 4)
    (server,) = (span for span in of(receiver, trace) if span.kind == Span.SPAN_KIND_SERVER)
    decode = next(span for span in of(receiver, trace) if span.name == "decode")
    assert began <= server.start_time_unix_nano < decode.end_time_unix_nano <= server.end_time_unix_nano


def test_a_request_without_a_context_begins_a_trace(client: httpx.Client, receiver: Receiver) -> None:
    """So does one whose header cannot be read; a caller that does not sample is not traced."""
    numbers = set()
    for header in ("", "nonsense", f"00-{'0' * 32}-{'1' * 16}-01", f"ff-{'1' * 32}-{'1' * 16}-01"):
        before = len(receiver.spans())
        client.post("/attention-weights", json=GOOD, headers={"traceparent": header})
        spans = receiver.spans_when(lambda found, before=before: len(found) == before + 4)[before:]
        numbers.add(spans[0].trace_id)
        assert {span.trace_id for span in spans} == {spans[0].trace_id}
    assert len(numbers) == 4
    unsampled, parent = ids()
    sampled, _ = ids()
    for trace, flags in ((unsampled, "00"), (sampled, "01")):
        client.post("/translate", json=GOOD, headers={"traceparent": f"00-{trace}-{parent}-{flags}"})
    receiver.spans_when(lambda _: len(of(receiver, sampled)) == 4)
    assert of(receiver, unsampled) == []


def test_an_error_is_marked(client: httpx.Client, receiver: Receiver) -> None:
    """A deadline that has passed; a caller's own mistake is no error of the server's."""
    trace, parent = ids()
    headers = {"traceparent": f"00-{trace}-{parent}-01"}
    late = headers | {"X-Request-Timeout-Ms": "0.001"}
    assert client.post("/translate", json=GOOD, headers=late).status_code == 504
    assert client.post("/translate", json=GOOD | {"source": "tlh"}, headers=headers).status_code == 400
    receiver.spans_when(lambda _: len(of(receiver, trace)) == 2)
    marked = {told(span)["http.response.status_code"]: span.status.code for span in of(receiver, trace)}
    assert marked == {504: Status.STATUS_CODE_ERROR, 400: Status.STATUS_CODE_UNSET}


def test_a_large_request_does_not_flood(client: httpx.Client, receiver: Receiver) -> None:
    """The first sentences have spans; probes and scrapes have none."""
    trace, parent = ids()
    headers = {"traceparent": f"00-{trace}-{parent}-01"}
    for path in ("/health/live", "/health/ready", "/metrics", "/v2/health/live"):
        client.get(path, headers=headers)
    client.post("/translate", json=GOOD | {"q": english(100)}, headers=headers)
    receiver.spans_when(lambda _: len(of(receiver, trace)) == 32 * 3 + 1)


def test_no_text_is_in_a_trace(client: httpx.Client, receiver: Receiver) -> None:
    """Not of a text, a path, a query, a method or a header, nor of the trace's own state."""
    trace, parent = ids()
    headers = {"traceparent": f"00-{trace}-{parent}-01"}
    foreign = {"tracestate": f"vendor={SECRET}", "baggage": f"user={SECRET}", "X-Request-ID": SECRET}
    client.post("/translate", json=GOOD, headers=headers | foreign | {"User-Agent": SECRET})
    client.get(f"/{SECRET}?q={SECRET}", headers=headers)
    client.request("PROPFIND", "/translate", headers=headers)
    client.post("/translate", json=GOOD | {"source": SECRET}, headers=headers)
    receiver.spans_when(lambda _: len(of(receiver, trace)) == 7)
    sent = b"".join(receiver.bodies)
    assert b"zhuyi" in sent
    for text in (SECRET, "PROPFIND", "哪里"):
        assert text.encode() not in sent
    resource = receiver.requests()[0].resource_spans[0].resource
    attributes = {one.key: one.value.string_value for one in resource.attributes}
    assert attributes["service.name"] == "zhuyi"
    assert attributes["deployment.environment.name"] == "test"


def test_what_is_left_is_sent_at_the_stop_and_a_dead_receiver_does_not_hold_it_up(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last spans come; where nobody takes them the process ends all the same, and without a traceback."""
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "600000")
    with receiving() as receiver:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
        with running(store, traces="otlp") as server:
            httpx.post(f"{server.url}/translate", json=GOOD, timeout=60)
            assert receiver.spans() == []
        assert len(receiver.spans()) == 4
    server = Server(store, traces="otlp")  # its receiver is gone
    httpx.post(f"{server.url}/translate", json=GOOD, timeout=60)
    started = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - started < 10
    said = "".join(server.said)
    assert "Traceback" not in said
    assert SECRET not in said


def test_off_means_that_nothing_of_it_is_loaded(store: Path) -> None:
    """Neither packages nor a layer around the requests; and on it needs the packages."""
    code = (
        "import sys, json; from service.app import Service; from service.settings import Settings;"
        "service = Service(Settings());"
        "print(json.dumps([[one for one in sys.modules if one.startswith('opentelemetry.sdk')],"
        "[one.cls.__name__ for one in service.application.user_middleware]]))"
    )
    loaded, layers = ran(code, environment(store))
    assert loaded == []
    assert layers == ["RequestContext", "RequestLimits", "OneVersion"]
    loaded, layers = ran(code, environment(store, traces="otlp"))
    assert loaded
    assert layers == ["TracedRequests", "RequestContext", "RequestLimits", "OneVersion"]


def test_without_the_packages_it_does_not_start(store: Path) -> None:
    """One line says what to install."""
    code = (
        "import sys; sys.modules['opentelemetry.exporter'] = None;"
        "from service.__main__ import main; sys.exit(main(['serve']))"
    )
    variables = environment(store, traces="otlp")
    command = [sys.executable, "-c", code]
    found = subprocess.run(command, env=variables, capture_output=True, text=True, check=False, timeout=60)
    assert found.returncode == 1
    assert found.stderr == "zhuyi: ZHUYI_TRACES: otlp needs `pip install 'zhuyi[traces]'`\n"


def ran(code: str, variables: dict[str, str]) -> Any:
    """What a Python of its own prints, as JSON."""
    found = subprocess.run(
        [sys.executable, "-c", code], env=variables, capture_output=True, text=True, check=True, timeout=60
    )
    return json.loads(found.stdout)


def ids() -> tuple[str, str]:
    """A trace's and a span's, as `traceparent` has them."""
    return secrets.token_hex(16), secrets.token_hex(8)


def of(receiver: Receiver, trace: str) -> list[Span]:
    """The spans of one trace."""
    return [span for span in receiver.spans() if span.trace_id.hex() == trace]


def told(span: Span) -> dict[str, Any]:
    """A span's attributes."""
    return {one.key: getattr(one.value, one.value.WhichOneof("value") or "") for one in span.attributes}
