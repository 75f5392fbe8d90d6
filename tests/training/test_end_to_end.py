"""The small configuration on a tiny language: prepare, train, be killed, go on, evaluate, export."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch

from service.engine.manifest import Manifest
from training import checkpoint
from training.corpus import read_pairs
from training.data_folder import PreparedOtherwise, require_record
from training.evaluate import Evaluation
from training.export import export
from training.parity import ParityError
from training.settings import TrainSettings, read_settings
from training.train import Trainer

SMALL = Path(__file__).parents[2] / "training" / "configs" / "small.toml"


@pytest.fixture(scope="module")
def settings(corpus_file: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainSettings:
    """The small configuration with other data, other folders and seconds instead of minutes."""
    folder = tmp_path_factory.mktemp("run")
    small = read_settings(SMALL)
    data = msgspec.structs.replace(
        small.data,
        files=(str(corpus_file),),
        folder=str(folder / "data"),
        pieces=400,
        weights={"toy": 1.0},
        dev_share={"toy": 0.1},
        align=find_spec("eflomal") is not None,
    )
    model = msgspec.structs.replace(
        small.model, embedding=48, encoder_hidden=48, hidden=64, readout=48, dropout=0.1
    )
    return msgspec.structs.replace(
        small,
        folder=str(folder / "model"),
        data=data,
        model=model,
        minutes=0.4,
        threads=1,
        precision="fp32",
        peak_rate=4e-3,
        guided_final_weight=None,
    )


@pytest.fixture(scope="module")
def trained(settings: TrainSettings) -> Path:
    """A run that was stopped half way and taken up again by a second trainer."""
    first = Trainer(settings)
    batches = first.pairs.batches(settings.data.weights, settings.batch_tokens, np.random.default_rng(1))
    for _, batch in zip(range(3), batches, strict=False):
        first._timed_step(batch)
    first._save("last")
    second = Trainer(settings)
    assert second.progress == first.progress
    for name, tensor in first.model.state_dict().items():
        torch.testing.assert_close(second.model.state_dict()[name], tensor, rtol=0, atol=0)
    second.run()
    return Path(settings.folder) / "best"


def test_the_model_learns_the_tiny_language(trained: Path, settings: TrainSettings) -> None:
    """Held-out sentences are translated nearly all right."""
    evaluation = Evaluation(trained)
    held_out = Path(settings.data.folder) / "dev.toy.tsv"
    scores = evaluation.scores(held_out, beam_size=2)
    assert scores["bleu"] > 60
    assert "tok:13a" in scores["bleu_signature"]


def test_an_export_equals_the_checkpoint(trained: Path, settings: TrainSettings, tmp_path: Path) -> None:
    """The folder that export writes reads back through the service's model and agrees with PyTorch."""
    pairs = read_pairs(Path(settings.data.folder) / "dev.toy.tsv", settings.source)
    sentences = [source for source, _ in pairs]
    parity = export(trained, tmp_path / "toy-zh-en" / "1", sentences)
    manifest = Manifest.read(tmp_path / "toy-zh-en" / "1")
    assert parity.num_sentences == len(sentences) >= 80
    assert parity.logprob_difference <= 1e-4
    assert (manifest.name, manifest.version) == ("toy-zh-en", "1")
    assert (manifest.source, manifest.target) == ("zh", "en")
    assert {"encoder.onnx", "step.onnx", "source.spm", "target.spm"} == set(manifest.files)
    assert "on one processor core" in (tmp_path / "toy-zh-en" / "1" / "README.md").read_text(encoding="utf-8")


def test_nothing_is_exported_that_was_not_compared(trained: Path, tmp_path: Path) -> None:
    """Without a sentence to compare, an export fails and leaves no folder behind."""
    with pytest.raises(ParityError):
        export(trained, tmp_path / "toy-zh-en" / "1", [])
    assert not (tmp_path / "toy-zh-en" / "1").exists()


def test_a_run_refuses_data_that_was_prepared_otherwise(settings: TrainSettings, trained: Path) -> None:
    """Other numbers of pieces make other data, other weights of the same corpora do not."""
    other = msgspec.structs.replace(settings.data, pieces=300)
    with pytest.raises(PreparedOtherwise, match="pieces"):
        Trainer(msgspec.structs.replace(settings, data=other))
    heavier = msgspec.structs.replace(settings.data, weights={"toy": 2.0})
    Trainer(msgspec.structs.replace(settings, data=heavier))


def test_data_without_a_record_is_taken_as_it_is(settings: TrainSettings, tmp_path: Path) -> None:
    """A folder that was prepared before there were records is not refused."""
    require_record(msgspec.structs.replace(settings.data, folder=str(tmp_path)))


def test_a_half_written_checkpoint_is_never_taken(tmp_path: Path) -> None:
    """A kill between the two moves leaves the old checkpoint, and that one is found."""
    (tmp_path / "last.old").mkdir()
    (tmp_path / "last.old" / "progress.json").write_text("{}")
    assert checkpoint.find(tmp_path / "last") == tmp_path / "last.old"
    assert checkpoint.find(tmp_path / "none") is None


def test_a_save_after_a_kill_gives_up_nothing_before_it_is_done(
    settings: TrainSettings, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where only the predecessor is left, it stays until the new checkpoint has its name."""
    run = Trainer(settings)
    shutil.copytree(trained, tmp_path / "last.old")
    monkeypatch.setattr("os.rename", interrupt)
    with pytest.raises(KeyboardInterrupt):
        checkpoint.save(tmp_path / "last", settings, run.model, run.optimizer, run.progress)
    assert checkpoint.find(tmp_path / "last") == tmp_path / "last.old"
    monkeypatch.undo()
    checkpoint.save(tmp_path / "last", settings, run.model, run.optimizer, run.progress)
    assert checkpoint.find(tmp_path / "last") == tmp_path / "last"
    assert not (tmp_path / "last.old").exists()


def interrupt(*_: object) -> None:
    """What a kill at this place amounts to."""
    raise KeyboardInterrupt
