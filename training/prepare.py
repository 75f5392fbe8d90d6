"""`python -m training.prepare CONFIG`: makes the data of both directions from files of parallel text."""

from __future__ import annotations

import io
import random
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import sentencepiece
from sentencepiece import sentencepiece_model_pb2

from service.engine.tokenizer import BOS, EOS, NUM_COPY_SYMBOLS, PAD, UNK, Tokenizer, copy_symbol
from training.align import Links, align
from training.corpus import Row, clean, hashed_share, read_rows
from training.data_folder import require_record, write_record
from training.masking import mask
from training.settings import DataSettings, read_settings

LANGUAGES = ("en", "zh")
DATA_FILE = "train.npz"  # there once a folder is complete


def prepared(settings: DataSettings) -> Path:
    """The data folder, prepared now where it is not yet; raises PreparedOtherwise, see `require_record`."""
    folder = Path(settings.folder)
    if not (folder / DATA_FILE).exists():
        return prepare(settings)
    require_record(settings)
    return folder


def prepare(settings: DataSettings) -> Path:
    """Cleans, divides, masks, trains the tokenizers, encodes and aligns; returns the data folder.

    Writes `<language>.spm`, `dev.<corpus>.tsv`, the settings, and `train.npz` last of all.
    """
    folder = Path(settings.folder)
    folder.mkdir(parents=True, exist_ok=True)
    for stale in [folder / DATA_FILE, *folder.glob("dev.*.tsv")]:
        stale.unlink(missing_ok=True)
    train, dev = divide(settings)
    for corpus in {row.corpus for row in dev}:
        lines = [f"{row.en}\t{row.zh}\n" for row in dev if row.corpus == corpus]
        (folder / f"dev.{corpus}.tsv").write_text("".join(lines), encoding="utf-8")
    rng = random.Random(1)
    masked = [mask(row.en, row.zh, rng=rng, share_of_spans=settings.share_of_masked_pairs) for row in train]
    for language, texts in zip(LANGUAGES, zip(*masked, strict=True), strict=True):
        (folder / f"{language}.spm").write_bytes(train_tokenizer(texts, language, settings.pieces))
    write_record(settings)
    encode_and_align(settings, folder, train, masked)
    return folder


def divide(settings: DataSettings) -> tuple[list[Row], list[Row]]:
    """Cleaned rows for training and for development, without exact duplicates."""
    train: list[Row] = []
    dev: list[Row] = []
    seen: set[tuple[str, str]] = set()
    for row in filter(None, map(clean, read_rows(map(Path, settings.files)))):
        if row.corpus not in settings.weights or (row.en, row.zh) in seen:
            continue
        seen.add((row.en, row.zh))
        if hashed_share(row.en, "dev") < settings.dev_share.get(row.corpus, 0.0):
            dev.append(row)
        elif hashed_share(row.en, "kept") < settings.kept_share.get(row.corpus, 1.0):
            train.append(row)
    return train, dev


def train_tokenizer(texts: Iterable[str], language: str, num_pieces: int) -> bytes:
    """A SentencePiece model: unigram, byte fallback, digits split, copy symbols of its own.

    Full-width letters and digits become ASCII and curly apostrophes straight inside the model,
    so that its offsets still point into the text as it was typed.
    """
    model = io.BytesIO()
    rules = Path(__file__).with_name("normalization.tsv")
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts),
        model_writer=model,
        vocab_size=num_pieces,
        model_type="unigram",
        byte_fallback=True,
        split_digits=True,
        hard_vocab_limit=False,
        character_coverage=0.9998,
        normalization_rule_tsv=str(rules),
        add_dummy_prefix=language == "en",
        user_defined_symbols=[copy_symbol(index) for index in range(NUM_COPY_SYMBOLS)],
        pad_id=PAD,
        unk_id=UNK,
        bos_id=BOS,
        eos_id=EOS,
        max_sentence_length=10000,
        minloglevel=1,
    )
    return _without_paths(model.getvalue())


def _without_paths(serialized: bytes) -> bytes:
    """The model without the name of the rule file, a path of one machine; the rules are compiled in."""
    model = sentencepiece_model_pb2.ModelProto.FromString(serialized)  # type: ignore[attr-defined]
    model.normalizer_spec.ClearField("normalization_rule_tsv")
    cleaned: bytes = model.SerializeToString()
    return cleaned


def encode_and_align(
    settings: DataSettings, folder: Path, rows: Sequence[Row], masked: Sequence[tuple[str, str]]
) -> None:
    """Writes `train.npz`: ids, offsets, links and corpus of every pair that is not too long."""
    tokenizers = [Tokenizer.load(folder / f"{language}.spm") for language in LANGUAGES]
    encoded = [
        [tokenizer.encode_ids(text) for tokenizer, text in zip(tokenizers, pair, strict=True)]
        for pair in masked
    ]
    kept = [
        index
        for index, pair in enumerate(encoded)
        if all(0 < len(ids) <= settings.max_tokens for ids in pair)
    ]
    en, zh = ([encoded[index][side] for index in kept] for side in (0, 1))
    links: list[Links] = align(en, zh) if settings.align else [set() for _ in kept]
    corpora = sorted(settings.weights)
    arrays = {"corpora": np.array([corpora.index(rows[index].corpus) for index in kept], dtype=np.uint8)}
    for name, sequences in (("en", en), ("zh", zh)):
        arrays[name], arrays[f"{name}_offsets"] = flat(sequences, np.dtype(np.uint16))
    arrays["links"], arrays["links_offsets"] = flat(
        [sorted(pair) for pair in links], np.dtype(np.uint8), width=2
    )
    fresh = folder / "new.npz"
    np.savez(fresh, allow_pickle=False, names=np.array(corpora), **arrays)
    fresh.rename(folder / DATA_FILE)


def flat(
    sequences: Sequence[Sequence[object]], dtype: np.dtype[np.generic], width: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """All sequences in one array ([items] or [items, width]) and where each begins, the end included."""
    offsets = np.cumsum([0, *map(len, sequences)])
    joined = np.array([item for sequence in sequences for item in sequence], dtype=dtype)
    return joined.reshape(-1, width) if width > 1 else joined, offsets


if __name__ == "__main__":
    print(prepare(read_settings(Path(sys.argv[1])).data))
