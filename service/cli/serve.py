"""`zhuyi serve`: ports are taken, the engines start, requests come in; a signal undoes it in reverse."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import os
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Final

import uvicorn
from fastapi import FastAPI

from service.app import Service
from service.cli.departure import ANSWER_SECONDS, Departure
from service.cli.joined_writes import HttpProtocol
from service.settings import Settings

_BACKLOG: Final = 2048


def serve(settings: Settings) -> int:
    """Serves until a signal comes, or until an engine is lost; returns the exit code.

    Raises OSError, CannotStart and EngineDied where it cannot start.
    """
    with contextlib.ExitStack() as ports:
        listener = ports.enter_context(_listener(settings.host, settings.port))
        admin_listener: socket.socket | None = None
        if settings.admin_port is not None:
            admin_listener = ports.enter_context(_listener(settings.admin_host, settings.admin_port))
        service = Service(settings)
        with asyncio.Runner(
            loop_factory=server_config(service.application, settings).get_loop_factory()
        ) as runner:
            try:
                code = runner.run(_serve(service, settings, listener, admin_listener))
            except asyncio.CancelledError:
                print("stopped before it was ready", file=sys.stderr)
                return 0
    if code:
        logging.shutdown()
        os._exit(code)  # an orderly end would wait for an engine that cannot be killed, for ever
    return code


async def _serve(
    service: Service, settings: Settings, listener: socket.socket, admin_listener: socket.socket | None
) -> int:
    server = _PublicServer(server_config(service.application, settings))
    departure = Departure(server, service, settings)
    with departure.on_signal():
        async with (
            service.application.router.lifespan_context(service.application),
            _administered(service, settings, admin_listener),
        ):
            watch = asyncio.create_task(departure.on_loss())
            try:
                await server.serve(sockets=[listener])
            finally:
                watch.cancel()
    return departure.exit_code


@contextlib.asynccontextmanager
async def _administered(
    service: Service, settings: Settings, listener: socket.socket | None
) -> AsyncIterator[None]:
    """The second port, where there is one, is served within: so the first opens later and closes earlier."""
    if listener is None:
        yield
        return
    server = _AdminServer(server_config(service.administration, settings, grace_seconds=ANSWER_SECONDS))
    async with asyncio.TaskGroup() as group:
        group.create_task(server.serve(sockets=[listener]))
        try:
            yield
        finally:
            server.should_exit = True


class _Server(uvicorn.Server):
    """Says where it listens, and leaves signals to the one who runs it."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        host, port = (sockets or [])[0].getsockname()[:2]
        self.announce(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")

    def announce(self, address: str) -> None:
        """Called once it listens."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _AdminServer(_Server):
    """For those who run the service."""

    def announce(self, address: str) -> None:
        print(f"Metrics and administration are at {address}", file=sys.stderr)


class _PublicServer(_Server):
    """For everybody else."""

    def announce(self, address: str) -> None:
        body = '{"q": "你好，世界。", "source": "zh", "target": "en"}'
        print(f"Zhuyi listens on {address}, its documentation is {address}/docs", file=sys.stderr)
        print(
            f"Try: curl {address}/translate -H 'Content-Type: application/json' -d '{body}'", file=sys.stderr
        )


def server_config(
    application: FastAPI, settings: Settings, *, grace_seconds: float | None = None
) -> uvicorn.Config:
    """How uvicorn serves an application: uvloop where there is one, httptools, no access log.

    At a stop requests have `grace_seconds` to end, else those of the drain and of its answers.
    """
    drain_seconds = settings.drain_seconds + ANSWER_SECONDS if grace_seconds is None else grace_seconds
    return uvicorn.Config(
        application,
        loop="auto",
        http=HttpProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=_BACKLOG,
        timeout_graceful_shutdown=math.ceil(drain_seconds),
    )


def _listener(host: str, port: int) -> socket.socket:
    """A bound socket that does not listen yet, so that a taken port is told before anything is loaded."""
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise OSError(f"cannot listen on {host}:{port}: {error.strerror}") from error
    return listener
