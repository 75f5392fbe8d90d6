"""BLEU on the held-out sentences while training, and the attention of a few of them as pictures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import sacrebleu

from service.engine.tokenizer import Tokenizer
from training.decode import force, translate
from training.model import Seq2SeqModel
from training.settings import TrainSettings

MAX_SENTENCES = 250  # of each corpus
NUM_PICTURES = 4


@dataclass(frozen=True)
class Picture:
    """One sentence's attention: weights [T, S] with the pieces along both axes."""

    source: list[str]
    target: list[str]
    weights: np.ndarray


@dataclass(frozen=True)
class ValidationResult:
    """Greedy BLEU of each corpus; `bleu` is their mean."""

    by_corpus: dict[str, float]
    pictures: list[Picture]

    @property
    def bleu(self) -> float:
        return sum(self.by_corpus.values()) / max(len(self.by_corpus), 1)


class Validation:
    """The development sentences of a run, read once."""

    def __init__(self, settings: TrainSettings) -> None:
        self._settings = settings
        folder = Path(settings.data.folder)
        self._source, self._target = (Tokenizer.load(folder / f"{code}.spm") for code in (settings.source, settings.target))
        files = sorted(folder.glob("dev.*.tsv"))
        self._corpora = {file.name.split(".")[1]: self._read(file) for file in files}

    def measure(self, model: Seq2SeqModel) -> ValidationResult:
        """Translates all sentences greedily and scores them."""
        model.eval()
        scores = {corpus: self._bleu(model, rows) for corpus, rows in self._corpora.items() if rows}
        first = next(iter(self._corpora.values()), [])
        pictures = [self._picture(model, *row) for row in first[:NUM_PICTURES]]
        model.train()
        return ValidationResult(scores, pictures)

    def _read(self, file: Path) -> list[tuple[str, str]]:
        rows = [line.split("\t")[:2] for line in file.read_text(encoding="utf-8").splitlines()[:MAX_SENTENCES]]
        return [(en, zh) if self._settings.source == "en" else (zh, en) for en, zh in rows]

    def _bleu(self, model: Seq2SeqModel, rows: list[tuple[str, str]]) -> float:
        found = translate(model, [self._source.encode_ids(source) for source, _ in rows])
        texts = [self._target.decode(tokens)[0] for tokens in found]
        tokenize = "zh" if self._settings.target == "zh" else "13a"
        return float(sacrebleu.corpus_bleu(texts, [[target for _, target in rows]], tokenize=tokenize).score)

    def _picture(self, model: Seq2SeqModel, source: str, target: str) -> Picture:
        pieces, wanted = self._source.encode(source), self._target.encode(target)
        _, weights = force(model, [piece.id for piece in pieces], [piece.id for piece in wanted])
        return Picture([p.text for p in pieces], [p.text for p in wanted], weights[:-1].float().cpu().numpy())
