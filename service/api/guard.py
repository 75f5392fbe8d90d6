"""Around a route that needs a key: the key is looked for, paid with, and every refusal counted."""

from __future__ import annotations

import functools
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive

from service.api.bodies import fields_of, read_bytes
from service.api.dialect import Dialect
from service.api.errors import ApiError, KeyMissing, KeyRefused, LimitPassed, RateLimited, ScopeMissing
from service.api.failures import Failure
from service.api.keys.gate import Caller, Gate
from service.api.keys.lines import KeyScope
from service.api.kinds import kind_of
from service.api.ports import Recording

Handler = Callable[[Request], Awaitable[Response]]
_BODILESS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


_REFUSALS: Final = (
    (KeyMissing(), "no API key, or one that does not count"),
    (ScopeMissing("translate"), "no API key, or one that is not for this"),
    (RateLimited("requests", 1, 1.0), "over a limit of the key; Retry-After says when to come back"),
)


def describe_refusals(dialect: Dialect) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a guarded route to those whom it is guarded against."""
    return {dialect.status_of(Failure.of(error)): {"description": about} for error, about in _REFUSALS}


class Guard:
    """Lets in whom the gate lets in; what is sent before a key is known is read within the timeout."""

    def __init__(self, gate: Gate, recorder: Recording, *, body_timeout_seconds: float) -> None:
        self._gate, self._recorder = gate, recorder
        self._body_timeout_seconds = body_timeout_seconds

    def around(self, handler: Handler, dialect: Dialect, needed: KeyScope, operation: str) -> Handler:
        """The handler for those who have a key with the scope `needed`.

        Who is refused is counted among the requests of `operation`, where the route is of one.
        """

        @functools.wraps(handler)
        async def guarded(request: Request) -> Response:
            started = time.monotonic()
            try:
                request, key = await self._find_key(request, dialect)
                caller = self._gate.admit(key, needed)
            except ApiError as error:
                self._count(error)
                if operation:
                    self._count_request(operation, error, time.monotonic() - started)
                raise
            return await self._serve(request, caller, handler)

        return guarded

    async def _serve(self, request: Request, caller: Caller, handler: Handler) -> Response:
        state = request.scope["state"]
        state["caller"] = caller
        try:
            return await handler(request)
        except Exception as error:
            caller.give_back()
            self._count(error)
            raise
        finally:
            state["headers"] = caller.account.headers()

    async def _find_key(self, request: Request, dialect: Dialect) -> tuple[Request, str]:
        """The key, "" where there is none, and a request that can be read as if nobody had read it."""
        places, scope = dialect.key_places, request.scope
        key = places.in_head(scope["headers"], scope["query_string"])
        if key or not places.body or scope["method"] in _BODILESS:
            return request, key
        body = await read_bytes(request, timeout_seconds=self._body_timeout_seconds)
        again = Request(scope, _replayed(body, request.receive))
        return again, places.in_fields(fields_of(request.headers, body))

    def _count(self, error: Exception) -> None:
        if isinstance(error, KeyRefused):
            self._recorder.auth_failed(error.fault)
        elif isinstance(error, LimitPassed):
            self._recorder.rate_limited(error.reason)

    def _count_request(self, operation: str, error: ApiError, seconds: float) -> None:
        self._recorder.request_finished(
            operation=operation, model="", version="", source="", target="",
            outcome=kind_of(error).outcome, seconds=seconds,
        )  # fmt: skip


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Gives the body first, then what comes after it."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return messages.pop() if messages else await receive()

    return receive_again
