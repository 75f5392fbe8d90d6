"""Writes a small model folder with random weights, made anew by every test run."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np
import sentencepiece

from service.engine.manifest import FileRecord, Limits, Manifest, Pieces, StateTensor
from tests.random_graphs import NUM_PIECES, encoder_graph, step_graph

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


def declare_again(path: Path) -> None:
    """Writes sizes and hashes of a folder's files into its manifest, after a test has changed them."""
    manifest = Manifest.read(path)
    files = {file: (path / file).read_bytes() for file in manifest.files}
    _manifest(manifest.name, manifest.version, files).write(path)


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
        files={file: FileRecord(len(one), hashlib.sha256(one).hexdigest()) for file, one in files.items()},
    )


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
