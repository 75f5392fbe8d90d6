"""The small configuration on a tiny language: prepare, train, be killed, go on, evaluate, export."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch

from service.engine.device import CudaOptions
from service.engine.errors import ModelFolderInvalid
from service.engine.folder import ModelFolder
from service.engine.golden import Golden, require_golden
from service.engine.loading import load_model
from service.engine.manifest import Manifest
from service.engine.onnx_model import OnnxModel
from service.engine.scheduler import BatchLimits
from training import checkpoint
from training.agreement import MIN_AGREEMENT
from training.align import align
from training.corpus import read_pairs
from training.data_folder import PreparedOtherwise, require_record
from training.evaluate import Evaluation
from training.export import export
from training.folder import file_records, write_description
from training.fp16_graph import FP16
from training.golden import MAX_SENTENCES, add_golden
from training.int8_graphs import INT8
from training.int8_products import narrowed
from training.lexicon import Breadth, add_shortlists, read_training_pairs
from training.parity import ParityError, greedy_targets
from training.quantize import quantize
from training.record_scores import record_scores
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


@pytest.fixture(scope="module")
def held_out(trained: Path, settings: TrainSettings) -> list[str]:
    """Source sentences that training never saw."""
    pairs = read_pairs(Path(settings.data.folder) / "dev.toy.tsv", settings.source)
    return [source for source, _ in pairs]


@pytest.fixture(scope="module")
def exported(trained: Path, held_out: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model folder that export writes."""
    folder = tmp_path_factory.mktemp("store") / "toy-zh-en" / "1"
    parity = export(trained, folder, held_out)
    assert parity.num_sentences == len(held_out) >= 80
    assert parity.logprob_difference <= 1e-4
    return folder


def test_an_export_equals_the_checkpoint(exported: Path) -> None:
    """The folder that export writes reads back through the service's model and says what it is."""
    manifest = Manifest.read(exported)
    assert (manifest.name, manifest.version) == ("toy-zh-en", "1")
    assert (manifest.source, manifest.target) == ("zh", "en")
    graphs = {"encoder.onnx", "step.onnx", "encoder.int8.onnx", "step.int8.onnx"}
    assert {*graphs, "source.spm", "target.spm"} == set(manifest.files)
    assert "on one processor core" in (exported / "README.md").read_text(encoding="utf-8")


def test_both_precisions_of_an_export_agree(exported: Path) -> None:
    """The manifest tells how often int8 chooses as fp32, and the card says it."""
    agreement = Manifest.read(exported).about["int8"]
    assert agreement["token_agreement"] >= MIN_AGREEMENT
    assert agreement["num_positions"] > agreement["num_sentences"] >= 80
    assert "In int8 the best next piece" in (exported / "README.md").read_text(encoding="utf-8")


def test_a_folder_without_its_int8_graphs_is_refused(exported: Path, tmp_path: Path) -> None:
    """What the manifest declares must be among its files."""
    shutil.copytree(exported, tmp_path / "1")
    manifest = Manifest.read(exported)
    files = {name: record for name, record in manifest.files.items() if name != "step.int8.onnx"}
    msgspec.structs.replace(manifest, files=files).write(tmp_path / "1")
    with pytest.raises(ModelFolderInvalid, match=r"step\.int8\.onnx is not among"):
        ModelFolder.open(tmp_path / "1").verify()


def test_int8_of_a_folder_is_int8_of_its_checkpoint(
    exported: Path, held_out: list[str], tmp_path: Path
) -> None:
    """A folder has lost nothing that its int8 graphs need: made from it, they are the same bytes."""
    quantize(exported, tmp_path / "toy-zh-en" / "2", held_out)
    old, new = Manifest.read(exported), Manifest.read(tmp_path / "toy-zh-en" / "2")
    assert new.files == old.files
    assert (new.version, new.about) == ("2", old.about)


def test_graphs_in_fp16_are_compared_as_well(exported: Path, held_out: list[str], tmp_path: Path) -> None:
    """Where they are asked for; declared for CUDA, and on the CPU they choose as fp32 does."""
    _, fp16 = quantize(exported, tmp_path / "toy-zh-en" / "2", held_out, with_fp16=True)
    manifest = Manifest.read(tmp_path / "toy-zh-en" / "2")
    assert (manifest.int8, manifest.fp16) == (INT8, FP16)
    assert fp16.token_agreement > 0.99
    assert manifest.about["fp16"]["num_positions"] == fp16.num_positions


