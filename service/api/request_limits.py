"""Requests that are refused before any route: too large a head, no single host, more body than allowed."""

from __future__ import annotations

import re
from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.errors import ApiError, BadHead, BodyTooLarge, HeadTooLarge
from service.api.heads import first_header
from service.api.routing import answer_error

MAX_HEAD_BYTES: Final = 32_768
_HOST = re.compile(rb"[A-Za-z0-9._~%\[\]:-]*")


class RequestLimits:
    """ASGI middleware; whoever reads more than `max_body_bytes` of a body gets BodyTooLarge.

    Bytes are counted as they arrive, so no header and no chunking gets past the limit.
    """

    def __init__(self, app: ASGIApp, *, max_body_bytes: int) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if error := _fault_of(scope):
            await answer_error(error, Request(scope))(scope, receive, send)
            return
        await self._app(scope, self._limited(scope, receive), send)

    def _limited(self, scope: Scope, receive: Receive) -> Receive:
        declared = first_header(scope, b"content-length", b"0")
        is_too_large = not declared.isdigit() or int(declared[:20]) > self._max_body_bytes
        num_bytes = 0

        async def receive_limited() -> Message:
            nonlocal num_bytes
            if is_too_large:
                raise BodyTooLarge(self._max_body_bytes)
            message = await receive()
            num_bytes += len(message.get("body", b""))
            if num_bytes > self._max_body_bytes:
                raise BodyTooLarge(self._max_body_bytes)
            return message

        return receive_limited


def _fault_of(scope: Scope) -> ApiError | None:
    """What is wrong with the head of a request, if anything."""
    size = len(scope.get("raw_path") or b"") + len(scope["query_string"])
    hosts = []
    for name, value in scope["headers"]:
        size += len(name) + len(value)
        if name == b"host":
            hosts.append(value)
    if size > MAX_HEAD_BYTES:
        return HeadTooLarge(MAX_HEAD_BYTES)
    if len(hosts) > 1 or (not hosts and scope["http_version"] != "1.0"):
        return BadHead("the request must have one Host header")
    if hosts and not _HOST.fullmatch(hosts[0]):
        return BadHead("the Host header is not a host name")
    if not scope["path"].startswith("/"):
        return BadHead("the request target must be a path")
    return None
