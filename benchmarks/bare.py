"""`python -m benchmarks.bare`: the engine without HTTP, one by one against continuous, in one process.

Each round runs every case once, on the same sentences, and compares the answers; figures are medians
over the rounds, ratios are taken within a round. One thread; process time, not wall time. Continuous
cases get every sentence several times over, so that the few rows at the end do not count for much.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import msgspec

from benchmarks.texts import OWN_SENTENCES, read_texts
from service.engine.decode_loop import DecodeLoop
from service.engine.device import Precision
from service.engine.folder import ModelFolder
from service.engine.messages import Done, Job
from service.engine.onnx_model import OnnxModel
from service.engine.scheduler import BatchLimits
from service.engine.store import ModelStore
from service.engine.tally import LoopIdentity
from service.engine.text_model import TextModel
from service.engine.warm_up import warm_up

_REPEATS = 6
Answers = dict[int, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Case:
    """How sentences are given to the engine: all at once, or each when the one before has ended."""

    name: str
    precision: Precision
    max_rows: int
    is_continuous: bool


@dataclass(frozen=True, slots=True)
class Timed:
    """One case in one round."""

    seconds: float
    num_tokens: int
    answers: Answers

    @property
    def per_second(self) -> float:
        """Sentences per second of one core."""
        return len(self.answers) / self.seconds


class BareEngine:
    """A model in one precision and the decode loop around it."""

    def __init__(self, folder: ModelFolder, precision: Precision, limits: BatchLimits) -> None:
        manifest = folder.manifest
        model = OnnxModel.load(folder.path, digest=folder.digest, precision=precision)
        warm_up(model, manifest, limits)
        identity = LoopIdentity(0, manifest.name, manifest.version, "cpu")
        self._loop = DecodeLoop(model, manifest.pieces, identity, limits=limits, clock=time.monotonic)

    def run(self, jobs: Sequence[Job], *, is_continuous: bool, num_in_flight: int = 0) -> Timed:
        """Carries out the jobs; `is_continuous` posts all of them, several times, before the first tick.

        With `num_in_flight` so many of them, and another whenever one has ended.
        """
        answers: Answers = {}
        num_times = _REPEATS if is_continuous else 1
        started = time.process_time()
        for batch in [_repeated(jobs)] if is_continuous else ([job] for job in jobs):
            answers |= self.carry_out(batch, num_in_flight)
        seconds = (time.process_time() - started) / num_times
        first = {key: answers[key] for key in (job.id for job in jobs)}
        return Timed(seconds, sum(map(len, first.values())), first)

    def carry_out(self, jobs: Iterable[Job], num_in_flight: int = 0) -> Answers:
        """The target tokens of the jobs, all posted at once, or so many at a time."""
        answers: Answers = {}
        coming = iter(jobs)
        for job in islice(coming, num_in_flight or None):
            self._loop.post(job)
        while self._loop.has_work:
            ended = self._loop.tick()[1]
            for job in islice(coming, len(ended)):
                self._loop.post(job)
            for result in ended:
                assert isinstance(result, Done), result
                answers[result.id] = result.hypotheses[0].tokens
        return answers


def _repeated(jobs: Sequence[Job]) -> list[Job]:
    """Every job several times, under other numbers."""
    stride = 1 + max(job.id for job in jobs)
    return [
        msgspec.structs.replace(job, id=job.id + time * stride) for time in range(_REPEATS) for job in jobs
    ]


def jobs_of(
    folder: ModelFolder, texts: Sequence[str], *, beam_size: int, limit: int | None = None
) -> list[Job]:
    """A job for each text, of at most `limit` target tokens where that is given."""
    text_model = TextModel(folder)
    sources = [text_model.source_pieces(one, "text").ids for one in texts]
    return [
        _job(
            number,
            folder.manifest.name,
            source,
            limit or text_model.max_target_tokens(len(source)),
            beam_size,
        )
        for number, source in enumerate(sources)
    ]


def forced_job(number: int, model: str, tokens: tuple[int, ...]) -> Job:
    """A job of exactly so many tokens in and out: it is led along its own source as the target."""
    return msgspec.structs.replace(_job(number, model, tokens, len(tokens), 1), target=tokens)


def _job(number: int, model: str, source: tuple[int, ...], limit: int, beam_size: int) -> Job:
    return Job(
        id=number,
        model=model,
        version="1",
        source=source,
        target=None,
        max_target_tokens=limit,
        beam_size=beam_size,
        n_best=1,
        length_penalty=0.8,
        coverage_penalty=0.0,
        with_attention=False,
        deadline=None,
        posted_at=time.monotonic(),
    )


def measure(
    folder: ModelFolder, cases: Sequence[Case], jobs: Sequence[Job], num_rounds: int
) -> dict[str, list[Timed]]:
    """Every case once per round; raises AssertionError where a precision answers in two ways."""
    engines = {one: BareEngine(folder, one.precision, BatchLimits(max_rows=one.max_rows)) for one in cases}
    rounds: dict[str, list[Timed]] = {one.name: [] for one in cases}
    for _ in range(num_rounds):
        told: dict[str, Answers] = {}
        for case, engine in engines.items():
            timed = engine.run(jobs, is_continuous=case.is_continuous)
            assert told.setdefault(case.precision, timed.answers) == timed.answers, case.name
            rounds[case.name].append(timed)
    return rounds


def ratio(rounds: dict[str, list[Timed]], left: str, right: str) -> float:
    """How many times as many sentences `left` does as `right`: the median of the rounds' ratios."""
    pairs = zip(rounds[left], rounds[right], strict=True)
    return statistics.median(a.per_second / b.per_second for a, b in pairs)


def main() -> None:
    """Prints a table and, as JSON, the raw numbers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", type=Path, default=Path("model_store"))
    parser.add_argument("--model", default="zh-en")
    parser.add_argument("--texts", type=Path, default=OWN_SENTENCES)
    parser.add_argument("--max-texts", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--beam-size", type=int, default=1)
    parser.add_argument("--max-rows", type=int, nargs="*", default=[24])
    parser.add_argument("--precisions", nargs="*", default=["fp32", "int8"])
    parser.add_argument("--continuous-only", action="store_true")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    (folder,) = [one for one in ModelStore(arguments.store).latest() if one.manifest.name == arguments.model]
    jobs = jobs_of(
        folder, read_texts(arguments.texts, max_texts=arguments.max_texts), beam_size=arguments.beam_size
    )
    cases = [
        Case(f"{precision} {name}", precision, rows, is_continuous)
        for precision in arguments.precisions
        for name, rows, is_continuous in [
            *([] if arguments.continuous_only else [("one by one", 8, False)]),
            *((f"continuous {rows}", rows, True) for rows in arguments.max_rows),
        ]
    ]
    rounds = measure(folder, cases, jobs, arguments.rounds)
    for name, timed in rounds.items():
        tokens = statistics.median(one.num_tokens / one.seconds for one in timed)
        sentences = statistics.median(one.per_second for one in timed)
        print(f"{name:24} {sentences:8.1f} sentences/s {tokens:8.0f} tokens/s")
    if arguments.out:
        raw = {
            name: [[one.seconds, len(one.answers), one.num_tokens] for one in timed]
            for name, timed in rounds.items()
        }
        arguments.out.write_text(json.dumps(raw, indent=1) + "\n")


if __name__ == "__main__":
    main()
