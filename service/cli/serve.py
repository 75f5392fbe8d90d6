"""`zhuyi serve`: the port is taken, the engines start, requests come in; a signal undoes it in reverse."""

from __future__ import annotations

import asyncio
import contextlib
import math
import signal
import socket
import sys
from collections.abc import Iterator
from typing import Final

import uvicorn
from fastapi import FastAPI

from service.app import Service
from service.settings import Settings

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_BACKLOG: Final = 2048
_ANSWER_SECONDS: Final = 2
"""How long the answers to what was cut may take to go out."""


def serve(settings: Settings) -> int:
    """Serves until a signal comes; raises OSError, CannotStart and EngineDied where it cannot start."""
    with _listener(settings) as listener:
        service = Service(settings)
        with asyncio.Runner(
            loop_factory=server_config(service.application, settings).get_loop_factory()
        ) as runner:
            try:
                runner.run(_serve(service, settings, listener))
            except asyncio.CancelledError:
                print("stopped before it was ready", file=sys.stderr)
    return 0


async def _serve(service: Service, settings: Settings, listener: socket.socket) -> None:
    server = _Server(server_config(service.application, settings))
    with _until_signal(server, service, settings.drain_seconds):
        async with service.application.router.lifespan_context(service.application):
            await server.serve(sockets=[listener])


class _Server(uvicorn.Server):
    """Says where it listens, and leaves signals to the one who runs it."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        host, port = (sockets or [])[0].getsockname()[:2]
        address = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        body = '{"q": "你好，世界。", "source": "zh", "target": "en"}'
        print(f"Zhuyi listens on {address}, its documentation is {address}/docs", file=sys.stderr)
        print(
            f"Try: curl {address}/translate -H 'Content-Type: application/json' -d '{body}'", file=sys.stderr
        )

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.contextmanager
def _until_signal(server: uvicorn.Server, service: Service, drain_seconds: float) -> Iterator[None]:
    """A signal ends the start at once, and serving in an orderly way; a second one no longer waits.

    What still runs after `drain_seconds` is cut while the connections are open, so its callers are told.
    """
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None

    def stop() -> None:
        if not server.started:
            task.cancel()
            return
        if server.should_exit:
            service.cut()
            loop.call_later(_ANSWER_SECONDS, setattr, server, "force_exit", True)
        else:
            loop.call_later(drain_seconds, service.cut)
        server.should_exit = True

    for one in _SIGNALS:
        loop.add_signal_handler(one, stop)
    try:
        yield
    finally:
        for one in _SIGNALS:
            loop.remove_signal_handler(one)


def server_config(application: FastAPI, settings: Settings) -> uvicorn.Config:
    """How uvicorn serves an application: uvloop where there is one, httptools, no access log."""
    return uvicorn.Config(
        application,
        loop="auto",
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=_BACKLOG,
        timeout_graceful_shutdown=math.ceil(settings.drain_seconds) + _ANSWER_SECONDS,
    )


def _listener(settings: Settings) -> socket.socket:
    """A bound socket that does not listen yet, so that a taken port is told before anything is loaded."""
    family, kind, protocol, _, address = socket.getaddrinfo(
        settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise OSError(f"cannot listen on {settings.host}:{settings.port}: {error.strerror}") from error
    return listener
