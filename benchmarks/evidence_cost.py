"""What confidence and warnings cost per sentence, in microseconds of one core.

    python -m benchmarks.evidence_cost model_store/zh-en/2 [--sentences FILE]

Takes the sentences of 11 to 19 tokens on both sides; of each figure the least of the rounds counts.
Places of pieces are found beforehand for the words, as they are where an answer shows them.
"""

from __future__ import annotations

import argparse
import timeit
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.decoding import Decoder
from service.engine.folder import ModelFolder
from service.text.evidence import Calibration, Evidence, assess

SENTENCES = Path("benchmarks/sentences.zh.txt")
LENGTHS = range(11, 20)
ROUNDS = 30


def evidences_of(folder: ModelFolder, sentences: Sequence[str]) -> list[Evidence]:
    """The sentences of middle length, translated."""
    languages = folder.manifest.source, folder.manifest.target
    with Decoder(folder) as decoder:
        found = [
            Evidence.of(translation, sentence, *languages)
            for sentence, translation in zip(sentences, decoder.translate(sentences), strict=True)
        ]
    return [one for one in found if all(size in LENGTHS for size in one.weights.shape)]


def microseconds(look: Callable[[Evidence], object], evidences: Sequence[Evidence]) -> float:
    """The mean over the sentences, in the quickest round."""
    rounds = timeit.repeat(lambda: [look(one) for one in evidences], number=1, repeat=ROUNDS)
    return min(rounds) / max(1, len(evidences)) * 1e6


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sentences", type=Path, default=SENTENCES, help="one a line")
    arguments = parser.parse_args()
    folder = ModelFolder.open(arguments.folder)
    calibration = Calibration.of(folder)
    evidences = evidences_of(folder, arguments.sentences.read_text(encoding="utf-8").splitlines())
    calm = [one for one in evidences if not assess(one, calibration).warnings]
    for one in evidences:
        assert len(list(one.target_tokens)) == len(one.logprobs)  # finds the places
    print("| what | sentences | µs per sentence |\n|---|---|---|")
    for name, chosen, look in (
        ("assess", evidences, lambda one: assess(one, calibration)),
        ("assess, no warning", calm, lambda one: assess(one, calibration)),
        ("assess without a calibration", evidences, lambda one: assess(one, None)),
        ("assess and words", evidences, lambda one: assess(one, calibration).words),
    ):
        print(f"| {name} | {len(chosen)} | {microseconds(look, chosen):.0f} |")


if __name__ == "__main__":
    main()
