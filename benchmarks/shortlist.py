"""What shortlists cost and gain: BLEU with and without them, and how many times as fast, side by side.

    python -m benchmarks.shortlist model_store/NAME/VERSION [--test FILE] [--rounds 5]

In int8, through the decode loop, one thread. Every round translates the whole test set once each way;
the gain is the median of the rounds' ratios of processor time. Needs sacrebleu.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import sacrebleu

from benchmarks.quality import TEST, Engine
from service.engine.core import Core
from service.engine.core_settings import CoreSettings
from service.engine.folder import ModelFolder
from training.corpus import read_pairs

NUM_ONE_BY_ONE = 200


class ShortlistEngine(Engine):
    """The same engine with shortlists on."""

    def __init__(self, folder: ModelFolder) -> None:
        super().__init__(folder, "int8")
        settings = CoreSettings(((folder.path, folder.digest),), precision="int8", shortlists=True)
        self._core = Core.load(settings, clock=time.monotonic)


def timed(translate: Callable[[], list[str]]) -> tuple[list[str], float]:
    """The translations, and the processor time that they took."""
    started = time.process_time()
    found = translate()
    return found, time.process_time() - started


def one_by_one(engine: Engine, texts: list[str]) -> list[str]:
    """Greedy, each sentence alone."""
    return [engine.translations([text], 1)[0] for text in texts]


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--test", type=Path, default=TEST)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    folder = ModelFolder.open(arguments.folder)
    pairs = read_pairs(arguments.test, folder.manifest.source)
    sources, references = (list(side) for side in zip(*pairs, strict=True))
    engines = [Engine(folder, "int8"), ShortlistEngine(folder)]
    bleu = sacrebleu.BLEU(tokenize="zh" if folder.manifest.target == "zh" else "13a")
    print("| | BLEU without | BLEU with | same translations | times as fast |")
    print("|---|---|---|---|---|")
    cases: dict[str, tuple[Callable[[Engine, list[str]], list[str]], int]] = {
        "greedy": (lambda engine, texts: engine.translations(texts, 1), len(sources)),
        "beam of 4": (lambda engine, texts: engine.translations(texts, 4), len(sources)),
        "greedy, one by one": (one_by_one, NUM_ONE_BY_ONE),
    }
    for name, (translate, count) in cases.items():
        texts = sources[:count]
        rounds = [
            [timed(lambda engine=engine: translate(engine, texts)) for engine in engines]  # noqa: B023
            for _ in range(arguments.rounds)
        ]
        (whole, _), (short, _) = rounds[0]
        gain = statistics.median(without / within for (_, without), (_, within) in rounds)
        scores = [bleu.corpus_score(found, [references[:count]]).score for found in (whole, short)]
        same = sum(map(str.__eq__, whole, short)) / count
        print(f"| {name} | {scores[0]:.2f} | {scores[1]:.2f} | {same:.1%} | {gain:.2f} |", flush=True)


if __name__ == "__main__":
    main()
