"""What a training run is told: one TOML file, read once; every field has a unit or a meaning here."""

from __future__ import annotations

from pathlib import Path

import msgspec


class DataSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where the pairs come from and how they are prepared; both directions share one preparation."""

    files: tuple[str, ...]
    folder: str  # where the prepared data is written
    pieces: int = 8000  # vocabulary of each language
    max_tokens: int = 100  # longest side of a pair, in pieces
    share_of_masked_pairs: float = 0.5  # pairs whose codes and numbers become copy symbols
    dev_share: dict[str, float] = {}  # part of a corpus that is held out, by hash
    kept_share: dict[str, float] = {}  # part of a corpus that is used at all, by hash
    weights: dict[str, float] = {}  # times a pair is seen per epoch; corpora not named: left out
    align: bool = True  # run eflomal for guided alignment


class ModelSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Sizes of the model; dropout is a probability."""

    embedding: int = 256
    encoder_hidden: int = 512  # of each direction
    hidden: int = 512  # decoder, and queries, keys, values
    readout: int = 256
    dropout: float = 0.2


class TrainSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How long and how fast; times in minutes, batches in target tokens."""

    source: str
    target: str
    folder: str  # checkpoints, logs
    data: DataSettings
    model: ModelSettings = ModelSettings()
    minutes: float  # the schedule runs on time spent training, so that a budget is a budget
    batch_tokens: int = 1800
    peak_rate: float = 1.5e-3
    final_share: float = 0.03  # of the peak rate, at the end of the cosine
    warmup_share: float = 0.04
    label_smoothing: float = 0.1
    clip_norm: float = 1.0
    guided_weight: float = 0.0  # weight of the attention's cross-entropy with the links, 0 = off
    guided_final_weight: float | None = None  # linear to this at the end; None keeps it
    seed: int = 1
    threads: int = 2
    precision: str = "fp32"  # or bf16 (autocast)
    device: str = "auto"  # cpu, cuda, or auto: CUDA where there is any
    validate_minutes: float = 10.0
    checkpoint_minutes: float = 3.0
    patience: int = 20  # validations without a better BLEU before it stops early


def read_settings(path: Path) -> TrainSettings:
    """The settings of a TOML file. Raises msgspec.ValidationError that names the wrong field."""
    return msgspec.toml.decode(path.read_bytes(), type=TrainSettings)
