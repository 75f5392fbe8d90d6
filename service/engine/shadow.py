"""What a candidate said is said again by the version that it stands in for, and both are told to be compared.

In the background, behind everybody else, a few at a time and only while the queue is short: what is left
out is no loss, for the comparison is a sample. No caller hears of its errors.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack

from service.engine.errors import ZhuyiError
from service.engine.serving import Serving
from service.engine.text_model import TextModel
from service.engine.translation import Translation

_MAX_RUNNING = 4
OnCompared = Callable[[Translation, Translation], None]
"""Hears of a sentence what the candidate and what the other version made of it."""


class Shadow:
    """Comparisons that are running."""

    def __init__(self, serving: Serving, on_compared: OnCompared) -> None:
        self._serving = serving
        self._on_compared = on_compared
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(
        self,
        rival: TextModel,
        found: Sequence[Translation],
        translate: Callable[[], Awaitable[Sequence[Translation]]],
    ) -> None:
        """Starts a comparison of `found` with what `translate` gives, unless enough are running."""
        if len(self._tasks) >= _MAX_RUNNING:
            return
        use = ExitStack()
        use.enter_context(self._serving.keep(rival))
        task = asyncio.create_task(self._compare(found, translate))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: use.close())

    async def stop(self) -> None:
        """Gives up what is running."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _compare(
        self, found: Sequence[Translation], translate: Callable[[], Awaitable[Sequence[Translation]]]
    ) -> None:
        try:
            others = await translate()
        except ZhuyiError:
            return
        for one, other in zip(found, others, strict=True):
            self._on_compared(one, other)
