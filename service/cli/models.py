"""`zhuyi models`: what the store holds, as a table; the folders are verified, no model is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TextIO

from service.engine.folder import ModelFolder
from service.engine.store import ModelStore
from service.settings import Settings

_TITLES: Final = ("NAME", "VERSION", "FROM", "TO", "ARCHITECTURE", "PARAMETERS", "SIZE", "LICENCE")


def print_models(settings: Settings, output: TextIO) -> int:
    """Prints one line per model; raises ModelFolderInvalid."""
    rows = [_TITLES, *(_row(folder) for folder in ModelStore(settings.model_store).latest())]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_TITLES))]
    for row in rows:
        print("  ".join(_padded(row, widths)).rstrip(), file=output)
    return 0


def _row(folder: ModelFolder) -> tuple[str, ...]:
    manifest = folder.manifest
    megabytes = sum(file.bytes for file in manifest.files.values()) / 1e6
    return (
        manifest.name,
        manifest.version,
        manifest.source,
        manifest.target,
        manifest.architecture,
        f"{manifest.num_parameters / 1e6:.1f} M",
        f"{megabytes:.1f} MB",
        manifest.licence,
    )


def _padded(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [text.ljust(width) for text, width in zip(row, widths, strict=True)]
