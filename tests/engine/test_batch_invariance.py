"""The first promise: a translation does not depend on who shares the batch, not by one bit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.engine.messages import Done, Job, Result
from service.engine.model import Integers, Seq2SeqModel, State, Step
from tests.engine.driving import a_job, a_loop, alone
from tests.fakes import FixedStateModel, GrowingStateModel

MODELS = (FixedStateModel, GrowingStateModel)

sources = st.lists(st.integers(4, 15), min_size=1, max_size=12)
searches = st.sampled_from(
    [
        {},
        {"with_attention": True},
        {"beam_size": 2},
        {"coverage_penalty": 0.3},
        {"beam_size": 4, "n_best": 4, "coverage_penalty": 0.2},
        {"beam_size": 3, "priority": "bulk", "group": 7},
        {"beam_size": 4, "n_best": 3, "with_attention": True},
        {"beam_size": 8, "n_best": 8, "length_penalty": 0.0},
        {"target": (5, 9, 4), "with_attention": True},
        {"required": ((5, 9), (7,)), "beam_size": 4, "with_attention": True},
        {"required": ((6,), (6,), (11, 4, 8)), "beam_size": 8, "n_best": 4},
        {"streams": True},
        {"beam_size": 4, "streams": True},
        {"max_target_tokens": 60},
        {"max_target_tokens": 60, "beam_size": 4, "n_best": 4},
    ]
)
arrivals = st.lists(
    st.tuples(sources, searches, st.integers(0, 15), st.none() | st.integers(0, 12)), min_size=1, max_size=14
)
limits = st.fixed_dictionaries(
    {"max_rows": st.integers(8, 40), "max_encode": st.integers(1, 8), "patience": st.integers(0, 3)}
)


def answered(
    model: Seq2SeqModel, plan: list[tuple[int, Job, int | None]], **limits: Any
) -> dict[int, Result]:
    """The results of jobs that arrive, and are cancelled, at given ticks."""
    loop = a_loop(model, **limits)
    results: dict[int, Result] = {}
    last = max(max(at, cancel or 0) for at, _, cancel in plan)
    tick = 0
    while tick <= last or loop.has_work:
        for at, job, cancelled_at in plan:
            if at == tick:
                loop.post(job)
            if cancelled_at == tick:
                loop.cancel([job.id])
        results.update((one.id, one) for one in loop.tick()[1])
        tick += 1
    return results


def content(result: Result) -> Result:
    """The result without its times."""
    if isinstance(result, Done):
        return Done(result.id, result.hypotheses, 0, 0, 0)
    return result


@pytest.mark.parametrize("model", MODELS)
@settings(max_examples=60, deadline=None)
@given(arrivals, limits)
def test_company_changes_no_bit(
    model: type[FixedStateModel],
    plan: list[tuple[list[int], dict[str, object], int, int | None]],
    limits: dict[str, int],
) -> None:
    """Tokens, scores and attention are those of the sentence alone, whoever comes, goes or is cancelled."""
    jobs = [
        (at, a_job(source, **search), None if cancel is None else at + cancel)
        for source, search, at, cancel in plan
    ]
    results = answered(model(), jobs, **limits)
    for _, job, cancelled_at in jobs:
        if cancelled_at is None or job.id in results:
            assert content(results[job.id]) == content(alone(model(), job))


@pytest.mark.parametrize("model", MODELS)
def test_an_ignored_mask_is_noticed(model: type[FixedStateModel]) -> None:
    """Positive control: where padding counts, a short sentence differs beside a long one."""
    short, long = a_job([5, 6]), a_job([4, 5, 6, 7, 8, 9, 10, 11])
    together = answered(model(honours_mask=False), [(0, short, None), (0, long, None)])
    assert content(together[short.id]) != content(alone(model(honours_mask=False), short))


def test_an_ignored_cache_mask_is_noticed() -> None:
    """Positive control: where padded steps count, a newcomer differs beside one who is under way."""
    first, second = a_job([5, 6, 9]), a_job([4, 5, 9])
    together = answered(GrowingStateModel(honours_mask=False), [(0, first, None), (2, second, None)])
    assert content(together[second.id]) != content(alone(GrowingStateModel(honours_mask=False), second))


@dataclass
class MeasuredModel(GrowingStateModel):
    """Notes how wide the cache is at every step."""

    widths: list[int] = field(default_factory=list)

    def step(self, state: State, previous: Integers, wanted: Integers) -> Step:
        self.widths.append(state.arrays["cache"].shape[1])
        return super().step(state, previous, wanted)


def test_state_of_those_who_left_does_not_stay() -> None:
    """The cache is as wide as the longest sentence that still runs, however long the loop has been busy."""
    model = MeasuredModel()
    loop = a_loop(model)
    for tick in range(60):
        if tick % 2 == 0:
            loop.post(a_job([4 + tick % 9, 5], max_target_tokens=4))
        loop.tick()
    assert len(model.widths) >= 50
    assert max(model.widths) <= 4
