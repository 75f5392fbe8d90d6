"""What turns signs into chances: measured on held-out translations of one model, shipped in its folder."""

from __future__ import annotations

import math

import msgspec

from service.engine.folder import ModelFolder
from service.text.evidence.signals import Signals

FORMAT = 1


class SentenceModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Logistic regression over a sentence's signals, in their own units."""

    intercept: float
    mean_logprob: float
    min_logprob: float
    eos_logprob: float
    coverage: float
    gap: float
    entropy: float

    def logit(self, signals: Signals) -> float:
        """The logarithm of the odds."""
        return (
            self.intercept
            + self.mean_logprob * signals.mean_logprob
            + self.min_logprob * signals.min_logprob
            + self.eos_logprob * signals.eos_logprob
            + self.coverage * signals.coverage
            + self.gap * math.log1p(signals.gap)
            + self.entropy * signals.entropy
        )


class WordModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The same for a word: its least likely token, its attention's mean entropy, its sentence's logit."""

    intercept: float
    min_logprob: float
    entropy: float
    sentence: float

    def logit(self, min_logprob: float, entropy: float, sentence: float) -> float:
        """The logarithm of the odds."""
        return (
            self.intercept
            + self.min_logprob * min_logprob
            + self.entropy * entropy
            + self.sentence * sentence
        )


class OmissionModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The same for a part left out: where attention has a gap, and ending there was unlikely."""

    intercept: float
    gap: float
    eos_logprob: float

    def logit(self, signals: Signals) -> float:
        """The logarithm of the odds."""
        return self.intercept + self.gap * math.log1p(signals.gap) + self.eos_logprob * signals.eos_logprob


class Thresholds(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """From where on there is a warning; chances and entropy from 0 to 1, log-probabilities natural.

    `omission` is the least chance of an omission. A target is detached whose mean log-probability is
    below `detached_logprob`, or whose attention's mean entropy is above `detached_entropy`.
    `low_confidence` is the confidence of a sentence, and `doubtful_word` that of a word, below which it is.
    """

    omission: float
    detached_logprob: float
    detached_entropy: float
    low_confidence: float
    doubtful_word: float


class Calibration(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A model's calibration file; made by `python -m benchmarks.calibrate`.

    The confidence of a sentence is the chance that it scores at least `min_chrf` chrF against a
    person's translation, that of a word the chance that the person's translation has it in that order.
    How well that came true is in the model card and in docs/quality.md.
    """

    format: int = FORMAT
    min_chrf: float
    sentence: SentenceModel
    word: WordModel
    omission: OmissionModel
    thresholds: Thresholds

    @classmethod
    def of(cls, folder: ModelFolder) -> Calibration | None:
        """The calibration of a model folder, its bytes checked; None where the folder has none.

        Raises ModelFolderInvalid where there is one that is not right.
        """
        file = folder.manifest.calibration
        if file is None:
            return None
        try:
            return cls.parse(folder.read(file))
        except msgspec.DecodeError as error:
            raise folder.invalid(f"{file}: {error}") from error

    @classmethod
    def parse(cls, content: bytes) -> Calibration:
        """The calibration in the bytes of a file; raises msgspec.ValidationError (or DecodeError)."""
        calibration = msgspec.json.decode(content, type=cls)
        if calibration.format != FORMAT:
            raise msgspec.ValidationError(f"format {calibration.format}, this service reads {FORMAT}")
        return calibration

    def to_bytes(self) -> bytes:
        """The file, readable by people."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2) + b"\n"


def chance(logit: float) -> float:
    """The logistic function, for any finite number."""
    if logit >= 0:
        return 1.0 / (1.0 + math.exp(-min(logit, 700.0)))
    odds = math.exp(max(logit, -700.0))
    return odds / (1.0 + odds)
