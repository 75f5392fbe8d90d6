"""Another version is put to use while the service runs, or tried by a share of the requests.

One change at a time. Whatever fails on the way leaves everything as it was.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

from service.engine.errors import CannotStart, InvalidOption, Unavailable, UnknownVersion, VersionInUse
from service.engine.folder import ModelFolder
from service.engine.serving import Candidate
from service.engine.store import ModelStore
from service.engine.text_model import TextModel
from service.engine.translator import Translator
from service.pipeline.calibrations import Calibrations

VersionState = Literal["serving", "candidate", "leaving", "stored"]
LoadResult = Literal["ok", "refused", "failed"]
LOAD_RESULTS: tuple[LoadResult, ...] = get_args(LoadResult)


@dataclass(frozen=True, slots=True)
class VersionInfo:
    """A version and what it is used for; one that is `leaving` has requests which began with it."""

    name: str
    version: str
    state: VersionState
    share: float = 0.0


class ModelVersions:
    """What of a store is in use.

    `on_load` hears the name of a model and how its load ended, `on_change` that other versions serve.
    """

    def __init__(
        self,
        store: ModelStore,
        translator: Translator,
        calibrations: Calibrations,
        *,
        on_load: Callable[[str, LoadResult], None] = lambda _, __: None,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._versions = translator.versions
        self._serving = translator.versions.serving
        self._calibrations = calibrations
        self._on_load = on_load
        self._on_change = on_change
        self._changing = asyncio.Lock()

    async def serve(self, name: str, version: str) -> VersionInfo:
        """Every request from now on gets this version; those that run go on with theirs.

        Raises UnknownVersion, VersionInUse, CannotStart, and EngineDied or NotReady.
        """
        async with self._changing:
            self._serving.serve(await self._loaded(name, version))
            self._on_change()
        return self._info(name, version)

    async def try_out(self, name: str, version: str, share: float) -> VersionInfo:
        """A share of the requests, 0 to 1, gets this version; raises as `serve`, and InvalidOption."""
        async with self._changing:
            if not any(one.name == name for one in self._serving.catalogue.models):
                raise InvalidOption("share", share, "left out: no version of this model serves yet")
            model = await self._loaded(name, version)
            if model in self._serving.catalogue.models:
                raise VersionInUse(name, version, "serves already, so it cannot be a candidate")
            self._serving.try_out(Candidate(model, share))
            self._on_change()
        return self._info(name, version)

    async def withdraw(self, name: str, version: str) -> None:
        """This candidate is none any more; raises UnknownVersion, and VersionInUse where it serves."""
        async with self._changing:
            model = self._serving.find(name, version)
            if not self._serving.is_candidate(model):
                raise VersionInUse(name, version, "serves: put another version in its place")
            self._serving.withdraw(name)

    async def overview(self) -> list[VersionInfo]:
        """All that is stored or loaded; raises ModelFolderInvalid where the store cannot be read."""
        stored = await asyncio.to_thread(self._store.versions)
        loaded = [model.key for model in self._versions.loaded()]
        return [self._info(*key) for key in dict.fromkeys((*stored, *loaded))]

    async def _loaded(self, name: str, version: str) -> TextModel:
        """The version in memory; counts how its load ended where there was one."""
        try:
            folder = await asyncio.to_thread(self._store.find, name, version)
            if any(model.key == (name, version) for model in self._versions.loaded()):
                return await self._versions.load(folder)
            self._require_same_pair(folder)
            model = await self._load(folder)
        except CannotStart:
            self._on_load(name, "refused")
            raise
        except Unavailable:
            self._on_load(name, "failed")
            raise
        self._on_load(name, "ok")
        return model

    async def _load(self, folder: ModelFolder) -> TextModel:
        self._calibrations.add(folder)
        try:
            return await self._versions.load(folder)
        except BaseException:
            self._calibrations.remove(folder)
            raise

    def _require_same_pair(self, folder: ModelFolder) -> None:
        """A name stands for a pair of languages, and callers count on it."""
        for model in self._serving.catalogue.models:
            old, new = model.folder.manifest, folder.manifest
            if old.name == new.name and (old.source, old.target) != (new.source, new.target):
                raise folder.invalid("it is for other languages than the version that serves")

    def _info(self, name: str, version: str) -> VersionInfo:
        try:
            model = self._serving.find(name, version)
        except UnknownVersion:
            is_loaded = any(one.key == (name, version) for one in self._versions.loaded())
            return VersionInfo(name, version, "leaving" if is_loaded else "stored")
        if self._serving.is_candidate(model):
            return VersionInfo(name, version, "candidate", self._serving.candidates[name].share)
        return VersionInfo(name, version, "serving", 1.0)
