"""A version that does not say what it said is refused, whichever part of it is to blame."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest

from service.engine.device import Precision
from service.engine.errors import ModelFolderInvalid
from service.engine.folder import ModelFolder
from service.engine.golden import Golden, require_golden
from service.engine.onnx_model import OnnxModel
from service.engine.scheduler import BatchLimits
from service.engine.store import ModelStore
from service.engine.text_model import TextModel
from tests.random_model import add_golden, declare_again, write_golden, write_random_model

STORE = Path(__file__).parents[2] / "model_store"
LIMITS = (BatchLimits(), BatchLimits(max_rows=8, max_encode=1))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A random model with two golden sentences of different lengths."""
    path = write_random_model(tmp_path)
    golden = add_golden(path)
    write_golden(path, Golden(golden.sentences[:2]))
    return path


def check(path: Path, limits: BatchLimits = LIMITS[0]) -> None:
    """What an engine checks."""
    require_golden(OnnxModel.load(path), ModelFolder.open(path), limits)


@pytest.mark.parametrize("limits", LIMITS, ids=["together", "one by one"])
def test_what_was_said_is_said_again(path: Path, limits: BatchLimits) -> None:
    """In a batch and alone; and the texts have the tokens that they had."""
    check(path, limits)
    TextModel(ModelFolder.open(path)).require_golden()


@pytest.mark.parametrize("limits", LIMITS, ids=["together", "one by one"])
def test_one_other_token_is_refused_by_the_number_of_its_sentence(path: Path, limits: BatchLimits) -> None:
    """Also the last of the longer sentence, when the other has ended."""
    golden = Golden.of(ModelFolder.open(path))
    assert golden
    first, second = golden.sentences
    other = msgspec.structs.replace(second, target=(*second.target[:-1], second.target[-1] + 1))
    write_golden(path, Golden((first, other)))
    with pytest.raises(ModelFolderInvalid, match="golden sentence 2 is not translated as it was"):
        check(path, limits)


def test_a_translation_that_ends_elsewhere_is_refused(path: Path) -> None:
    """EOS is a choice like any other."""
    golden = Golden.of(ModelFolder.open(path))
    assert golden
    first, second = golden.sentences
    write_golden(path, Golden((msgspec.structs.replace(first, target=first.target[:-1]), second)))
    with pytest.raises(ModelFolderInvalid, match="golden sentence 1 is not"):
        check(path)


def test_graphs_of_another_model_are_refused(path: Path, tmp_path: Path) -> None:
    """Sizes, names and hashes are all right, and every score is finite."""
    other = write_random_model(tmp_path / "other", seed=5)
    shutil.copyfile(other / "step.onnx", path / "step.onnx")
    declare_again(path)
    ModelFolder.open(path).verify()
    with pytest.raises(ModelFolderInvalid, match="golden sentence 1"):
        check(path)


@pytest.mark.parametrize("change", [{"source": (5, 6)}, {"translation": "something else"}])
def test_other_tokens_or_another_text_are_refused(path: Path, change: dict[str, object]) -> None:
    """Before any engine is asked."""
    golden = Golden.of(ModelFolder.open(path))
    assert golden
    first, second = golden.sentences
    write_golden(path, Golden((first, msgspec.structs.replace(second, **change))))
    with pytest.raises(ModelFolderInvalid, match="golden sentence 2 has other tokens"):
        TextModel(ModelFolder.open(path)).require_golden()


@pytest.mark.parametrize("content", [b"{}", b"[]", b'{"sentences": []}', b'{"sentences": [], "format": 2}'])
def test_a_file_without_sentences_is_refused(path: Path, content: bytes) -> None:
    """It would make the check one that cannot fail."""
    (path / "golden.json").write_bytes(content)
    declare_again(path)
    with pytest.raises(ModelFolderInvalid, match=r"golden\.json"):
        check(path)


def test_a_model_may_have_none(tmp_path: Path) -> None:
    """Then nothing is asked."""
    check(write_random_model(tmp_path))


@pytest.mark.parametrize("precision", ["fp32", "int8"])
@pytest.mark.parametrize("folder", ModelStore(STORE).latest(), ids=lambda one: one.manifest.name)
def test_the_bundled_models_say_what_they_said(folder: ModelFolder, precision: Precision) -> None:
    """In both precisions, and in words."""
    golden = Golden.of(folder)
    assert golden
    assert len(golden.sentences) == 8
    require_golden(OnnxModel.load(folder.path, precision=precision), folder, BatchLimits())
    TextModel(folder).require_golden()
