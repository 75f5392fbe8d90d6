"""One version on its way into every engine: in the end all have it, or none."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from service.engine.errors import EngineDied, ZhuyiError, error_from
from service.engine.folder import ModelFolder
from service.engine.messages import Load, Loaded, LoadFailed
from service.engine.supervisor import Supervisor


class Rollout:
    """Asks engines that are ready, and waits for all of them; the first failure is everybody's."""

    def __init__(self, number: int, folder: ModelFolder, supervisors: Iterable[Supervisor]) -> None:
        self._number = number
        self._folder = folder
        self._supervisors = list(supervisors)
        self._waiting = set(self._supervisors)
        self._everywhere: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def run(self, *, timeout_seconds: float) -> None:
        """Returns when every engine has the version; raises CannotStart, EngineDied, NotReady."""
        manifest = self._folder.manifest
        path = str(self._folder.path)
        load = Load(self._number, manifest.name, manifest.version, path, self._folder.digest)
        for one in self._supervisors:
            one.process.load(load)
        try:
            async with asyncio.timeout(timeout_seconds):
                await self._everywhere
        except TimeoutError as error:
            raise EngineDied(f"an engine has not loaded it within {timeout_seconds:g} seconds") from error

    def hear(self, supervisor: Supervisor, message: Loaded | LoadFailed) -> None:
        """What an engine says; a late word about an earlier load is passed over."""
        if message.number != self._number:
            return
        if isinstance(message, LoadFailed):
            self.fail(error_from(message.error, message.data))
            return
        supervisor.process.note_loaded(message.model)
        self._waiting.discard(supervisor)
        if not self._waiting and not self._everywhere.done():
            for one in self._supervisors:  # at once, so that an engine that dies now comes back with it
                one.keep(self._folder)
            self._everywhere.set_result(None)

    def fail(self, error: ZhuyiError) -> None:
        """It cannot be everywhere any more."""
        if not self._everywhere.done():
            self._everywhere.set_exception(error)
