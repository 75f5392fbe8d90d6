"""Translations of parallel text beside what a person wrote: held-out rows and the public test sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import sacrebleu

from benchmarks.decoding import Decoder
from service.engine.folder import ModelFolder
from service.text.evidence.sentence import Evidence
from training.corpus import hashed_share, read_pairs
from training.prepare import divide
from training.settings import read_settings

TESTS = ("tatoeba", "booking-dialogues", "customer-service")
_CHRF = sacrebleu.CHRF()


@dataclass(frozen=True, slots=True)
class Judged:
    """A translation as the service sees it, what a person wrote, and its sentence chrF."""

    evidence: Evidence
    reference: str
    chrf: float


@dataclass(frozen=True, slots=True)
class Rows:
    """(source, person's translation) pairs: `fitted` on, `held` out of the fit as well, and `tests`."""

    fitted: list[tuple[str, str]]
    held: list[tuple[str, str]]
    tests: dict[str, list[tuple[str, str]]]


def rows_of(config: Path, files: Sequence[Path], tests: Path, source: str) -> Rows:
    """The rows that training held out, halved by hash, and the test sets `NAME.en-zh.tsv` in a folder.

    Sources that stand in more than one place are only in the first half.
    """
    settings = read_settings(config).data
    if files:
        settings = msgspec.structs.replace(settings, files=tuple(map(str, files)))
    train, dev = divide(settings)
    trained = {row.en for row in train} | {row.zh for row in train}
    fitted: list[tuple[str, str]] = []
    held: list[tuple[str, str]] = []
    for row in dev:
        if row.en in trained or row.zh in trained:
            continue  # another pair of it was trained on
        half = fitted if hashed_share(row.zh, "calibration") < 0.5 else held
        half.append((row.en, row.zh) if source == "en" else (row.zh, row.en))
    return Rows(fitted, held, {name: read_pairs(tests / f"{name}.en-zh.tsv", source) for name in TESTS})


def judge(decoder: Decoder, folder: ModelFolder, pairs: Sequence[tuple[str, str]]) -> list[Judged]:
    """The model's own translations of the pairs' sources; empty ones are left out."""
    pairs = decoder.fitting(pairs)
    languages = folder.manifest.source, folder.manifest.target
    translations = decoder.translate([source for source, _ in pairs])
    return [
        Judged(
            Evidence.of(translation, source, *languages),
            reference,
            _CHRF.sentence_score(translation.text, [reference]).score,
        )
        for (source, reference), translation in zip(pairs, translations, strict=True)
        if translation.text
    ]


def forced(decoder: Decoder, folder: ModelFolder, pairs: Sequence[tuple[str, str]]) -> list[Evidence]:
    """Given translations as the model sees them; those that are too long are left out."""
    pairs = decoder.fitting([pair for pair in pairs if pair[1]])
    languages = folder.manifest.source, folder.manifest.target
    return [
        Evidence.of(translation, source, *languages)
        for (source, _), translation in zip(pairs, decoder.force(pairs), strict=True)
    ]
