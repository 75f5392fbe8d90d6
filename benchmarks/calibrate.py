"""Fits a model folder's calibration on held-out rows, measures it, and writes it into the folder.

    python -m benchmarks.calibrate model_store/zh-en/2 --min-chrf 40 --config training/configs/zh-en.toml

Translates with the service's own decode loop, search and precision; so it stands here, where both
the service and the data of training may be used. Needs sacrebleu and the parallel text, no torch.
"""

from __future__ import annotations

import argparse
import hashlib
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from benchmarks.corruptions import Pair, clause_deleted
from benchmarks.decoding import Decoder
from benchmarks.judged import Judged, Rows, forced, judge, rows_of
from benchmarks.logistic import Floats, Reliability, fit, reliability
from benchmarks.word_labels import labels
from service.engine.folder import ModelFolder
from service.engine.manifest import FileRecord
from service.text.evidence.assessment import word_confidences, word_signals
from service.text.evidence.calibration import (
    Calibration,
    OmissionModel,
    SentenceModel,
    Thresholds,
    WordModel,
    chance,
)
from service.text.evidence.sentence import Evidence
from service.text.evidence.signals import signals_of
from training.folder import write_description

FILE = "calibration.json"
CLEAN_MARGIN = 10.0
"""A translation this much better than the bound (chrF) is taken to be right."""
FALSE_ALARMS = {
    "omission": 0.02,
    "detached_logprob": 0.01,
    "detached_entropy": 0.005,
    "low_confidence": 0.02,
    "doubtful_word": 0.05,
}
"""Share of the good ones that may be warned of, on the rows of the fit; for the detached ones it is
the model's own translations, whatever they are like, and a person's."""


@dataclass(frozen=True, slots=True)
class Measured:
    """How well the chances "of" sentences or words came true on one set."""

    test: str
    of: str
    reliability: Reliability

    def summary(self) -> dict[str, Any]:
        """What the model card says."""
        one = self.reliability
        return {
            "test": self.test,
            "of": self.of,
            "number": one.number,
            "share": one.share,
            "auroc": one.auroc,
            "brier": one.brier,
            "ece": one.ece,
        }


def clean_pairs(judged: Sequence[Judged], min_chrf: float) -> list[Pair]:
    """Sentences with the model's own translation where that is good beyond doubt."""
    return [
        (one.evidence.source_text, one.evidence.target_text)
        for one in judged
        if one.chrf >= min_chrf + CLEAN_MARGIN and one.evidence.finish_reason == "eos"
    ]


def sentence_model(judged: Sequence[Judged], min_chrf: float) -> SentenceModel:
    """Every sign counts only in its own direction: more of what is good never lowers the chance."""
    signals = [signals_of(one.evidence) for one in judged]
    signs = [
        [s.mean_logprob, s.min_logprob, s.eos_logprob, s.coverage, math.log1p(s.gap), s.entropy]
        for s in signals
    ]
    names = ("mean_logprob", "min_logprob", "eos_logprob", "coverage", "gap", "entropy")
    intercept, found = fit(np.array(signs), _is_good(judged, min_chrf), (1, 1, 1, 1, -1, -1))
    return SentenceModel(intercept=intercept, **dict(zip(names, found, strict=True)))


def _is_good(judged: Sequence[Judged], min_chrf: float) -> Floats:
    return np.array([one.chrf >= min_chrf for one in judged], dtype=np.float64)


def word_model(judged: Sequence[Judged], sentence: SentenceModel) -> WordModel:
    """Fitted on every word that has a letter or digit."""
    signs, wanted = [], []
    for one in judged:
        logit = sentence.logit(signals_of(one.evidence))
        found = word_signals(one.evidence)
        for (_, lowest, spread), label in zip(found, _word_labels(one), strict=True):
            if label is not None:
                signs.append([lowest, spread, logit])
                wanted.append(float(label))
    intercept, (lowest, spread, logit) = fit(np.array(signs), np.array(wanted), (1, -1, 1))
    return WordModel(intercept=intercept, min_logprob=lowest, entropy=spread, sentence=logit)


def _word_labels(one: Judged) -> list[bool | None]:
    words = [word for word, _, _ in word_signals(one.evidence)]
    return labels(words, one.evidence.target_text, one.reference)


def omission_model(spoiled: Sequence[Evidence], clean: Sequence[Evidence]) -> OmissionModel:
    """Tells translations with a part deleted from whole ones."""
    signals = [signals_of(one) for one in (*spoiled, *clean)]
    signs = np.array([[math.log1p(s.gap), s.eos_logprob] for s in signals])
    intercept, (gap, eos) = fit(signs, _spoiled_first(spoiled, clean), (1, -1))
    return OmissionModel(intercept=intercept, gap=gap, eos_logprob=eos)


def _spoiled_first(spoiled: Sequence[Evidence], others: Sequence[Evidence]) -> Floats:
    return np.array([1.0] * len(spoiled) + [0.0] * len(others))


