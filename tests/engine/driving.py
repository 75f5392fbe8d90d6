"""Drives a decode loop by hand, tick by tick."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from typing import Any

import numpy as np

from service.engine.decode_loop import DecodeLoop
from service.engine.manifest import Pieces
from service.engine.messages import Done, Failed, Job, Result, TickRecord
from service.engine.model import Seq2SeqModel
from service.engine.scheduler import BatchLimits
from service.engine.tally import LoopIdentity
from tests.fakes import PIECES, FakeClock

_ids = itertools.count(1_000_000)


def a_job(source: Iterable[int], **changes: Any) -> Job:
    """A job for a sentence, greedy without attention unless changed."""
    fields: dict[str, Any] = {
        "id": next(_ids),
        "model": "fake",
        "version": "1",
        "source": tuple(source),
        "target": None,
        "max_target_tokens": 20,
        "beam_size": 1,
        "n_best": 1,
        "length_penalty": 0.8,
        "coverage_penalty": 0.0,
        "with_attention": False,
        "deadline": None,
        "posted_at": 1000.0,
    }
    return Job(**{**fields, **changes})


def a_loop(
    model: Seq2SeqModel,
    *,
    clock: FakeClock | None = None,
    pieces: Pieces = PIECES,
    executor: Executor | None = None,
    **limits: int,
) -> DecodeLoop:
    """A decode loop around a model, with a clock that stands still; nobody waits for company unless told."""
    limits = {"patience": 0, **limits}
    identity = LoopIdentity(0, "fake", "1", "cpu")
    bounds, clock = BatchLimits(**limits), clock or FakeClock()
    return DecodeLoop(model, pieces, identity, limits=bounds, clock=clock, executor=executor)


def run_to_end(loop: DecodeLoop, *, max_ticks: int = 1000) -> tuple[list[TickRecord], dict[int, Result]]:
    """Ticks until nothing is left; the records, and the results by job."""
    records: list[TickRecord] = []
    results: dict[int, Result] = {}
    while loop.has_work:
        record, ended = loop.tick()
        records.append(record)
        for one in ended:
            assert one.id not in results, "a sentence was answered twice"
            results[one.id] = one
        assert len(records) <= max_ticks, "the loop does not come to an end"
    return records, results


def alone(model: Seq2SeqModel, job: Job, *, pieces: Pieces = PIECES) -> Result:
    """The result of a job that has the model to itself."""
    loop = a_loop(model, pieces=pieces)
    loop.post(job)
    return run_to_end(loop)[1][job.id]


def done(result: Result) -> Done:
    """The result, which must not be an error."""
    assert isinstance(result, Done), result
    return result


def failure(result: Result) -> Failed:
    """The result, which must be an error."""
    assert isinstance(result, Failed), result
    return result


def in_company(
    model: Seq2SeqModel,
    jobs: Sequence[Job],
    *,
    pieces: Pieces = PIECES,
    seed: int,
    executor: Executor | None = None,
) -> dict[int, Result]:
    """The results of jobs that come in at random ticks, among others that are cancelled again."""
    random = np.random.default_rng(seed)
    loop = a_loop(model, pieces=pieces, executor=executor)
    waiting = list(jobs)
    results: dict[int, Result] = {}
    while waiting or loop.has_work:
        for _ in range(int(random.integers(0, 5))):
            if waiting:
                loop.post(waiting.pop())
        if random.integers(0, 7) == 0:
            decoy = a_job([5] * int(random.integers(1, 40)), beam_size=3)
            loop.post(decoy)
            results.update((one.id, one) for one in loop.tick()[1])
            loop.cancel([decoy.id])
        results.update((one.id, one) for one in loop.tick()[1])
    return results
