"""Versions of models come and go while others serve: loaded everywhere, checked, then switched to at once.

The constructor starts nothing. A version stays loaded until nobody uses it (serving.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from service.engine.errors import VersionInUse
from service.engine.folder import ModelFolder
from service.engine.hosting import Engines
from service.engine.serving import Serving
from service.engine.text_model import TextModel


class Versions:
    """What is loaded, and in `serving` what of it serves; raises ModelFolderInvalid.

    `on_unloaded` hears of every version that is gone.
    """

    def __init__(
        self,
        folders: Sequence[ModelFolder],
        engines: Engines,
        on_unloaded: Callable[[ModelFolder], None] = lambda _: None,
    ) -> None:
        models = [_checked(folder) for folder in folders]
        self._engines = engines
        self._on_unloaded = on_unloaded
        self._loaded = {model.key: model for model in models}
        self.serving = Serving(models, self._give_up)

    def loaded(self) -> tuple[TextModel, ...]:
        """All versions in memory: those that serve, candidates, and those with requests still running."""
        return tuple(self._loaded.values())

    async def load(self, folder: ModelFolder) -> TextModel:
        """The version, in every engine; it must be put to use before anything else is awaited.

        Raises CannotStart, EngineDied or NotReady, and no engine keeps it then; VersionInUse where
        another folder is loaded under the same name and version.
        """
        key = (folder.manifest.name, folder.manifest.version)
        if (held := self._loaded.get(key)) is not None:
            if held.folder.digest != folder.digest:
                raise VersionInUse(*key, "is loaded with other files: new ones need a version of their own")
            return held
        model = await asyncio.to_thread(_checked, folder)
        await self._engines.load(folder)
        self._loaded[key] = model
        return model

    def _give_up(self, model: TextModel) -> None:
        del self._loaded[model.key]
        self._engines.unload(model.folder)
        self._on_unloaded(model.folder)


def _checked(folder: ModelFolder) -> TextModel:
    model = TextModel(folder)
    model.require_golden()
    return model
