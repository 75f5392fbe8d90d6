"""`python -m benchmarks.bare_peers`: our engine, CTranslate2 and Marian without HTTP.

12 tokens in and 12 out, batches of 1, 8 and 64, one thread; sentences and tokens per second of processor
time. The peers have random weights and forced lengths; our targets are forced, and cost a step more, for
EOS. Cases take turns, round after round; figures are medians.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.bare import BareEngine, forced_job
from benchmarks.machine import describe_machine, versions
from benchmarks.peers import random_rnn, random_transformer
from benchmarks.report import median_and_range, table
from benchmarks.servers import ROOT
from service.engine.messages import Job
from service.engine.scheduler import BatchLimits
from service.engine.store import ModelStore

_NUM_TOKENS = 12
_BATCHES = (1, 8, 64)
_KINDS = ("float32", "int8")


@dataclass(frozen=True, slots=True)
class Engine:
    """A loaded engine; `translate` runs one batch of that size and returns the tokens of its last output."""

    name: str
    num_parameters: int
    batch: int
    translate: Callable[[], int]


def main() -> None:
    """Measures, prints a table and writes the raw numbers where asked to."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as scratch:
        engines = [*_ours(), *_transformers(Path(scratch)), *_rnns(Path(scratch))]
        found: dict[str, list[float]] = {f"{one.name}, B = {one.batch}": [] for one in engines}
        for _ in range(arguments.rounds):
            for one in engines:
                found[f"{one.name}, B = {one.batch}"].append(sentences_per_second(one, arguments.seconds))
    print(_table(engines, found))
    if arguments.out:
        about = {"machine": describe_machine(), "versions": versions(["ctranslate2", "pymarian"])}
        arguments.out.write_bytes(msgspec.json.encode({**about, "sentences_per_second": found}))


def sentences_per_second(engine: Engine, seconds: float) -> float:
    """Sentences per second of processor time; raises ValueError where an output has the wrong length."""
    if (length := engine.translate()) != _NUM_TOKENS:
        raise ValueError(f"{engine.name} makes {length} tokens instead of {_NUM_TOKENS}")
    count, started = 0, time.process_time()
    while (used := time.process_time() - started) < seconds:
        engine.translate()
        count += engine.batch
    return count / used


def _ours() -> Iterator[Engine]:
    (folder,) = [one for one in ModelStore(ROOT / "model_store").latest() if one.manifest.name == "zh-en"]
    tokens = tuple(range(100, 100 + _NUM_TOKENS))
    for precision in ("fp32", "int8"):
        for batch in _BATCHES:
            engine = BareEngine(folder, precision, BatchLimits())
            jobs = [forced_job(number, folder.manifest.name, tokens) for number in range(batch)]
            translate = partial(_translate_with_ours, engine, jobs)
            yield Engine(f"Zhuyi {precision}", folder.manifest.num_parameters, batch, translate)


def _translate_with_ours(engine: BareEngine, jobs: list[Job]) -> int:
    answers = engine.carry_out(jobs)
    return len(answers[jobs[-1].id])


def _transformers(scratch: Path) -> Iterator[Engine]:
    source = [f"piece{number}" for number in range(3, 3 + _NUM_TOKENS)]
    for kind in _KINDS:
        folder = scratch / kind
        num_parameters = random_transformer.write_random_transformer(folder, quantization=kind)
        translator = random_transformer.load(folder, compute_type=kind)
        for batch in _BATCHES:
            translate = partial(_translate_with_transformer, translator, [source] * batch)
            yield Engine(f"CTranslate2 {translator.compute_type}", num_parameters, batch, translate)


def _translate_with_transformer(translator: Any, sources: list[list[str]]) -> int:
    found = translator.translate_batch(
        sources,
        beam_size=1,
        min_decoding_length=_NUM_TOKENS,
        max_decoding_length=_NUM_TOKENS,
        max_batch_size=len(sources),
    )
    return len(found[-1].hypotheses[0])


def _rnns(scratch: Path) -> Iterator[Engine]:
    lines = random_rnn.random_lines(max(_BATCHES), _NUM_TOKENS)
    num_parameters = random_rnn.write_random_rnn(scratch, lines)
    for batch in _BATCHES:
        translate = partial(_translate_with_rnn, random_rnn.load(scratch, batch=batch), lines[:batch])
        yield Engine("Marian RNN float32", num_parameters, batch, translate)


def _translate_with_rnn(translator: Any, sources: list[str]) -> int:
    return len(translator.translate(sources)[-1].split())


def _table(engines: list[Engine], found: dict[str, list[float]]) -> str:
    rows = []
    for name in dict.fromkeys(one.name for one in engines):
        size = next(one.num_parameters for one in engines if one.name == name)
        rates = [found[f"{name}, B = {batch}"] for batch in _BATCHES]
        tokens = [f"{_NUM_TOKENS * statistics.median(of):.0f}" for of in rates]
        rows.append([name, f"{size / 1e6:.1f} M", *map(median_and_range, rates), *tokens])
    sentences = [f"sentences/s, B = {batch}" for batch in _BATCHES]
    return table(
        [
            "per second of one core",
            "parameters",
            *sentences,
            *(f"tokens/s, B = {batch}" for batch in _BATCHES),
        ],
        rows,
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bare_peers", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="of processor time, per case and round")
    parser.add_argument("--out", type=Path, help="a JSON file for the raw numbers")
    return parser.parse_args()


if __name__ == "__main__":
    main()
