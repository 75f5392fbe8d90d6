"""The small configuration on a tiny language: prepare, train, be killed, go on, evaluate, export, read back."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch

from service.engine.manifest import Manifest
from training import checkpoint
from training.evaluate import Evaluation
from training.export import export
from training.settings import TrainSettings, read_settings
from training.train import Trainer

SMALL = Path(__file__).parents[2] / "training" / "configs" / "small.toml"


@pytest.fixture(scope="module")
def settings(corpus_file: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainSettings:
    """The small configuration with other data, other folders and seconds instead of minutes."""
    folder = tmp_path_factory.mktemp("run")
    small = read_settings(SMALL)
    data = msgspec.structs.replace(
        small.data, files=(str(corpus_file),), folder=str(folder / "data"), pieces=400,
        weights={"toy": 1.0}, dev_share={"toy": 0.1},
    )  # fmt: skip
    model = msgspec.structs.replace(small.model, embedding=48, encoder_hidden=48, hidden=64, readout=48, dropout=0.1)
    return msgspec.structs.replace(
        small, folder=str(folder / "model"), data=data, model=model, minutes=0.4, threads=1, precision="fp32", peak_rate=4e-3,
        guided_final_weight=None,
    )  # fmt: skip


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
    sentences = [line.split("\t")[1] for line in (Path(settings.data.folder) / "dev.toy.tsv").read_text().splitlines()]
    parity = export(trained, tmp_path / "toy-zh-en" / "1", sentences)
    manifest = Manifest.read(tmp_path / "toy-zh-en" / "1")
    assert parity.num_sentences == len(sentences) >= 80
    assert parity.logprob_difference <= 1e-4
    assert (manifest.name, manifest.version, manifest.source, manifest.target) == ("toy-zh-en", "1", "zh", "en")
    assert {"encoder.onnx", "step.onnx", "source.spm", "target.spm", "README.md"} == set(manifest.files)


def test_a_half_written_checkpoint_is_never_taken(settings: TrainSettings, trained: Path, tmp_path: Path) -> None:
    """A kill between the two moves leaves the old checkpoint, and that one is found."""
    (tmp_path / "last.old").mkdir()
    (tmp_path / "last.old" / "progress.json").write_text("{}")
    assert checkpoint.find(tmp_path / "last") == tmp_path / "last.old"
    assert checkpoint.find(tmp_path / "none") is None
