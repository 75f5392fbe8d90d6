"""OpenTelemetry traces over OTLP: a span for each request, below it where its sentences' time went.

Imported only where `ZHUYI_TRACES=otlp` asks for it. Names and attributes come from what the service itself
knows: no text, header or path of a caller but the ids of its `traceparent` (W3C Trace Context).
"""

from __future__ import annotations

import time
from contextvars import ContextVar
from dataclasses import dataclass
from threading import Thread
from typing import Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import (
    Span,
    SpanKind,
    Status,
    StatusCode,
    Tracer,
    format_trace_id,
    set_span_in_context,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from service import __version__
from service.api.context import METHODS
from service.api.heads import first_header
from service.api.plain import PlainApplication
from service.api.routing import RouteTable
from service.pipeline.units import Outcome

MAX_SENTENCES: Final = 32
"""Of a request with more, the first ones have spans: exporters drop what comes in too large a flood."""
_FLUSH_SECONDS: Final = 2.0
_NOT_TRACED: Final = ("/health", "/v2/health", "/metrics")  # asked by machines, every few seconds
_PROPAGATOR: Final = TraceContextTextMapPropagator()


@dataclass(slots=True)
class _Request:
    span: Span
    num_sentences: int = 0


_REQUEST: ContextVar[_Request | None] = ContextVar("traced request", default=None)


class Traces:
    """Makes spans and sends them, as the standard variables `OTEL_*` say."""

    def __init__(self) -> None:
        ours = Resource.create({"service.name": "zhuyi", "service.version": __version__})
        resource = ours.merge(OTELResourceDetector().detect())  # OTEL_SERVICE_NAME goes before ours
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self.tracer = self._provider.get_tracer("zhuyi", __version__)

    def sentence_finished(self, outcome: Outcome) -> None:
        """Spans below that of the request in whose context this is called."""
        request = _REQUEST.get()
        if request is None or request.num_sentences >= MAX_SENTENCES or not request.span.is_recording():
            return
        request.num_sentences += 1
        _trace_sentence(self.tracer, request.span, outcome)

    def follow(self, application: PlainApplication) -> None:
        """Traces its requests from now on."""
        application.add_middleware(TracedRequests, tracer=self.tracer, routes=application.route_table())

    def stop(self) -> None:
        """Sends what is left, for as long as the end of the process may wait for it."""
        flushing = Thread(target=self._provider.shutdown, daemon=True)
        flushing.start()
        flushing.join(_FLUSH_SECONDS)


class TracedRequests:
    """ASGI middleware: the server span of each request, whose id is in the log lines meanwhile."""

    def __init__(self, app: ASGIApp, *, tracer: Tracer, routes: RouteTable) -> None:
        self._app = app
        self._tracer = tracer
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = self._routes.find(scope["path"]) if scope["type"] == "http" else None
        if route is None or route.template.startswith(_NOT_TRACED):
            await self._app(scope, receive, send)
            return
        status = 499

        async def send_noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        span = self._span(scope, route.template, route.dialect.name)
        remembered = _REQUEST.set(_Request(span))
        try:
            with bound_contextvars(trace_id=format_trace_id(span.get_span_context().trace_id)):
                await self._app(scope, receive, send_noted)
        finally:
            _REQUEST.reset(remembered)
            span.set_attribute("http.response.status_code", status)
            if status >= 500:
                span.set_status(Status(StatusCode.ERROR))
            span.end()

    def _span(self, scope: Scope, route: str, dialect: str) -> Span:
        given = first_header(scope, b"traceparent").decode("latin-1")
        is_known = scope["method"] in METHODS
        method = scope["method"] if is_known else "_OTHER"
        return self._tracer.start_span(
            f"{method if is_known else 'HTTP'} {route}",
            context=_PROPAGATOR.extract({"traceparent": given}),
            kind=SpanKind.SERVER,
            attributes={"http.request.method": method, "http.route": route, "zhuyi.dialect": dialect},
        )


def _trace_sentence(tracer: Tracer, parent: Span, outcome: Outcome) -> None:
    """`queue`, `encode` and `decode`, one behind the other, as the engine timed them."""
    translation, timings = outcome.translation, outcome.translation.timings
    if not timings.posted_at:  # it has no token, so no engine saw it
        return
    attributes: dict[str, str | int] = {
        "zhuyi.model": translation.model,
        "zhuyi.model_version": translation.version,
        "zhuyi.source_tokens": len(translation.source_tokens),
        "zhuyi.target_tokens": len(translation.target_tokens),
        "zhuyi.finish_reason": translation.finish_reason,
    }
    context = set_span_in_context(parent)
    at = time.time_ns() - time.monotonic_ns() + round(timings.posted_at * 1e9)
    for name, seconds in (
        ("queue", timings.queue_seconds),
        ("encode", timings.encode_seconds),
        ("decode", timings.decode_seconds),
    ):
        span = tracer.start_span(name, context=context, start_time=at, attributes=attributes)
        at += round(seconds * 1e9)
        span.end(at)
