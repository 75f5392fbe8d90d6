"""Model folders are used only as they were exported: to the last bit, and nothing outside them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from service.engine.errors import ModelFolderInvalid, UnknownVersion
from service.engine.folder import ModelFolder
from service.engine.onnx_model import OnnxModel
from service.engine.store import ModelStore, parse_pins
from tests.random_model import declare_again, write_random_model


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model folder that may be damaged."""
    return write_random_model(tmp_path)


def test_the_latest_version_of_every_name_is_found(tmp_path: Path) -> None:
    """Versions are ordered as numbers, so 10 comes after 9; hidden folders are half-written ones."""
    for version in ("9", "10", "2"):
        write_random_model(tmp_path, version=version)
    write_random_model(tmp_path, name="en-zh")
    (tmp_path / ".staging").mkdir()
    (tmp_path / "zh-en" / ".11").mkdir()
    found = [(one.manifest.name, one.manifest.version) for one in ModelStore(tmp_path).latest()]
    assert found == [("en-zh", "1"), ("zh-en", "10")]


@pytest.mark.parametrize("file", ["encoder.onnx", "step.onnx", "source.spm", "target.spm"])
def test_one_flipped_bit_is_refused_by_name(folder: Path, file: str) -> None:
    """The size is right and most runtimes would load it: the hash tells."""
    content = bytearray((folder / file).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / file).write_bytes(content)
    with pytest.raises(ModelFolderInvalid, match=f"{file} has another SHA-256"):
        ModelStore(folder.parent.parent).latest()
    with pytest.raises(ModelFolderInvalid, match=f"{file} has another SHA-256"):
        OnnxModel.load(folder)


@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused_by_its_size(folder: Path, part: float) -> None:
    """Whatever is left of it, the error says both sizes."""
    content = (folder / "step.onnx").read_bytes()
    (folder / "step.onnx").write_bytes(content[: int(len(content) * part)])
    with pytest.raises(ModelFolderInvalid, match=f"step.onnx has .* the manifest says {len(content)}"):
        ModelStore(folder.parent.parent).latest()


def test_a_missing_file_is_refused_by_name(folder: Path) -> None:
    """Also the manifest itself."""
    (folder / "source.spm").unlink()
    with pytest.raises(ModelFolderInvalid, match=r"source\.spm"):
        ModelStore(folder.parent.parent).latest()
    (folder / "manifest.json").unlink()
    with pytest.raises(ModelFolderInvalid, match=r"manifest\.json"):
        ModelStore(folder.parent.parent).latest()


@pytest.mark.parametrize("content", [b"", b"{", b"<html></html>", b'{"format": 1}', b"[]"])
def test_a_manifest_that_is_none_is_refused(folder: Path, content: bytes) -> None:
    """Not JSON, or not a manifest."""
    (folder / "manifest.json").write_bytes(content)
    with pytest.raises(ModelFolderInvalid, match=r"manifest\.json"):
        ModelStore(folder.parent.parent).latest()


def test_a_link_out_of_the_folder_is_refused(folder: Path) -> None:
    """Even one to the very same bytes."""
    original = folder / "step.onnx"
    elsewhere = folder.parent / "elsewhere.onnx"
    os.rename(original, elsewhere)
    original.symlink_to(elsewhere)
    with pytest.raises(ModelFolderInvalid, match=r"step\.onnx"):
        ModelFolder.open(folder).verify()


@pytest.mark.parametrize("name", ["../1/step.onnx", "/etc/passwd", "..", "sub/step.onnx"])
def test_a_name_that_leaves_the_folder_is_refused(folder: Path, name: str) -> None:
    """A manifest can name plain files only."""
    text = (folder / "manifest.json").read_text()
    (folder / "manifest.json").write_text(text.replace('"step.onnx"', f'"{name}"'))
    with pytest.raises(ModelFolderInvalid, match="not a plain file name"):
        ModelFolder.open(folder).verify()


def test_a_folder_of_another_name_is_refused(folder: Path) -> None:
    """A copied folder whose manifest was forgotten would serve under a false version."""
    os.rename(folder, folder.parent / "2")
    with pytest.raises(ModelFolderInvalid, match="the manifest is of zh-en/1"):
        ModelStore(folder.parent.parent).latest()


def test_an_exchanged_manifest_is_noticed(folder: Path) -> None:
    """An engine loads only the folder that its parent has verified."""
    digest = ModelFolder.open(folder).digest
    (folder / "step.onnx").write_bytes(b"another")
    declare_again(folder)
    with pytest.raises(ModelFolderInvalid, match="exchanged"):
        ModelFolder.open(folder, digest=digest)


@pytest.mark.parametrize("is_there", [True, False])
def test_an_empty_store_is_refused(tmp_path: Path, is_there: bool) -> None:
    """There is nothing to serve, so nothing starts."""
    store = tmp_path / "store"
    if is_there:
        store.mkdir()
    with pytest.raises(ModelFolderInvalid):
        ModelStore(store).latest()


def test_a_pin_chooses_a_version_and_the_others_are_the_latest(tmp_path: Path) -> None:
    """`latest` pins nothing."""
    for name, version in (("zh-en", "1"), ("zh-en", "2"), ("en-zh", "1"), ("en-zh", "2")):
        write_random_model(tmp_path, name=name, version=version)
    store = ModelStore(tmp_path)
    for pins, expected in (("", "22"), ("zh-en=1", "21"), ("zh-en=1, en-zh=1", "11"), ("zh-en=latest", "22")):
        assert "".join(one.manifest.version for one in store.chosen(parse_pins(pins))) == expected
    with pytest.raises(ModelFolderInvalid, match="no version 3, which is pinned"):
        store.chosen({"zh-en": "3"})
    with pytest.raises(ModelFolderInvalid, match="no model fr-en"):
        store.chosen({"fr-en": "1"})


@pytest.mark.parametrize("text", ["zh-en", "zh-en=", "=1", "zh-en=1=2", "a=1,a=2", "a=1,,b=2", ","])
def test_pins_that_cannot_be_read_are_refused(text: str) -> None:
    """Rather than that another version serves than was meant."""
    with pytest.raises(ValueError, match="each name once"):
        parse_pins(text)


def test_one_version_is_found_by_name(tmp_path: Path) -> None:
    """Only where there is a folder of that name: nothing asked for becomes a path."""
    write_random_model(tmp_path / "store", version="2")
    write_random_model(tmp_path, name="fr-en", version="1")
    store = ModelStore(tmp_path / "store")
    assert store.find("zh-en", "2").manifest.version == "2"
    assert store.versions() == (("zh-en", "2"),)
    for name, version in (
        ("zh-en", "1"),
        ("../fr-en", "1"),
        ("zh-en", "../zh-en/2"),
        ("", ""),
        (".", "zh-en"),
    ):
        with pytest.raises(UnknownVersion):
            store.find(name, version)
