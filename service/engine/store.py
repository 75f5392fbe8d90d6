"""Finds the model folders under model_store/<name>/<version>/ and verifies them before anyone loads them.

Which version of a model is meant, a pin says, else it is the latest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from service.engine.errors import ModelFolderInvalid, UnknownVersion
from service.engine.folder import ModelFolder

LATEST = "latest"
_PIN = re.compile(r"\s*([^\s=,]+)\s*=\s*([^\s=,]+)\s*")


def parse_pins(text: str) -> dict[str, str]:
    """The versions that `zh-en=2,en-zh=latest` pins by name; "" pins none. Raises ValueError."""
    pins: dict[str, str] = {}
    for part in text.split(",") if text.strip() else ():
        found = _PIN.fullmatch(part)
        if found is None or found[1] in pins:
            raise ValueError("must be like zh-en=2,en-zh=latest, each name once")
        pins[found[1]] = found[2]
    return pins


class ModelStore:
    """The folder that holds all models; names that begin with a dot are passed over (half-written ones)."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def latest(self) -> tuple[ModelFolder, ...]:
        """The latest version of every model; as `chosen` without pins."""
        return self.chosen({})

    def chosen(self, pins: Mapping[str, str]) -> tuple[ModelFolder, ...]:
        """One version of every model, verified, in the order of the names: the pinned, else the latest.

        Raises ModelFolderInvalid for the first that is not what its manifest says, where a pinned one
        is not there, and where the store holds no model at all.
        """
        names = {path.name: versions for path in _folders(self._path) if (versions := _folders(path))}
        if not names:
            raise ModelFolderInvalid(str(self._path), "there is no model in it")
        for name in pins.keys() - names.keys():
            raise ModelFolderInvalid(str(self._path), f"there is no model {name}, whose version is pinned")
        return tuple(_verified(_pinned(path, pins.get(name, LATEST))) for name, path in names.items())

    def find(self, name: str, version: str) -> ModelFolder:
        """One version, verified; raises UnknownVersion where it is not there, and ModelFolderInvalid."""
        for path in self._paths():
            if (path.parent.name, path.name) == (name, version):
                return _verified(path)
        raise UnknownVersion(name, version)

    def versions(self) -> tuple[tuple[str, str], ...]:
        """Name and version of all that is there, verified or not, the oldest first."""
        return tuple((path.parent.name, path.name) for path in self._paths())

    def _paths(self) -> list[Path]:
        """All version folders; a name is looked for among them, so that no path is made of what is asked."""
        return [path for name in _folders(self._path) for path in sorted(_folders(name), key=_version_key)]


def _pinned(versions: list[Path], version: str) -> Path:
    if version == LATEST:
        return max(versions, key=_version_key)
    for path in versions:
        if path.name == version:
            return path
    raise ModelFolderInvalid(str(versions[0].parent), f"there is no version {version}, which is pinned")


def _verified(path: Path) -> ModelFolder:
    folder = ModelFolder.open(path)
    declared = (folder.manifest.name, folder.manifest.version)
    if declared != (path.parent.name, path.name):
        raise folder.invalid(f"the manifest is of {declared[0]}/{declared[1]}")
    folder.verify()
    return folder


def _folders(path: Path) -> list[Path]:
    try:
        return sorted(one for one in path.iterdir() if one.is_dir() and not one.name.startswith("."))
    except OSError as error:
        raise ModelFolderInvalid(str(path), str(error.strerror)) from error


def _version_key(path: Path) -> list[tuple[int, int, str]]:
    """Orders 2 before 10 and 1.2-rc before 1.10; numbers before words."""
    parts = re.split(r"[.\-_]", path.name)
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]
