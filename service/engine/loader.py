"""Loads further versions beside an engine that serves: in a thread of its own, which never ticks.

What it made comes back through the inbox, so that the engine's one thread takes it between two ticks.
The thread is nice: where cores are short, rows that run come first.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from service.engine.core import Core, Key
from service.engine.core_settings import CoreSettings
from service.engine.errors import CannotStart, ModelFolderInvalid
from service.engine.free_memory import free_memory
from service.engine.messages import Load, Loaded, LoadFailed
from service.engine.warm_loop import WarmLoop, load_warm_loop

_NICENESS = 10


@dataclass(frozen=True, slots=True)
class Arrival:
    """What became of a load."""

    load: Load
    outcome: WarmLoop | CannotStart


class Loader:
    """Begins loads and settles them; `deliver` is called in the thread that loads."""

    def __init__(self, settings: CoreSettings, deliver: Callable[[Arrival], None]) -> None:
        self._settings = settings
        self._deliver = deliver
        self._wanted: dict[Key, Load] = {}

    def begin(self, load: Load) -> None:
        """Starts to load; nothing waits for it."""
        self._wanted[load.name, load.version] = load
        threading.Thread(target=self._run, args=(load,), name="loader", daemon=True).start()

    def forget(self, name: str, version: str) -> None:
        """What is being loaded of this version is not wanted any more."""
        self._wanted.pop((name, version), None)

    def settle(self, arrival: Arrival, core: Core) -> Loaded | LoadFailed | None:
        """Gives the core what has arrived, and says so; None where it was forgotten meanwhile."""
        load = arrival.load
        if self._wanted.get((load.name, load.version)) is not load:
            return None
        del self._wanted[load.name, load.version]
        if isinstance(arrival.outcome, CannotStart):
            error = arrival.outcome
            return LoadFailed(load.number, type(error).__name__, error.data)
        core.add(arrival.outcome)
        return Loaded(load.number, arrival.outcome.ready)

    def _run(self, load: Load) -> None:
        if sys.platform == "linux":  # where a thread has a priority of its own: setpriority(2), notes
            with contextlib.suppress(OSError):  # where it may not, it goes without
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
        arrival = Arrival(load, self._outcome(load))
        if isinstance(arrival.outcome, CannotStart):
            free_memory()
        self._deliver(arrival)

    def _outcome(self, load: Load) -> WarmLoop | CannotStart:
        try:
            return load_warm_loop(Path(load.path), load.digest, self._settings, clock=time.monotonic)
        except CannotStart as error:
            return error
        except Exception as error:  # noqa: BLE001  # a bug, or no memory: told, and the engine lives on
            return ModelFolderInvalid(load.path, f"it cannot be loaded: {type(error).__name__}")
