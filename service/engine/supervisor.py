"""Keeps one engine alive: starts it, listens to it, and starts it again a bounded number of times."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from service.engine.core_settings import CoreSettings
from service.engine.engine_process import EngineProcess
from service.engine.errors import CannotStart, EngineDied
from service.engine.folder import ModelFolder
from service.engine.hosting import EngineSettings
from service.engine.messages import Job, Outward

EngineState = Literal["starting", "ready", "dead", "stopped"]

_FIRST_PAUSE_SECONDS = 0.1
_log = logging.getLogger(__name__)


class Supervisor:
    """One engine and its successors; `on_message` hears it, `on_death` gets what it left unanswered."""

    def __init__(
        self,
        core: CoreSettings,
        settings: EngineSettings,
        *,
        on_message: Callable[[Supervisor, Outward], None],
        on_death: Callable[[list[Job]], None],
    ) -> None:
        self._core = core
        self._settings = settings
        self._on_message = on_message
        self._on_death = on_death
        self._deaths: deque[float] = deque()
        self._task: asyncio.Task[None] | None = None
        self._first_start: asyncio.Future[None] | None = None
        self.state: EngineState = "starting"
        self.num_restarts = 0
        self._unloaded_meanwhile: list[ModelFolder] = []
        self.process = self._new_process()

    async def start(self) -> None:
        """Returns when the engine is ready for the first time; raises CannotStart or EngineDied."""
        self._first_start = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._keep_alive())
        await self._first_start

    async def stop(self) -> None:
        """Ends the engine for good."""
        self.state = "stopped"
        if self._first_start is not None:
            self._first_start.cancel()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self.process.end()

    def keep(self, folder: ModelFolder) -> None:
        """The engine has this version; its successors will load it, too."""
        self._core = replace(self._core, models=(*self._core.models, (folder.path, folder.digest)))

    def unload(self, folder: ModelFolder) -> None:
        """The engine and its successors are to be without this version."""
        kept = tuple(one for one in self._core.models if one != (folder.path, folder.digest))
        self._core = replace(self._core, models=kept)
        if self.state == "ready":
            self.process.unload(folder.manifest.name, folder.manifest.version)
        elif self.state == "starting":
            self._unloaded_meanwhile.append(folder)

    async def _keep_alive(self) -> None:
        while self.state != "dead":
            await self._live()
            if self._may_restart():
                await asyncio.sleep(self._pause_seconds())
                self.num_restarts += 1
                self.state = "starting"
                self.process = self._successor()
            else:
                self.state = "dead"

    async def _live(self) -> None:
        """One life of the engine, from its start to its end."""
        try:
            await self.process.start()
            self.state = "ready"
            self._unload_late()
            self._tell_fallbacks()
            self._tell_start(None)
            await self.process.listen(self._hear)
        except (CannotStart, EngineDied) as error:
            self._tell_start(error)
        except Exception as error:  # noqa: BLE001  # a bug must not leave an engine unwatched
            _log.exception("engine_lost", extra={"engine": self._core.engine})
            self._tell_start(EngineDied(f"the engine could not be started: {type(error).__name__}"))
        await self._bury()

    def _unload_late(self) -> None:
        """What was unloaded while the engine started, it may have loaded."""
        for folder in self._unloaded_meanwhile:
            self.process.unload(folder.manifest.name, folder.manifest.version)
        self._unloaded_meanwhile.clear()

    def _hear(self, message: Outward) -> None:
        self._on_message(self, message)

    async def _bury(self) -> None:
        self.state = "starting"  # takes no more jobs
        left = self.process.abandon()
        _log.error(
            "engine_died",
            extra={"engine": self._core.engine, "pid": self.process.pid, "num_outstanding": len(left)},
        )
        self._on_death(left)
        await self.process.end()

    def _tell_fallbacks(self) -> None:
        """Said here and not in the engine, whose log nobody has configured."""
        for model in self.process.models:
            if model.fallback_reason:
                facts = {"requested": model.requested_device, "actual": model.actual_device}
                facts |= {"model": model.name, "reason": model.fallback_reason}
                _log.warning("device_fallback", extra={"engine": self._core.engine, **facts})

    def _tell_start(self, error: Exception | None) -> None:
        if self._first_start is None or self._first_start.done():
            return
        if error is None:
            self._first_start.set_result(None)
        else:
            self._deaths.extend([time.monotonic()] * self._settings.max_restarts)  # do not try again
            self._first_start.set_exception(error)

    def _may_restart(self) -> bool:
        now = time.monotonic()
        while self._deaths and self._deaths[0] < now - self._settings.restart_window_seconds:
            self._deaths.popleft()
        self._deaths.append(now)
        return len(self._deaths) <= self._settings.max_restarts

    def _pause_seconds(self) -> float:
        """None before the first restart, then twice as long before each."""
        return 0.0 if len(self._deaths) == 1 else float(_FIRST_PAUSE_SECONDS * 2 ** len(self._deaths))

    def _successor(self) -> EngineProcess:
        """A new process, silent since the one before was: only what it says itself is a sign of life."""
        successor = self._new_process()
        successor.last_heartbeat = self.process.last_heartbeat
        return successor

    def _new_process(self) -> EngineProcess:
        return EngineProcess(
            self._core,
            start_seconds=self._settings.start_seconds,
            hang_seconds=self._settings.hang_seconds,
        )
