"""What a data folder was prepared from, kept beside the data: no run trains on other data unawares."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from training.settings import DataSettings

RECORD_FILE = "settings.json"


class PreparedOtherwise(Exception):
    """A data folder was prepared with other settings than a run asks for."""


def write_record(settings: DataSettings) -> None:
    """Writes the settings beside the data."""
    (Path(settings.folder) / RECORD_FILE).write_bytes(msgspec.json.encode(settings))


def require_record(settings: DataSettings) -> None:
    """Raises PreparedOtherwise where the data was made with settings that lead to other data.

    A folder without a record is older than records are and is taken as it is.
    """
    path = Path(settings.folder) / RECORD_FILE
    if not path.exists():
        return
    found, wanted = _facts(path.read_bytes()), _facts(msgspec.json.encode(settings))
    changed = sorted(name for name in found | wanted if found.get(name) != wanted.get(name))
    if changed:
        raise PreparedOtherwise(
            f"{settings.folder} was prepared with other settings ({', '.join(changed)}): "
            "name another data folder, or run `python -m training.prepare CONFIG` and train from the start"
        )


def _facts(record: bytes) -> dict[str, Any]:
    """The settings that the data depends on: of the weights, which corpora they name."""
    settings: dict[str, Any] = json.loads(record)
    del settings["folder"]
    return settings | {"weights": sorted(settings["weights"])}
