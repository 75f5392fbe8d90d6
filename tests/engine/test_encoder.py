"""Sentences that are encoded beside the steps: rows go on meanwhile, and nothing else is different."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from service.engine.core_settings import Beside, CoreSettings
from service.engine.device import Precision
from service.engine.model import State
from service.engine.onnx_model import OnnxModel
from service.engine.store import ModelStore
from service.engine.warm_loop import load_warm_loop
from tests.engine.driving import a_job, a_loop, alone, done, failure, in_company, run_to_end
from tests.engine.test_onnx_model import random_jobs
from tests.fakes import CopyModel, FakeClock


class HeldExecutor(Executor):
    """Carries out what it was given when it is told to."""

    def __init__(self) -> None:
        self._held: list[Callable[[], None]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self._held.append(lambda: future.set_result(fn(*args, **kwargs)))
        return future

    def run(self) -> None:
        """All of it, now."""
        while self._held:
            self._held.pop(0)()


@dataclass
class SlowModel(CopyModel):
    """Takes its time to encode."""

    seconds: float = 0.0

    def encode(self, sources: Sequence[Sequence[int]]) -> State:
        time.sleep(self.seconds)
        return super().encode(sources)


@pytest.fixture
def thread() -> Iterator[Executor]:
    """A real thread."""
    with ThreadPoolExecutor(1) as executor:
        yield executor


def test_every_bit_is_that_of_a_sentence_encoded_at_once(random_model: OnnxModel, thread: Executor) -> None:
    """Tokens, scores and attention of 100 sentences that come and go."""
    jobs = random_jobs(100, seed=11)
    pieces = random_model.manifest.pieces
    together = in_company(random_model, jobs, pieces=pieces, seed=12, executor=thread)
    for job in jobs:
        assert done(together[job.id]).hypotheses == done(alone(random_model, job, pieces=pieces)).hypotheses


def test_rows_go_on_while_others_are_encoded() -> None:
    """Whoever comes waits, and is counted so, until the tick at which the encoder is done."""
    executor = HeldExecutor()
    loop = a_loop(CopyModel(), executor=executor)
    loop.post(a_job([5] * 9))
    loop.tick()
    late = a_job([6, 7])
    loop.post(late)
    records = [loop.tick()[0] for _ in range(3)]
    assert [(one.rows, one.num_waiting, one.num_encoded) for one in records] == [(1, 1, 0)] * 3
    executor.run()
    record, _ = loop.tick()
    assert (record.rows, record.num_waiting, record.num_encoded, record.joined) == (2, 0, 1, 1)
    assert done(run_to_end(loop)[1][late.id]).hypotheses[0].tokens == (6, 7)


def test_the_next_group_is_begun_before_the_deck_is_empty() -> None:
    """Rows that become free find somebody who is encoded already; one group at a time."""
    executor = HeldExecutor()
    model = CopyModel()
    loop = a_loop(model, executor=executor, max_rows=8, max_encode=8)
    for _ in range(30):
        loop.post(a_job([5] * 4))
    num_encoded = []
    for _ in range(8):
        loop.tick()
        executor.run()
        num_encoded.append(8 * model.calls.count(("encode", 8)))
    assert num_encoded == [8, 16, 16, 16, 16, 24, 24, 24], "the rows of the first eight are free after five"


def test_a_loop_without_rows_waits_for_the_encoder(thread: Executor) -> None:
    """An engine does not spin while it has nothing else to do."""
    model = SlowModel()
    loop = a_loop(model, executor=thread)
    loop.post(a_job([5]))
    loop.tick()
    model.seconds = 0.05
    late = a_job([6] * 3)
    loop.post(late)
    _, results = run_to_end(loop, max_ticks=6)  # one begins, the next says EOS, four follow
    assert done(results[late.id]).hypotheses[0].tokens == (6, 6, 6)


@pytest.mark.parametrize("ends_by", ["cancelled", "expired"])
def test_who_leaves_while_it_is_encoded_is_never_seen_again(ends_by: str) -> None:
    """The others of its group enter."""
    executor, clock = HeldExecutor(), FakeClock()
    loop = a_loop(CopyModel(), executor=executor, clock=clock)
    loop.post(a_job([5] * 9))
    loop.tick()
    gone, stays = a_job([6] * 2, deadline=1001.0), a_job([7] * 2)
    loop.post(gone)
    loop.post(stays)
    loop.tick()
    if ends_by == "cancelled":
        loop.cancel([gone.id])
    else:
        clock.now = 1001.0
    record, results = loop.tick()
    assert (record.cancelled_queued, record.expired_queued) == ((1, 0) if ends_by == "cancelled" else (0, 1))
    assert [failure(one).data for one in results] == ([] if ends_by == "cancelled" else [{"where": "queued"}])
    executor.run()
    record, _ = loop.tick()
    assert (record.joined, record.rows) == (1, 2)
    assert gone.id not in run_to_end(loop)[1]


def test_a_poisonous_sentence_fails_alone_beside_the_steps(thread: Executor) -> None:
    """Its group is encoded again one by one."""
    loop = a_loop(CopyModel(poison=13, fails_to_encode=True), executor=thread)
    loop.post(a_job([5] * 9))
    loop.tick()
    poison, others = a_job([13, 5]), [a_job([6, 7]) for _ in range(5)]
    for job in [*others, poison]:
        loop.post(job)
    _, results = run_to_end(loop)
    assert failure(results[poison.id]).error == "ModelFailed"
    assert all(done(results[job.id]).hypotheses[0].tokens == (6, 7) for job in others)


@pytest.mark.parametrize(
    ("beside", "precision", "expected"),
    [("auto", "fp32", True), ("auto", "int8", False), ("on", "int8", True), ("off", "fp32", False)],
)
def test_an_encoder_in_int8_is_left_where_it_is(
    beside: Beside, precision: Precision, *, expected: bool
) -> None:
    """Unless somebody says so."""
    folder = next(one for one in ModelStore(Path("model_store")).latest() if one.manifest.name == "zh-en")
    settings = CoreSettings(models=(), precision=precision, encodes_beside=beside)
    warm = load_warm_loop(folder.path, folder.digest, settings, clock=FakeClock())
    assert warm.loop._encoder.is_beside is expected