def test_shortlists_are_added_to_a_folder(exported: Path, corpus_file: Path, tmp_path: Path) -> None:
    """The folder is whole afterwards, and with shortlists on it still speaks the tiny language."""
    pytest.importorskip("eflomal")
    folder = shutil.copytree(exported, tmp_path / "toy-zh-en" / "1")
    pairs = read_training_pairs(folder, [corpus_file], ["toy"])
    links = align([source for source, _ in pairs], [target for _, target in pairs])
    add_shortlists(folder, pairs, links, Breadth(num_likely=10, num_frequent=60))
    found = load_model(folder, limits=BatchLimits(), cuda=CudaOptions(), shortlists=True)
    plain = OnnxModel.load(folder, precision="int8")
    sources = [source for source, _ in pairs[:40]]
    same = [
        one.tokens == other.tokens
        for one, other in zip(greedy_targets(found, sources), greedy_targets(plain, sources), strict=True)
    ]
    assert np.mean(same) > 0.9


def test_broken_int8_graphs_are_refused(
    exported: Path, held_out: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Weights that have overflowed do not choose as fp32 does, and no folder is left."""

    def overflowed(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        narrow, scales = narrowed(weight)
        return (narrow.astype(np.int32) * 4).astype(np.int8), scales / 4

    monkeypatch.setattr("training.int8_products.narrowed", overflowed)
    with pytest.raises(ParityError, match="int8 agrees with fp32 at"):
        quantize(exported, tmp_path / "toy-zh-en" / "2", held_out)
    assert not (tmp_path / "toy-zh-en" / "2").exists()


def test_scores_by_precision_reach_the_card(exported: Path, tmp_path: Path) -> None:
    """What benchmarks.quality measured stands in manifest and card, without the times."""
    shutil.copytree(exported, tmp_path / "1")
    score = {"test": "toy", "beam_size": 4, "precision": "int8", "bleu": 61.5, "chrf": 70.0, "same": 0.9}
    record_scores(tmp_path / "1", [score | {"cpu_seconds": 3.0}])
    assert Manifest.read(tmp_path / "1").about["precisions"] == [score]
    assert "| toy | 4 | int8 | 61.5 | 70.0 | 90.0% |" in (tmp_path / "1" / "README.md").read_text("utf-8")
    ModelFolder.open(tmp_path / "1").verify()


def test_a_calibration_reaches_the_card_and_not_other_graphs(
    exported: Path, held_out: list[str], tmp_path: Path
) -> None:
    """The card says how well it came true; new graphs have other scores, so their folder has none."""
    old = shutil.copytree(exported, tmp_path / "toy-zh-en" / "1")
    (old / "calibration.json").write_bytes(b"{}")
    worth = {"test": "toy", "of": "words", "number": 9, "share": 0.5, "auroc": 0.8, "brier": 0.2, "ece": 0.1}
    manifest = Manifest.read(old)
    about = manifest.about | {"calibration": {"min_chrf": 40.0, "reliability": [worth]}}
    declared = {"calibration": "calibration.json", "files": file_records(old), "about": about}
    write_description(msgspec.structs.replace(manifest, **declared), old)
    ModelFolder.open(old).verify()
    assert "| toy | words | 9 | 0.5 | 0.8 | 0.2 | 0.1 |" in (old / "README.md").read_text("utf-8")
    new = tmp_path / "toy-zh-en" / "2"
    quantize(old, new, held_out)
    assert Manifest.read(new).calibration is None
    assert "calibration" not in (new / "README.md").read_text("utf-8")


def test_golden_sentences_are_those_that_are_clear(
    exported: Path, held_out: list[str], tmp_path: Path
) -> None:
    """They are declared and kept from one reading to the next; other graphs have none."""
    folder = Path(shutil.copytree(exported, tmp_path / "toy-zh-en" / "1"))
    golden = add_golden(folder, held_out)
    assert 1 <= len(golden.sentences) <= MAX_SENTENCES
    ModelFolder.open(folder).verify()
    assert Golden.of(ModelFolder.open(folder)) == golden
    for precision in ("fp32", "int8"):
        require_golden(OnnxModel.load(folder, precision=precision), ModelFolder.open(folder), BatchLimits())
    assert Manifest.read(quantized(folder, held_out)).golden is None
    with pytest.raises(ParityError, match="no sentence"):
        add_golden(folder, [])


def quantized(folder: Path, sentences: list[str]) -> Path:
    """The next version of a folder."""
    new = folder.parent / "2"
    quantize(folder, new, sentences)
    return new


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
