"""The calibration file: part of a model folder, checked like every other file of it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from service.engine.errors import ModelFolderInvalid
from service.engine.folder import ModelFolder
from service.engine.manifest import FileRecord, Manifest
from service.text.evidence import Calibration
from tests.random_model import declare_again, write_random_model
from tests.text.evidence_cases import CALIBRATION

FILE = "calibration.json"
OTHER_FORMAT = CALIBRATION.to_bytes().replace(b'"format": 1', b'"format": 2')


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A random model's folder with a calibration."""
    path = write_random_model(tmp_path, name="zh-en")
    (path / FILE).write_bytes(CALIBRATION.to_bytes())
    manifest = Manifest.read(path)
    files = manifest.files | {FILE: FileRecord(0, "")}
    msgspec.structs.replace(manifest, calibration=FILE, files=files).write(path)
    declare_again(path)
    return path


def test_a_calibration_comes_back_as_it_was_written(folder: Path) -> None:
    """Through the folder, which has checked its bytes."""
    ModelFolder.open(folder).verify()
    assert Calibration.of(ModelFolder.open(folder)) == CALIBRATION


def test_a_folder_may_have_none(folder: Path) -> None:
    """The manifest decides, not what lies around."""
    msgspec.structs.replace(Manifest.read(folder), calibration=None).write(folder)
    assert Calibration.of(ModelFolder.open(folder)) is None


def test_a_calibration_that_is_missing_is_refused_before_it_is_wanted(folder: Path) -> None:
    """Verifying a folder reads every file that its manifest names."""
    (folder / FILE).unlink()
    with pytest.raises(ModelFolderInvalid, match=r"calibration\.json"):
        ModelFolder.open(folder).verify()


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", OTHER_FORMAT])
def test_a_calibration_that_is_none_is_refused(folder: Path, content: bytes) -> None:
    """Not JSON, not a calibration, or one of another format."""
    (folder / FILE).write_bytes(content)
    declare_again(folder)
    with pytest.raises(ModelFolderInvalid, match=r"calibration\.json"):
        Calibration.of(ModelFolder.open(folder))
