"""A tick: who is dropped, who enters, who leaves, and that a failure stays with whom it concerns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from msgspec.structs import replace

from service.engine.model import Integers, State, Step
from tests.engine.driving import a_job, a_loop, alone, done, failure, run_to_end
from tests.fakes import CopyModel, FakeClock, FixedStateModel


def test_sentences_join_and_leave_a_running_batch() -> None:
    """A short sentence that comes later leaves earlier; the rows of each step show it."""
    loop = a_loop(CopyModel())
    long, short = a_job([5] * 6), a_job([7])
    loop.post(long)
    first, _ = loop.tick()
    loop.post(short)
    records, results = run_to_end(loop)
    assert [first.rows, *(one.rows for one in records)] == [1, 2, 2, 1, 1, 1, 1]
    assert list(results) == [short.id, long.id]
    assert done(results[short.id]).hypotheses[0].tokens == (7,)


def test_calls_to_the_model_are_those_planned() -> None:
    """Eight sentences of one token, six at a time: two encodings and three steps, no row too many."""
    model = CopyModel()
    loop = a_loop(model, max_encode=6)
    for _ in range(8):
        loop.post(a_job([5]))
    run_to_end(loop)
    assert model.calls == [("encode", 6), ("step", 6), ("encode", 2), ("step", 8), ("step", 2)]


@dataclass
class NotingModel(CopyModel):
    """A model that notes where newcomers are put, and which rows are moved."""

    places: list[list[int]] = field(default_factory=list)
    orders: list[list[int]] = field(default_factory=list)

    def join(self, left: State, right: State, places: Sequence[int]) -> State:
        self.places.append(list(places))
        return super().join(left, right, places)

    def keep(self, state: State, rows: Integers) -> State:
        self.orders.append(rows.tolist())
        return super().keep(state, rows)


def test_newcomers_take_the_rows_of_those_who_left() -> None:
    """Nothing is moved while others wait; when nobody comes any more the gaps are closed."""
    model = NotingModel()
    loop = a_loop(model, max_rows=8)
    first = [a_job([5] * length) for length in (8, 3, 8, 3, 8, 8, 8, 2)]
    for job in first:
        loop.post(job)
    loop.tick()
    late = [a_job([piece] * 8) for piece in (6, 7, 8)]
    for job in late:
        loop.post(job)
    for _ in range(5):
        loop.tick()
    assert (model.places, model.orders) == ([[7], [5, 6]], [])
    _, results = run_to_end(loop)
    assert model.orders == [[7, 5, 6], [2, 1], []]
    assert all(done(results[job.id]).hypotheses[0].tokens == job.source for job in late)


@dataclass
class UnmovableModel(CopyModel):
    """A model whose rows cannot be moved any more: no memory is left for that."""

    def keep(self, state: State, rows: Integers) -> State:
        raise MemoryError


@pytest.mark.parametrize("beam_size", [1, 3])
def test_rows_that_cannot_be_moved_are_not_gone_on_with(beam_size: int) -> None:
    """Some may have been moved and others not: the engine ends, and nobody gets another's translation."""
    loop = a_loop(UnmovableModel())
    for length in (1, 4, 6):
        loop.post(a_job([5 + length] * length, beam_size=beam_size))
    with pytest.raises(MemoryError):
        run_to_end(loop)


def test_an_idle_loop_calls_nothing() -> None:
    """A tick without work touches no model."""
    model = CopyModel()
    record, results = a_loop(model).tick()
    assert (model.calls, results, record.rows) == ([], [], 0)


def test_a_thousand_sentences_get_each_its_own_answer() -> None:
    """Nothing is lost, said twice, or given to another (a model that copies shows whose is whose)."""
    loop = a_loop(CopyModel())
    random = np.random.default_rng(3)
    jobs = [a_job(random.integers(4, 16, random.integers(1, 19)).tolist()) for _ in range(1000)]
    for job in jobs:
        loop.post(job)
    _, results = run_to_end(loop, max_ticks=2000)
    assert {key: done(one).hypotheses[0].tokens for key, one in results.items()} == {
        job.id: job.source for job in jobs
    }


def test_a_cancelled_sentence_is_gone_at_the_next_tick() -> None:
    """Queued or running, nothing is said about it and its row is free."""
    loop = a_loop(CopyModel(), max_rows=8, max_encode=1)
    running, queued, other = a_job([5] * 9), a_job([6]), a_job([7])
    for job in (running, queued, other):
        loop.post(job)
    loop.tick()
    loop.cancel([running.id, queued.id])
    record, _ = loop.tick()
    assert (record.cancelled_running, record.cancelled_queued, record.rows) == (1, 1, 1)
    assert list(run_to_end(loop)[1]) == [other.id]


def test_cancelling_what_is_not_there_does_nothing() -> None:
    """Before, after, twice: later jobs are not harmed, even under the same number."""
    loop = a_loop(CopyModel())
    loop.cancel([7])
    loop.post(a_job([5], id=7))
    _, results = run_to_end(loop)
    loop.cancel([7])
    loop.post(a_job([6], id=7))
    assert len(results) == len(run_to_end(loop)[1]) == 1


