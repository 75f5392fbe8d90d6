"""The caller's patience: its deadline, and whether it is still there."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Coroutine, Mapping
from typing import Any, Final, TypeVar

from starlette.requests import Request

from service.api.errors import ClientGone
from service.api.policy import Policy
from service.engine.errors import InvalidOption

TIMEOUT_HEADER: Final = "X-Request-Timeout-Ms"
UNWATCHED_SECONDS: Final = 0.1
"""Whoever leaves, leaves later than this, and watching costs as much as a tenth of a request."""

Result = TypeVar("Result")


def read_deadline(headers: Mapping[str, str], policy: Policy) -> float:
    """When the answer must be there, in time.monotonic() seconds; at most the limit from now.

    Raises InvalidOption for what is not a positive number of milliseconds.
    """
    text = headers.get(TIMEOUT_HEADER)
    if text is None:
        return time.monotonic() + policy.request_timeout_seconds
    try:
        milliseconds = float(text) if text.isascii() and len(text) <= 32 else math.nan
    except ValueError:
        milliseconds = math.nan
    if not milliseconds > 0:
        raise InvalidOption(TIMEOUT_HEADER, None, "a positive number of milliseconds")
    return time.monotonic() + min(milliseconds / 1000, policy.max_request_timeout_seconds)


async def unless_client_leaves(work: Coroutine[Any, Any, Result], request: Request) -> Result:
    """The result of `work`, which is cancelled when the client closes, or has closed, the connection.

    Looks for that once UNWATCHED_SECONDS have passed. Raises ClientGone then. The body must have been read.
    """
    loop, worker = asyncio.get_running_loop(), asyncio.current_task()
    assert worker is not None
    watcher: asyncio.Task[None] | None = None
    has_left = False

    async def watch() -> None:
        nonlocal has_left
        while (await request.receive())["type"] != "http.disconnect":
            pass
        has_left = True
        worker.cancel()

    def start() -> None:
        nonlocal watcher
        watcher = loop.create_task(watch())

    timer = loop.call_later(UNWATCHED_SECONDS, start)
    try:
        return await work
    except asyncio.CancelledError:
        if has_left and worker.uncancel() == 0:  # else somebody else cancels as well
            raise ClientGone from None
        raise
    finally:
        timer.cancel()
        if watcher is not None:
            watcher.cancel()
