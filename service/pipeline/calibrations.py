"""The calibrations of the versions in memory: each version has its own, or none."""

from __future__ import annotations

from collections.abc import Iterable

from service.engine.folder import ModelFolder
from service.engine.translation import Translation
from service.text.evidence import Calibration


class Calibrations:
    """By name and version; raises ModelFolderInvalid."""

    def __init__(self, folders: Iterable[ModelFolder] = ()) -> None:
        self._by_version: dict[tuple[str, str], Calibration] = {}
        for folder in folders:
            self.add(folder)

    def add(self, folder: ModelFolder) -> None:
        """Takes that of a version which is about to serve; raises ModelFolderInvalid."""
        calibration = Calibration.of(folder)
        if calibration is not None:
            self._by_version[folder.manifest.name, folder.manifest.version] = calibration

    def remove(self, folder: ModelFolder) -> None:
        """Forgets that of a version which is gone."""
        self._by_version.pop((folder.manifest.name, folder.manifest.version), None)

    def of(self, translation: Translation) -> Calibration | None:
        """That of the version which made a translation."""
        return self._by_version.get((translation.model, translation.version))