@pytest.mark.parametrize(("ticks_before", "where"), [(0, "queued"), (2, "running")])
def test_a_deadline_is_looked_at_in_every_tick(ticks_before: int, where: str) -> None:
    """A late sentence fails, queued ones before the model ever sees them; the others go on."""
    clock = FakeClock()
    model = CopyModel()
    loop = a_loop(model, clock=clock)
    late, other = a_job([5] * 9, deadline=1001.0), a_job([6] * 9)
    loop.post(late)
    loop.post(other)
    for _ in range(ticks_before):
        loop.tick()
    clock.now = 1001.0
    record, results = loop.tick()
    assert failure(results[0]).data == {"where": where}
    assert (record.expired_queued, record.expired_running) == ((1, 0) if where == "queued" else (0, 1))
    assert record.rows == 1
    assert done(run_to_end(loop)[1][other.id]).hypotheses[0].tokens == other.source


def test_a_row_of_nan_fails_alone() -> None:
    """Greedy, beam and forced alike; those beside it are as if it had never been there."""
    model = CopyModel(nan=15)
    for search in ({}, {"beam_size": 3}, {"target": (4, 5)}):
        loop = a_loop(model)
        ill, well = a_job([5, 15], **search), a_job([5, 6, 7], **search)
        loop.post(ill)
        loop.post(well)
        _, results = run_to_end(loop)
        assert failure(results[ill.id]).error == "ModelFailed"
        assert failure(results[ill.id]).data["model"] == "fake"
        assert done(results[well.id]).hypotheses == done(alone(model, well)).hypotheses


@pytest.mark.parametrize("fails_to_encode", [True, False])
def test_a_poisonous_sentence_fails_alone(fails_to_encode: bool) -> None:
    """A batch that the model cannot bear is tried sentence by sentence; nobody's text is in the error."""
    model = CopyModel(poison=15, fails_to_encode=fails_to_encode)
    loop = a_loop(model)
    jobs = [a_job([5, 6]), a_job([7, 15]), a_job([8, 9, 10], beam_size=2)]
    for job in jobs:
        loop.post(job)
    _, results = run_to_end(loop)
    assert failure(results[jobs[1].id]).data == {"model": "fake", "reason": "RuntimeError"}
    assert done(results[jobs[0].id]).hypotheses[0].tokens == (5, 6)
    assert done(results[jobs[2].id]).hypotheses == done(alone(CopyModel(), jobs[2])).hypotheses


class ShorteningModel(FixedStateModel):
    """Answers with a row too few."""

    def step(self, state: State, previous: Integers, wanted: Integers) -> Step:
        step = super().step(state, previous, wanted)
        return replace(step, top_tokens=step.top_tokens[1:])


def test_an_answer_of_the_wrong_shape_is_never_given_to_anyone() -> None:
    """Which row belongs to whom cannot be known any more, so all of them fail."""
    loop = a_loop(ShorteningModel())
    for _ in range(3):
        loop.post(a_job([5, 6]))
    _, results = run_to_end(loop)
    assert {failure(one).data["reason"] for one in results.values()} == {
        "a step has the wrong number of rows"
    }


def test_short_sentences_are_not_held_up_by_a_long_one() -> None:
    """Beside 19 tokens a stream of single words takes two ticks each, and the long one comes through."""
    loop = a_loop(CopyModel(), max_rows=8, max_encode=2)
    long = a_job([5] * 18)
    loop.post(long)
    loop.tick()
    ended: list[int] = []
    for _ in range(20):
        short = a_job([6])
        loop.post(short)
        loop.tick()
        _, results = loop.tick()
        ended.extend(one.id for one in results)
        assert short.id in ended
    assert long.id in ended


def test_attention_is_told_only_where_it_was_asked_for() -> None:
    """With it, a row per token and a column per source token, none for padding or EOS."""
    loop = a_loop(CopyModel())
    plain, asked = a_job([5] * 9), a_job([6, 7], with_attention=True)
    loop.post(plain)
    loop.post(asked)
    _, results = run_to_end(loop)
    assert done(results[plain.id]).hypotheses[0].attention is None
    attention = done(results[asked.id]).hypotheses[0].attention
    assert attention == np.eye(2, dtype=np.float32).tobytes()


def test_a_record_tells_what_the_tick_did() -> None:
    """Rows, tokens, sentences, times and the queue, each as it was."""
    clock = FakeClock()
    loop = a_loop(CopyModel(), clock=clock, max_encode=2)
    for length in (1, 3, 2):
        loop.post(a_job([5] * length, posted_at=998.5))
    record, _ = loop.tick()
    assert (record.model, record.version, record.actual_device) == ("fake", "1", "cpu")
    assert (record.joined, record.num_encoded, record.rows, record.tokens) == (2, 2, 2, 2)
    assert (record.source_tokens, record.padded_source_tokens) == (3, 4)  # of lengths 1 and 2
    assert (record.num_waiting, record.waiting_tokens, record.num_running) == (1, 3, 2)
    assert record.oldest_wait_seconds == 1.5
    record, _ = loop.tick()
    assert (record.joined, record.rows, record.finished, record.num_running) == (1, 3, 1, 2)
