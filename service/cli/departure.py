"""How a process that serves leaves: it says so first, serves on for a while, then closes, ends or cuts."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Iterator
from typing import Final

import structlog
import uvicorn

from service.app import Service
from service.settings import Settings

ANSWER_SECONDS: Final = 2
"""How long the answers to what was cut may take to go out."""
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_LOOK_SECONDS: Final = 1.0

_log = structlog.get_logger("service")


class Departure:
    """The end of one server, in this order; what is cut is cut while its connection is open, so it is told.

    At once it is not ready, and every answer asks its client to leave the connection. After
    `drain_grace_seconds` it closes its port. What runs after `drain_seconds` more is cut.
    """

    def __init__(self, server: uvicorn.Server, service: Service, settings: Settings) -> None:
        self._server = server
        self._service = service
        self._settings = settings
        self._has_begun = False
        self._has_heard = False
        self.exit_code = 0

    @contextlib.contextmanager
    def on_signal(self) -> Iterator[None]:
        """A signal ends the start at once, and serving in an orderly way; a second one no longer waits.

        SIGINT comes from a person at a terminal, behind whom no load balancer has to notice anything:
        there is no grace.
        """
        loop, starting = asyncio.get_running_loop(), asyncio.current_task()
        assert starting is not None

        def hear(number: signal.Signals) -> None:
            if not self._server.started:
                starting.cancel()
            elif self._has_heard:
                self._hurry()
            else:
                self._has_heard = True
                self._begin(0.0 if number is signal.SIGINT else self._settings.drain_grace_seconds)

        for one in _SIGNALS:
            loop.add_signal_handler(one, hear, one)
        try:
            yield
        finally:
            for one in _SIGNALS:
                loop.remove_signal_handler(one)

    async def on_loss(self) -> None:
        """Begins to leave, with exit code 1, when an engine has been lost for `lost_engine_seconds`."""
        lost_at: float | None = None
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            lost, now = self._service.lost_engines(), time.monotonic()
            lost_at = (lost_at or now) if lost else None
            if lost_at is not None and now - lost_at >= self._settings.lost_engine_seconds:
                _log.error("engines lost", engines=list(lost))
                self.exit_code = 1
                self._begin(self._settings.drain_grace_seconds)
                return

    def _begin(self, grace_seconds: float) -> None:
        if self._has_begun:  # of itself, where an engine is lost: the signal that follows is a first one
            return
        self._has_begun = True
        self._service.drain()
        asyncio.get_running_loop().call_later(grace_seconds, self._close)

    def _close(self) -> None:
        self._server.should_exit = True
        asyncio.get_running_loop().call_later(self._settings.drain_seconds, self._service.cut)

    def _hurry(self) -> None:
        self._service.cut()
        self._server.should_exit = True
        asyncio.get_running_loop().call_later(ANSWER_SECONDS, setattr, self._server, "force_exit", True)
