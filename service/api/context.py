"""Around every request: an id, a count, a clock, and an answer even where our own code fails."""

from __future__ import annotations

import re
import secrets
import time
import traceback
from collections.abc import Callable
from typing import Final

import structlog
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.heads import first_header
from service.api.ports import Recording
from service.api.routing import RouteTable, answer_error
from service.engine.errors import ZhuyiError

REQUEST_ID_HEADER: Final = b"x-request-id"
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:/+=-]{1,128}")
_NO_SNIFF: Final = (b"x-content-type-options", b"nosniff")
_CLOSE: Final = (b"connection", b"close")
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_log = structlog.get_logger("service.api")


class RequestContext:
    """ASGI middleware; takes the caller's request id where it is a sane one, and gives it back.

    While the process drains, every answer asks its client to leave the connection (RFC 9112, section 9.6).
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        recorder: Recording,
        routes: RouteTable,
        is_draining: Callable[[], bool] = lambda: False,
    ) -> None:
        self._app = app
        self._recorder = recorder
        self._routes = routes
        self._is_draining = is_draining

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        route, dialect = self._routes.find(scope["path"])
        scope.setdefault("state", {}).update(request_id=_request_id(scope), dialect=dialect)
        exchange = _Exchange(scope, receive, send, self._is_draining)
        self._recorder.http_started(route)
        try:
            await self._answer(scope, exchange)
        finally:
            self._recorder.http_finished(
                method=scope["method"] if scope["method"] in METHODS else "other",
                route=route,
                dialect=dialect.name,
                status=exchange.status,
                seconds=time.monotonic() - exchange.started,
                num_bytes_in=exchange.num_bytes_in,
                num_bytes_out=exchange.num_bytes_out,
            )

    async def _answer(self, scope: Scope, exchange: _Exchange) -> None:
        try:
            await self._app(scope, exchange.receive, exchange.send)
        except Exception as error:  # noqa: BLE001  # the last resort: a bug of ours, told without its message
            log_failure(error, scope["state"]["request_id"])
            if not exchange.has_begun:
                response = answer_error(error, Request(scope))
                await response(scope, exchange.receive, exchange.send)


class _Exchange:
    """One request and its response, counted on the way; `status` is 499 until an answer begins."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, is_draining: Callable[[], bool]) -> None:
        self._receive, self._send, self._is_draining = receive, send, is_draining
        self._state = scope["state"]
        self._request_id: str = self._state["request_id"]
        self.started = time.monotonic()
        self.status = 499
        self.has_begun = False
        self.num_bytes_in = self.num_bytes_out = 0

    async def receive(self) -> Message:
        message = await self._receive()
        self.num_bytes_in += len(message.get("body", b""))
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status, self.has_begun = message["status"], True
            own = [(REQUEST_ID_HEADER, self._request_id.encode()), _NO_SNIFF, *self._state.get("headers", ())]
            if self._is_draining():
                own.append(_CLOSE)
            headers = [*message.get("headers", ()), *own]
            message = {**message, "headers": headers}
        self.num_bytes_out += len(message.get("body", b""))
        await self._send(message)


def log_failure(error: BaseException, request_id: str) -> None:
    """One line with class and place of the error; a foreign message may hold a text and is left out."""
    frames = reversed(traceback.extract_tb(error.__traceback__)[-4:])
    facts = {"error": type(error).__qualname__, "request_id": request_id}
    facts["place"] = " < ".join(f"{frame.name}:{frame.lineno}" for frame in frames)
    if isinstance(error, ZhuyiError):
        facts["reason"] = str(error)
    _log.error("request failed", **facts)


def _request_id(scope: Scope) -> str:
    given = first_header(scope, REQUEST_ID_HEADER)
    return given.decode() if _REQUEST_ID.fullmatch(given) else secrets.token_hex(16)
