"""Writes a small model folder with random weights, made anew by every test run."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import msgspec
import numpy as np
import sentencepiece

from service.engine.golden import Golden, GoldenSentence
from service.engine.manifest import FileRecord, Graphs, Limits, Manifest, Pieces, Shortlist, StateTensor
from service.engine.onnx_model import OnnxModel
from service.engine.tokenizer import Tokenizer
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
_MAX_GOLDEN_TOKENS = 64
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


def add_golden(path: Path) -> Golden:
    """Adds golden sentences to a random model; they hold on the machine that made them."""
    manifest, model = Manifest.read(path), OnnxModel.load(path)
    tokenizer = Tokenizer.load(path / manifest.tokenizers.source)
    found = (_golden(model, tokenizer, text) for text in _TEXT)
    golden = Golden(tuple(one for one in found if 0 < len(one.target) < _MAX_GOLDEN_TOKENS))
    assert len(golden.sentences) >= 2
    write_golden(path, golden)
    return golden


def write_golden(path: Path, golden: Golden) -> None:
    """Puts a golden file into a folder, and declares it."""
    (path / "golden.json").write_bytes(msgspec.json.encode(golden))
    manifest = Manifest.read(path)
    files = manifest.files | {"golden.json": FileRecord(0, "")}
    msgspec.structs.replace(manifest, golden="golden.json", files=files).write(path)
    declare_again(path)


def _golden(model: OnnxModel, tokenizer: Tokenizer, text: str) -> GoldenSentence:
    """The best piece at each place, whatever it means; nothing is banned, for the check bans nothing."""
    source, target = tokenizer.encode_ids(text), []
    state, previous = model.encode([source]), np.array([2])
    while len(target) < _MAX_GOLDEN_TOKENS:
        step = model.step(state, previous, previous)
        previous = step.top_tokens[:, 0].copy()
        if previous[0] == 3:
            break
        target.append(int(previous[0]))
        state = step.state
    return GoldenSentence(text, tuple(source), tuple(target), tokenizer.decode_text(target))


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
