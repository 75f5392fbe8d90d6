"""What is told of a model: its manifest, and the device and precision that the engines report."""

from __future__ import annotations

from collections.abc import Sequence

from service.engine.hosting import Engines
from service.engine.messages import ReadyModel
from service.engine.text_model import TextModel
from service.engine.translation import LoadedModelInfo


class ModelInfos:
    """Made once for each model, and anew after the engines have loaded or dropped one."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines
        self._ready: Sequence[ReadyModel] = ()
        self._infos: dict[TextModel, LoadedModelInfo] = {}

    def of(self, model: TextModel) -> LoadedModelInfo:
        """What is known of a model now."""
        ready = self._engines.models()
        if ready is not self._ready:
            self._ready, self._infos = ready, {}
        info = self._infos.get(model)
        if info is None:
            info = self._infos[model] = _info(model, ready)
        return info


def _info(model: TextModel, models: Sequence[ReadyModel]) -> LoadedModelInfo:
    folder = model.folder
    for ready in models:
        if (ready.name, ready.version) == model.key:
            return LoadedModelInfo(
                folder.manifest,
                folder.digest,
                ready.requested_device,
                ready.actual_device,
                ready.precision,
                ready.load_seconds,
            )
    return LoadedModelInfo(folder.manifest, folder.digest, "", "", "", 0.0)
