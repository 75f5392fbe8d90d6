"""Finds the model folders under model_store/<name>/<version>/ and verifies them before anyone loads them."""

from __future__ import annotations

import re
from pathlib import Path

from service.engine.errors import ModelFolderInvalid
from service.engine.folder import ModelFolder


class ModelStore:
    """The folder that holds all models; names that begin with a dot are passed over (half-written ones)."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def latest(self) -> tuple[ModelFolder, ...]:
        """The latest version of every model, verified, in the order of the names.

        Raises ModelFolderInvalid for the first that is not what its manifest says, and where the
        store holds no model at all.
        """
        names = _folders(self._path)
        latest = [max(versions, key=_version_key) for name in names if (versions := _folders(name))]
        if not latest:
            raise ModelFolderInvalid(str(self._path), "there is no model in it")
        return tuple(_verified(path) for path in latest)


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
