"""`python -m training.evaluate CHECKPOINT`: BLEU, chrF and alignment error rate on the public tests."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import sacrebleu
from tqdm import tqdm

from service.engine.tokenizer import COPY_IDS, Tokenizer
from training import checkpoint
from training.alignment_error import alignment_errors, read_gold
from training.corpus import read_pairs
from training.decode import translate
from training.export import rounded
from training.model import Seq2SeqModel
from training.settings import TrainSettings

TESTS = ("tatoeba", "booking-dialogues", "customer-service")
BEAM_SIZE = 4
LENGTH_PENALTY = 0.8


class Evaluation:
    """One checkpoint, with its weights as the export keeps them, and its tokenizers."""

    def __init__(self, folder: Path) -> None:
        self.settings: TrainSettings = checkpoint.load_settings(folder)
        self.model: Seq2SeqModel = rounded(checkpoint.load_model(folder))
        data = Path(self.settings.data.folder)
        self.source, self.target = (
            Tokenizer.load(data / f"{code}.spm") for code in (self.settings.source, self.settings.target)
        )

    def translations(self, texts: list[str], beam_size: int) -> list[str]:
        """The texts in the target language."""
        sources = [self.source.encode_ids(text) for text in texts]
        found: list[str] = []
        for start in tqdm(range(0, len(sources), 256), unit="batch", leave=False):
            targets = translate(
                self.model,
                sources[start : start + 256],
                beam_size=beam_size,
                length_penalty=LENGTH_PENALTY,
                copies=COPY_IDS,
            )
            found += [self.target.decode(target)[0] for target in targets]
        return found

    def scores(self, test: Path, beam_size: int) -> dict[str, Any]:
        """BLEU and chrF of one test set (English, Chinese, …, tab-separated) with their signatures."""
        pairs = read_pairs(test, self.settings.source)
        found = self.translations([source for source, _ in pairs], beam_size)
        references = [[target for _, target in pairs]]
        bleu = sacrebleu.BLEU(tokenize="zh" if self.settings.target == "zh" else "13a")
        chrf = sacrebleu.CHRF()
        return {
            "sentences": len(pairs),
            "beam_size": beam_size,
            "bleu": round(bleu.corpus_score(found, references).score, 2),
            "bleu_signature": str(bleu.get_signature()),
            "chrf": round(chrf.corpus_score(found, references).score, 2),
            "chrf_signature": str(chrf.get_signature()),
        }

    def alignment(self, gold: Path) -> dict[str, Any]:
        """Alignment error rate of the forced decoding's attention, at offsets 0 and ±1."""
        sentences = read_gold(gold)
        if self.settings.source == "en":
            sentences = [sentence.flipped() for sentence in sentences]
        return {
            "sentences": len(sentences),
            "aer": alignment_errors(self.model, self.source, self.target, sentences),
        }


def main() -> None:
    """Prints the scores and writes them beside the checkpoint's weights, where export finds them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument(
        "--data", type=Path, default=Path("../shared/data"), help="folder with test/ and alignment/"
    )
    parser.add_argument("--beam-size", type=int, default=BEAM_SIZE)
    parser.add_argument("--tests", nargs="*", default=TESTS)
    arguments = parser.parse_args()
    evaluation = Evaluation(arguments.checkpoint)
    scores: dict[str, Any] = {
        test: evaluation.scores(arguments.data / "test" / f"{test}.en-zh.tsv", arguments.beam_size)
        for test in arguments.tests
    }
    scores["alignment"] = evaluation.alignment(arguments.data / "alignment" / "zh-en")
    text = json.dumps(scores, indent=2)
    (arguments.checkpoint / "scores.json").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