def calibrated(
    decoder: Decoder, folder: ModelFolder, judged: Sequence[Judged], min_chrf: float
) -> Calibration:
    """The calibration that these translations give."""
    clean, rng = clean_pairs(judged, min_chrf), random.Random(1)
    target = folder.manifest.target
    parts = clause_deleted(clean, target, rng)
    left_out = forced(decoder, folder, [(one.source, one.spoiled) for one in parts])
    whole = forced(decoder, folder, sorted({(one.source, one.clean) for one in parts} | set(clean)))
    persons = forced(decoder, folder, [(one.evidence.source_text, one.reference) for one in judged])
    own = [signals_of(one) for one in (*persons, *(one.evidence for one in judged))]
    sentence = sentence_model(judged, min_chrf)
    word = word_model(judged, sentence)
    omission = omission_model(left_out, whole)
    good = [signals_of(one.evidence) for one in judged if one.chrf >= min_chrf]
    unset = Thresholds(
        omission=1.0, detached_logprob=-math.inf, detached_entropy=1.0, low_confidence=0.0, doubtful_word=0.0
    )
    fitted = Calibration(
        min_chrf=min_chrf,
        sentence=sentence,
        word=word,
        omission=omission,
        thresholds=unset,
    )
    right_words, word_is_right = word_chances(judged, fitted)
    thresholds = Thresholds(
        omission=_above([chance(omission.logit(signals_of(one))) for one in whole], "omission"),
        detached_logprob=_below([one.mean_logprob for one in own], "detached_logprob"),
        detached_entropy=_above([one.entropy for one in own], "detached_entropy"),
        low_confidence=_below([chance(sentence.logit(one)) for one in good], "low_confidence"),
        doubtful_word=_below(right_words[word_is_right > 0.5].tolist(), "doubtful_word"),
    )
    return msgspec.structs.replace(fitted, thresholds=thresholds)


def _above(scores: list[float], name: str) -> float:
    return round(float(np.quantile(scores, 1 - FALSE_ALARMS[name])), 4)


def _below(scores: list[float], name: str) -> float:
    return round(float(np.quantile(scores, FALSE_ALARMS[name])), 4)


def word_chances(judged: Sequence[Judged], calibration: Calibration) -> tuple[Floats, Floats]:
    """Chances and labels of all words that have a letter or digit."""
    chances, wanted = [], []
    for one in judged:
        logit = calibration.sentence.logit(signals_of(one.evidence))
        confidences = word_confidences(one.evidence, calibration, logit)
        for word, label in zip(confidences, _word_labels(one), strict=True):
            if label is not None:
                chances.append(word.confidence)
                wanted.append(float(label))
    return np.array(chances), np.array(wanted)


def measured(test: str, judged: Sequence[Judged], calibration: Calibration) -> list[Measured]:
    """How well the chances of sentences and words came true."""
    chances = [chance(calibration.sentence.logit(signals_of(one.evidence))) for one in judged]
    good = _is_good(judged, calibration.min_chrf)
    return [
        Measured(test, "sentences", reliability(np.array(chances), good)),
        Measured(test, "words", reliability(*word_chances(judged, calibration))),
    ]


def calibrate(folder: ModelFolder, rows: Rows, min_chrf: float) -> tuple[Calibration, list[Measured]]:
    """Fits on one half of the held-out rows, measures on the other and on the tests."""
    with Decoder(folder) as decoder:
        calibration = calibrated(decoder, folder, judge(decoder, folder, rows.fitted), min_chrf)
        found = []
        for test, pairs in {"held-out": rows.held, **rows.tests}.items():
            found += measured(test, judge(decoder, folder, pairs), calibration)
    return calibration, found


def write(folder: ModelFolder, calibration: Calibration, found: Sequence[Measured]) -> None:
    """Puts the calibration into the folder, its digest into the manifest, its worth into the card."""
    content = calibration.to_bytes()
    (folder.path / FILE).write_bytes(content)
    record = FileRecord(len(content), hashlib.sha256(content).hexdigest())
    files = dict(sorted((folder.manifest.files | {FILE: record}).items()))
    worth = {"min_chrf": calibration.min_chrf, "reliability": [one.summary() for one in found]}
    about = folder.manifest.about | {"calibration": worth}
    manifest = msgspec.structs.replace(folder.manifest, calibration=FILE, files=files, about=about)
    write_description(manifest, folder.path)


def main() -> None:
    """Writes the folder's calibration and prints how well it came true."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--min-chrf", type=float, required=True, help="from where on a translation is good")
    parser.add_argument("--config", type=Path, required=True, help="that the model was trained with")
    parser.add_argument("--data", type=Path, nargs="*", default=[], help="instead of the config's files")
    parser.add_argument("--tests", type=Path, default=Path("../shared/data/test"))
    arguments = parser.parse_args()
    folder = ModelFolder.open(arguments.folder)
    rows = rows_of(arguments.config, arguments.data, arguments.tests, folder.manifest.source)
    calibration, found = calibrate(folder, rows, arguments.min_chrf)
    write(folder, calibration, found)
    print("| set | of | number | share that did | AUROC | Brier | ECE |\n|---|---|---|---|---|---|---|")
    for one in found:
        print(f"| {' | '.join(map(str, one.summary().values()))} |")
    print("\n| set | of | " + " | ".join(f"{tenth / 10}" for tenth in range(10)) + " |\n|" + "---|" * 12)
    for one in found:
        bins = (f"{share:.2f} ({number})" for number, _, share in one.reliability.bins)
        print(f"| {one.test} | {one.of} | {' | '.join(bins)} |")


if __name__ == "__main__":
    main()
