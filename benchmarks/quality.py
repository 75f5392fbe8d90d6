"""How good a model folder translates in each precision: BLEU and chrF of a test set, through the decode loop.

    python -m benchmarks.quality model_store/NAME/VERSION [--test FILE ...] [--json FILE]

A test set is tab-separated, English first, Chinese second. Needs sacrebleu, no torch and no server.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import sacrebleu

from service.engine.core import Core
from service.engine.core_settings import CoreSettings
from service.engine.device import Precision
from service.engine.folder import ModelFolder
from service.engine.messages import Done, Job, Post, Result
from service.engine.text_model import Prepared, TextModel
from service.engine.tokenizer import Piece, Tokenizer
from service.engine.translation import Options

BEAM_SIZES = (1, 4)
PRECISIONS: tuple[Precision, ...] = ("fp32", "int8")
TEST = Path("../shared/data/test/tatoeba.en-zh.tsv")


@dataclass(frozen=True, slots=True)
class Score:
    """One test set in one precision; `same` is the share of translations equal to the first precision's."""

    test: str
    sentences: int
    precision: str
    beam_size: int
    bleu: float
    bleu_signature: str
    chrf: float
    chrf_signature: str
    same: float
    cpu_seconds: float


class Engine:
    """A model folder in one precision, driven to the end of its work in this process."""

    def __init__(self, folder: ModelFolder, precision: Precision) -> None:
        settings = CoreSettings(((folder.path, folder.digest),), precision=precision)
        self.precision = precision
        self._core = Core.load(settings, clock=time.monotonic)
        self._text = TextModel(folder)
        self._tokenizer = Tokenizer(folder.read(folder.manifest.tokenizers.source))

    def translations(self, texts: Sequence[str], beam_size: int) -> list[str]:
        """The texts in the target language, with the service's own options but for the beam."""
        sources = [tuple(self._tokenizer.encode(text)) for text in texts]  # the longest ones, too
        jobs = [self._job(number, source, beam_size) for number, source in enumerate(sources)]
        self._core.receive(Post(tuple(jobs)))
        ended: dict[int, Result] = {}
        while self._core.has_work:
            ended |= {one.id: one for one in self._core.tick().results}
        return [self._target_text(source, ended[number]) for number, source in enumerate(sources)]

    def _job(self, number: int, source: tuple[Piece, ...], beam_size: int) -> Job:
        options = Options(beam_size)
        return Job(
            id=number,
            model=self._text.folder.manifest.name,
            version=self._text.folder.manifest.version,
            source=tuple(piece.id for piece in source),
            target=None,
            max_target_tokens=self._text.max_target_tokens(len(source)),
            beam_size=beam_size,
            n_best=1,
            length_penalty=options.length_penalty,
            coverage_penalty=options.coverage_penalty,
            with_attention=False,
            deadline=None,
            posted_at=time.monotonic(),
        )

    def _target_text(self, source: tuple[Piece, ...], result: Result) -> str:
        assert isinstance(result, Done), result
        return self._text.translation(Prepared(source, 0.0), result).text


def scores(
    folder: ModelFolder, test: Path, precisions: Sequence[Precision], beam_sizes: Sequence[int]
) -> Iterator[Score]:
    """The scores of all precisions, beam by beam."""
    sources, references = _columns(test, folder.manifest.source)
    bleu = sacrebleu.BLEU(tokenize="zh" if folder.manifest.target == "zh" else "13a")
    chrf = sacrebleu.CHRF()
    engines = [Engine(folder, precision) for precision in precisions]
    for beam_size in beam_sizes:
        first: list[str] = []
        for engine in engines:
            started = time.process_time()
            found = engine.translations(sources, beam_size)
            seconds = time.process_time() - started
            first = first or found
            yield Score(
                test.name.split(".")[0],
                len(sources),
                engine.precision,
                beam_size,
                round(bleu.corpus_score(found, [references]).score, 2),
                str(bleu.get_signature()),
                round(chrf.corpus_score(found, [references]).score, 2),
                str(chrf.get_signature()),
                round(sum(map(str.__eq__, first, found)) / len(found), 3),
                round(seconds, 1),
            )


def _columns(test: Path, source: str) -> tuple[list[str], list[str]]:
    """Sources and references."""
    lines = test.read_text(encoding="utf-8").splitlines()
    english, chinese = zip(*(line.split("\t")[:2] for line in lines), strict=True)
    return (list(english), list(chinese)) if source == "en" else (list(chinese), list(english))


def main() -> None:
    """Prints a table, and writes the scores where `training.record_scores` reads them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--test", type=Path, nargs="+", default=[TEST])
    parser.add_argument("--precisions", nargs="+", default=PRECISIONS)
    parser.add_argument("--beam-sizes", type=int, nargs="+", default=BEAM_SIZES)
    parser.add_argument("--json", type=Path, help="write the scores there, too")
    arguments = parser.parse_args()
    folder = ModelFolder.open(arguments.folder)
    print("| test set | beam | precision | BLEU | chrF | same as the first | CPU seconds |")
    print("|---|---|---|---|---|---|---|")
    found: list[Score] = []
    for test in arguments.test:
        for one in scores(folder, test, arguments.precisions, arguments.beam_sizes):
            row = (one.test, one.beam_size, one.precision, one.bleu, one.chrf, one.same, one.cpu_seconds)
            print(f"| {' | '.join(map(str, row))} |", flush=True)
            found.append(one)
    print(f"\nBLEU `{found[0].bleu_signature}`, chrF `{found[0].chrf_signature}`.")
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(one) for one in found], indent=2) + "\n")


if __name__ == "__main__":
    main()
