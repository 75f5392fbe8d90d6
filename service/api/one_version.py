"""Around every request: all that it does, it does with one version of each model."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send


class OneVersion:
    """ASGI middleware; `lease` is the translator's."""

    def __init__(self, app: ASGIApp, *, lease: Callable[[], AbstractContextManager[Any]]) -> None:
        self._app = app
        self._lease = lease

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._lease():
            await self._app(scope, receive, send)
