"""Writes a small model folder with random weights, made anew by every test run."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import msgspec
import numpy as np
import sentencepiece

from service.engine.manifest import FileRecord, Graphs, Limits, Manifest, Pieces, Shortlist, StateTensor
from tests.random_graphs import NUM_PIECES, encoder_graph, short_step_graph, step_graph
from tests.random_lexicon import SIZE, random_lexicon

_STATE = (
    StateTensor("hidden"),
    StateTensor("cell"),
    StateTensor("feed"),
    StateTensor("keys", 1),
    StateTensor("values", 1),
    StateTensor("source_mask", 1),
)
_TEXT = [
    "the cat sat on the mat",
    "please send the invoice to my address",
    "i would like a room",
    "how much is the ticket to london",
    "我想订一个房间",
    "请把发票寄到我的地址",
    "你好世界",
    "去伦敦的票多少钱",
]


def write_random_model(
    folder: Path, *, name: str = "zh-en", version: str = "1", seed: int = 0, mask: float = 1e9
) -> Path:
    """Writes model folder `folder`/name/version and returns its path.

    `mask` is what is taken from the scores of padding before the softmax; 0 breaks the mask.
    """
    path = folder / name / version
    path.mkdir(parents=True)
    random = np.random.default_rng(seed)
    tokenizer = _tokenizer()
    files = {
        "encoder.onnx": encoder_graph(random),
        "step.onnx": step_graph(random, mask),
        "source.spm": tokenizer,
        "target.spm": tokenizer,
    }
    for file, content in files.items():
        (path / file).write_bytes(content)
    _manifest(name, version, files).write(path)
    return path


def add_shortlists(path: Path, *, seed: int = 0, mask: float = 1e9) -> Path:
    """Adds shortlists to a random model of that seed; what it calls int8 are its fp32 graphs."""
    random, names = np.random.default_rng(seed), Shortlist()
    encoder_graph(random)  # so that the step gets the weights of the one that is there
    (path / names.step).write_bytes(short_step_graph(random, mask, SIZE))
    (path / names.lexicon).write_bytes(random_lexicon(random))
    manifest = Manifest.read(path)
    files = dict.fromkeys([*manifest.files, names.step, names.lexicon], FileRecord(0, ""))
    msgspec.structs.replace(manifest, int8=Graphs(), shortlist=names, files=files).write(path)
    declare_again(path)
    return path


def declare_again(path: Path) -> None:
    """Writes sizes and hashes of a folder's files into its manifest, after a test has changed them."""
    manifest = Manifest.read(path)
    records = {file: _record((path / file).read_bytes()) for file in manifest.files}
    msgspec.structs.replace(manifest, files=records).write(path)


def _manifest(name: str, version: str, files: dict[str, bytes]) -> Manifest:
    source, target = name.split("-")[:2]
    return Manifest(
        name=name,
        version=version,
        source=source,
        target=target,
        architecture="random",
        num_parameters=0,
        licence="Apache-2.0",
        pieces=Pieces(num_source=NUM_PIECES, num_target=NUM_PIECES),
        limits=Limits(max_source_tokens=64, max_target_tokens=64),
        state=_STATE,
        files={file: _record(content) for file, content in files.items()},
    )


def _record(content: bytes) -> FileRecord:
    return FileRecord(len(content), hashlib.sha256(content).hexdigest())


def _tokenizer() -> bytes:
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(_TEXT * 20),
        model_writer=model,
        vocab_size=NUM_PIECES,
        hard_vocab_limit=True,
        byte_fallback=True,
        pad_id=0,
        unk_id=1,
        bos_id=2,
        eos_id=3,
        minloglevel=2,
    )
    return model.getvalue()
