"""BLEU on the held-out sentences while training, and the attention of a few of them as pictures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import sacrebleu

from service.engine.tokenizer import COPY_IDS, Tokenizer
from training.corpus import read_pairs
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
    """BLEU of each corpus with a beam of one; `bleu` is their mean, 0 where nothing is held out."""

    by_corpus: dict[str, float]
    pictures: list[Picture]

    @property
    def bleu(self) -> float:
        return sum(self.by_corpus.values()) / max(len(self.by_corpus), 1)


class Validation:
    """The development sentences of a run, read once."""

    def __init__(self, settings: TrainSettings) -> None:
        folder = Path(settings.data.folder)
        self._source, self._target = (
            Tokenizer.load(folder / f"{code}.spm") for code in (settings.source, settings.target)
        )
        self._tokenize = "zh" if settings.target == "zh" else "13a"
        files = sorted(folder.glob("dev.*.tsv"))
        self._corpora = {
            file.name.removeprefix("dev.").removesuffix(".tsv"): read_pairs(file, settings.source)
            for file in files
        }

    def measure(self, model: Seq2SeqModel) -> ValidationResult:
        """Translates all sentences with a beam of one and scores them."""
        model.eval()
        scores = {corpus: self._bleu(model, pairs[:MAX_SENTENCES]) for corpus, pairs in self._corpora.items()}
        first = next(iter(self._corpora.values()), [])
        pictures = [self._picture(model, *pair) for pair in first[:NUM_PICTURES]]
        model.train()
        return ValidationResult(scores, pictures)

    def _bleu(self, model: Seq2SeqModel, pairs: list[tuple[str, str]]) -> float:
        sources = [self._source.encode_ids(source) for source, _ in pairs]
        found = translate(model, sources, copies=COPY_IDS)
        texts = [self._target.decode(tokens)[0] for tokens in found]
        references = [[target for _, target in pairs]]
        return float(sacrebleu.corpus_bleu(texts, references, tokenize=self._tokenize).score)

    def _picture(self, model: Seq2SeqModel, source: str, target: str) -> Picture:
        pieces, wanted = self._source.encode(source), self._target.encode(target)
        _, weights = force(model, [piece.id for piece in pieces], [piece.id for piece in wanted])
        return Picture([p.text for p in pieces], [p.text for p in wanted], weights[:-1].float().cpu().numpy())
