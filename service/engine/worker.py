"""An engine process: its one main thread owns every model, hears, ticks and tells.

A loader thread makes further versions, and gives them away before it ends.
The process ends when it is told to, and when the other side of the channel is gone.
"""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Callable, Collection
from contextlib import closing, suppress

from service.engine.core import Core
from service.engine.core_settings import CoreSettings
from service.engine.cores import pin
from service.engine.errors import CannotStart
from service.engine.framing import framed
from service.engine.free_memory import free_memory_soon
from service.engine.garbage import spare_survivors
from service.engine.inbox import Inbox
from service.engine.loader import Arrival, Loader
from service.engine.messages import (
    Cancel,
    Heartbeat,
    Load,
    Outward,
    Post,
    Progress,
    Ready,
    Report,
    StartFailed,
    Stop,
    Unload,
    encode,
)

HEARTBEAT_SECONDS = 1.0
_MAX_RECORDS = 16  # tick records that are sent together while no sentence ends
_MAX_PROGRESS = 4  # ticks whose progress is sent together: a few milliseconds that nobody sees


def run_engine(channel: socket.socket, settings: CoreSettings) -> None:
    """The main function of an engine process."""
    for to_the_group in (signal.SIGINT, signal.SIGTERM):  # they reach the whole group; the parent decides
        signal.signal(to_the_group, signal.SIG_IGN)
    pin(settings.cores)
    try:
        core = Core.load(settings, clock=time.monotonic)
    except CannotStart as error:
        _send(channel, StartFailed(type(error).__name__, error.data))
        return
    spare_survivors()
    with suppress(ConnectionError), closing(Inbox(channel)) as inbox:  # the parent may be gone
        _send(channel, Ready(core.models))
        _serve(core, Loader(settings, inbox.put), inbox, channel)


def _serve(core: Core, loader: Loader, inbox: Inbox, channel: socket.socket) -> None:
    outbox = Outbox(channel)
    while True:
        messages = inbox.taken(0.0 if core.has_work else HEARTBEAT_SECONDS)
        for message in messages:
            if isinstance(message, Stop):
                return
            _take(message, core, loader, channel)
        if core.has_work:
            outbox.put(core.tick())
        if core.has_let_go():
            free_memory_soon()
        if not core.has_work:
            outbox.flush()
            if not messages:
                _send(channel, Heartbeat())


def _take(
    message: Post | Cancel | Load | Unload | Arrival, core: Core, loader: Loader, channel: socket.socket
) -> None:
    if isinstance(message, Arrival):
        if (told := loader.settle(message, core)) is not None:
            _send(channel, told)
    elif isinstance(message, Load):
        loader.begin(message)
    else:
        if isinstance(message, Unload):
            loader.forget(message.name, message.version)
        core.receive(message)


class Outbox:
    """Holds tick records back until a result is to be sent, or until there are many of them.

    None is held back for longer than a heartbeat: a busy engine's reports are its signs of life.
    Progress is held back for less long; what is sent has one of a sentence at most, and none of one
    whose result goes with it.
    """

    def __init__(self, channel: socket.socket, clock: Callable[[], float] = time.monotonic) -> None:
        self._channel = channel
        self._clock = clock
        self._sent_at = clock()
        self._held: list[Report] = []
        self._num_progress = 0

    def put(self, report: Report) -> None:
        """Takes a report and sends it now, or with one of the next."""
        self._held.append(report)
        self._num_progress += bool(report.progress)
        is_due = self._clock() - self._sent_at >= HEARTBEAT_SECONDS
        is_full = len(self._held) >= _MAX_RECORDS or self._num_progress >= _MAX_PROGRESS
        if report.results or is_full or is_due:
            self.flush()

    def flush(self) -> None:
        """Sends what is held."""
        if not self._held:
            return
        records = tuple(record for report in self._held for record in report.records)
        results = tuple(result for report in self._held for result in report.results)
        progress = self._merged({result.id for result in results}) if self._num_progress else ()
        self._held.clear()
        self._num_progress = 0
        self._sent_at = self._clock()
        _send(self._channel, Report(records, results, progress))

    def _merged(self, ended: Collection[int]) -> tuple[Progress, ...]:
        merged: dict[int, Progress] = {}
        for one in (progress for report in self._held for progress in report.progress):
            if one.id not in ended:
                before = merged.get(one.id)
                merged[one.id] = one if before is None else before.followed_by(one)
        return tuple(merged.values())


def _send(channel: socket.socket, message: Outward) -> None:
    channel.sendall(framed(encode(message)))
