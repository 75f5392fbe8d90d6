"""The decode loops of all models, driven by one thread: messages in, a tick at a time, reports out.

The same core runs in an engine process, in the command line's own process and in tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from service.engine.core_settings import CoreSettings
from service.engine.decode_loop import DecodeLoop
from service.engine.device import Runtime
from service.engine.messages import Cancel, Post, Progress, ReadyModel, Report, Result, TickRecord, Unload
from service.engine.warm_loop import WarmLoop, load_warm_loop

Key = tuple[str, str]
"""Name and version of a model."""


class Core:
    """Decode loops by name and version of their model; `models` are those that take jobs."""

    def __init__(self, loops: Mapping[Key, DecodeLoop], models: tuple[ReadyModel, ...] = ()) -> None:
        self._loops = dict(loops)
        self._leaving: set[Key] = set()
        self._has_let_go = False
        self.models = models

    @classmethod
    def of(cls, warm: Iterable[WarmLoop]) -> Core:
        """A core that begins with these."""
        core = cls({})
        for one in warm:
            core.add(one)
        return core

    @classmethod
    def load(
        cls, settings: CoreSettings, *, clock: Callable[[], float], runtime: Runtime | None = None
    ) -> Core:
        """Loads, warms and checks every model; raises CannotStart."""
        return cls.of(
            load_warm_loop(path, digest, settings, clock=clock, runtime=runtime)
            for path, digest in settings.models
        )

    @property
    def has_work(self) -> bool:
        """True while a tick would do something."""
        return any(loop.has_work for loop in self._loops.values())

    def has_let_go(self) -> bool:
        """True once after versions have gone."""
        has_let_go, self._has_let_go = self._has_let_go, False
        return has_let_go

    def add(self, warm: WarmLoop) -> None:
        """Takes a loop that another thread may have made; from now on it is this one's."""
        key = (warm.ready.name, warm.ready.version)
        self._leaving.discard(key)
        self._loops[key] = warm.loop
        self.models = (*self._others(key), warm.ready)

    def receive(self, message: Post | Cancel | Unload) -> None:
        """Queues jobs, or forgets some, or lets a version go."""
        if isinstance(message, Cancel):
            for loop in self._loops.values():
                loop.cancel(message.ids)
        elif isinstance(message, Unload):
            self._unload((message.name, message.version))
        else:
            for job in message.jobs:
                self._loops[job.model, job.version].post(job)

    def tick(self) -> Report:
        """One tick of every version that has work."""
        records: list[TickRecord] = []
        results: list[Result] = []
        progress: list[Progress] = []
        for loop in self._loops.values():
            if loop.has_work:
                record, ended = loop.tick()
                records.append(record)
                results.extend(ended)
                progress.extend(loop.progress)
        self._let_go()
        return Report(tuple(records), tuple(results), tuple(progress))

    def _unload(self, key: Key) -> None:
        self.models = self._others(key)
        self._leaving.add(key)
        self._let_go()

    def _let_go(self) -> None:
        """Forgets those that leave and have nothing left to do."""
        for key in [one for one in self._leaving if one not in self._loops or not self._loops[one].has_work]:
            self._has_let_go |= self._loops.pop(key, None) is not None
            self._leaving.remove(key)

    def _others(self, key: Key) -> tuple[ReadyModel, ...]:
        return tuple(one for one in self.models if (one.name, one.version) != key)
