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
    """The result of `work`, which is cancelled when the client closes the connection.

    Raises ClientGone then. The body must have been read.
    """
    worker = asyncio.ensure_future(work)
    watcher = asyncio.ensure_future(_wait_for_disconnect(request))
    try:
        await asyncio.wait({worker, watcher}, return_when=asyncio.FIRST_COMPLETED)
        if not worker.done():
            raise ClientGone
        return worker.result()
    finally:
        await _cancel(worker, watcher)


async def _wait_for_disconnect(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _cancel(*tasks: asyncio.Future[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
