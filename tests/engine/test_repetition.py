"""A hypothesis that goes round in circles ends early; a source that repeats itself is not punished."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from benchmarks.bare import jobs_of
from benchmarks.texts import OWN_SENTENCES, read_texts
from service.engine.beam import BeamSearch
from service.engine.messages import Found
from service.engine.model import Floats
from service.engine.onnx_model import OnnxModel
from service.engine.repetition import MAX_PERIOD, MAX_STUCK, MIN_REPEATED, LoopGuard
from service.engine.search import Rules, SingleSearch
from service.engine.store import ModelStore
from tests.engine.driving import a_job, a_loop, alone, done, run_to_end
from tests.fakes import CopyModel

STORE = Path(__file__).parents[2] / "model_store"
BOS, EOS = 2, 3
SOURCE = tuple(range(100, 120))
UNREAD: tuple[Floats, ...] = ()
blocks = st.lists(st.integers(4, 9), min_size=1, max_size=MAX_PERIOD)


def looks(*places: int) -> list[Floats]:
    """Attention rows that look at one place each, the last token's first."""
    return [np.eye(40, dtype=np.float32)[place] for place in reversed(places)]


@given(
    st.lists(st.integers(50, 70), unique=True, max_size=20),
    st.lists(st.integers(4, 45), unique=True, min_size=1, max_size=MAX_PERIOD),
    st.integers(0, MAX_PERIOD),
)
def test_of_a_loop_the_first_occurrence_is_kept(start: list[int], block: list[int], spare: int) -> None:
    """Whatever came before it, and wherever in its turn it is caught."""
    num_said = max(3 * len(block), len(block) + MIN_REPEATED)
    guard, endless = LoopGuard(SOURCE), [*start, *block * (MIN_REPEATED + MAX_PERIOD)]
    tokens = endless[: len(start) + num_said + spare]
    assert guard.num_kept(tokens, UNREAD) == len(start) + len(block)
    tokens = endless[: len(start) + num_said - 1]
    assert guard.num_kept(tokens, UNREAD) == len(tokens)


@given(blocks, st.integers(1, 10), st.integers(1, 10))
def test_what_the_source_repeats_the_target_may_repeat(block: list[int], times: int, spread: int) -> None:
    """As often, and in up to twice as many tokens; tokens that differ there differ here as well."""
    assume(len({token % (1 + spread) for token in block}) == len(set(block)))
    guard = LoopGuard(block * times)
    target = [10 + token % (1 + spread) for token in block for _ in (0, 1)]
    for num_tokens in range(1, len(target) * times + 1):
        tokens = (target * times)[:num_tokens]
        assert guard.num_kept(tokens, UNREAD) == num_tokens


def test_a_source_that_repeats_a_little_may_not_be_repeated_without_end() -> None:
    """Positive control: a laugh of four is no licence for forty."""
    guard = LoopGuard([7] * 4)
    assert guard.num_kept([9] * 22, UNREAD) == 22
    assert guard.num_kept([9] * 40, UNREAD) == 1


def test_what_is_cut_at_its_limit_needs_a_shorter_loop() -> None:
    """It ends early all the same, and a loop is the better reason."""
    guard = LoopGuard([7], limit=12)
    assert guard.num_kept([9] * 12, UNREAD) == 1
    assert guard.num_kept([9] * 11, UNREAD) == 11
    assert guard.num_kept([1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9], UNREAD) == 12


@pytest.mark.parametrize(
    "tokens",
    [
        [5] * MIN_REPEATED,
        [5, 6, 7, 8, 9, 10, 11, 12, 13, 14] * 2,
        [*[5] * 40, 6],
        [5, 5, 6] * 5,
        [20, *[5, 5, 5, 21] * 4],  # 1,000,000,000,000
    ],
)
def test_what_is_no_loop_yet_is_left_alone(tokens: list[int]) -> None:
    """A word said twice, a dotted line, a large number, and a loop that was left again."""
    assert LoopGuard(SOURCE).num_kept(tokens, UNREAD) == len(tokens)


def test_attention_that_stays_in_one_place_is_a_loop() -> None:
    """Only for longer than any word takes, and only where it is read."""
    guard, tokens = LoopGuard(SOURCE), list(range(200, 240))
    stuck = looks(*range(40 - MAX_STUCK), *[7] * MAX_STUCK)
    assert guard.num_kept(tokens, stuck) == 40 - MAX_STUCK + 1
    assert guard.num_kept(tokens, stuck[1:]) == 40
    assert guard.num_kept(tokens, looks(*[7] * 30, *range(10))) == 40
    assert guard.num_kept(tokens, UNREAD) == 40


@pytest.mark.parametrize(
    "search", [{}, {"with_attention": True}, {"coverage_penalty": 0.2}, {"beam_size": 1}]
)
def test_a_greedy_search_ends_in_a_loop(search: dict[str, Any]) -> None:
    """The loop is cut to one occurrence: tokens, log-probabilities and attention alike."""
    source = [5, 6, 7, 8]
    (found,) = done(
        alone(CopyModel(is_endless=True), a_job(source, max_target_tokens=90, **search))
    ).hypotheses
    assert (found.tokens, found.finish_reason) == ((5, 6, 7, 8), "repetition")
    assert len(found.logprobs) == 4
    if found.attention is not None:
        assert found.attention == np.eye(4, dtype=np.float32).tobytes()


def test_a_loop_is_noticed_at_the_limit_too() -> None:
    """Where the limit comes between two looks."""
    search = SingleSearch(Rules(BOS, EOS, 22, 0.8, 0.0, 20, with_attention=False), guard=LoopGuard(SOURCE))
    goes_on = [search.advance(4 + place % 3, -0.5, np.zeros(20, np.float32)) for place in range(20)]
    assert not goes_on[-1]
    late = SingleSearch(Rules(BOS, EOS, 22, 0.8, 0.0, 20, with_attention=False), guard=LoopGuard(SOURCE))
    for place in range(22):
        late.advance(50 + place if place < 5 else 5, -0.5, np.zeros(20, np.float32))
    (found,) = late.found()
    assert (found.finish_reason, found.tokens) == ("repetition", (50, 51, 52, 53, 54, 5))
    assert found.score == pytest.approx(-0.5 * 6 / (11 / 6) ** 0.8)


def test_a_given_translation_may_repeat_itself() -> None:
    """Nobody cuts what the caller has written."""
    target = (5,) * 60
    (found,) = done(alone(CopyModel(), a_job([5, 6], target=target, max_target_tokens=60))).hypotheses
    assert (found.tokens, found.finish_reason) == (target, "eos")


def test_a_model_that_copies_may_copy_what_repeats_itself() -> None:
    """A source of nothing but one token comes through whole."""
    (found,) = done(alone(CopyModel(), a_job([5] * 60, max_target_tokens=90))).hypotheses
    assert (found.tokens, found.finish_reason) == ((5,) * 60, "eos")


def looped(*, eos: float, guard: LoopGuard | None) -> Found:
    """What a beam of two finds where saying 5 for ever is likelier than 4, 6, 7, … and then EOS."""
    rules = Rules(BOS, EOS, 60, 0.8, 0.0, len(SOURCE), with_attention=False)
    search = BeamSearch(rules, beam_size=2, n_best=1, guard=guard)
    rows = search.advance([[5, 4]], [[-0.01, -0.6]], np.zeros((1, 20), np.float32))
    step = 0
    while rows:
        step += 1
        tokens = [[5, 8] if token == 5 else [EOS if step > 30 else 10 + step, 9] for token in search.previous]
        likely = [-0.01 if token == 5 else eos if step > 30 else -0.1 for token in search.previous]
        scores = [[score, -9.0] for score in likely]
        rows = search.advance(tokens, scores, np.zeros((len(rows), 20), np.float32))
    return search.found()[0]


def test_in_a_beam_a_loop_does_not_win_over_a_sound_hypothesis() -> None:
    """Although it is the likelier by far; without the guard it wins, and where the source repeats itself."""
    found = looped(eos=-0.1, guard=LoopGuard(SOURCE))
    assert (found.tokens[0], len(found.tokens), found.finish_reason) == (4, 31, "eos")
    found = looped(eos=-0.1, guard=None)
    assert (found.tokens, found.finish_reason) == ((5,) * 60, "length")
    found = looped(eos=-0.1, guard=LoopGuard([8] * 60))
    assert (found.tokens, found.finish_reason) == ((5,) * 60, "length")


def test_where_every_hypothesis_loops_the_best_is_told() -> None:
    """Cut to one occurrence, and said to be what it is; the others leave with it."""
    rules = Rules(BOS, EOS, 90, 0.8, 0.0, len(SOURCE), with_attention=False)
    search = BeamSearch(rules, beam_size=4, n_best=4, guard=LoopGuard(SOURCE))
    rows, num_steps = [0], 0
    while rows:
        num_steps += 1
        candidates = [[5 + num_steps % 3, 9]] * len(rows)
        rows = search.advance(candidates, [[-0.1, -4.0]] * len(rows), np.zeros((len(rows), 20), np.float32))
    assert num_steps < 30
    best, *_ = search.found()
    assert (best.tokens, best.finish_reason) == ((6, 7, 5), "repetition")


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(5, 15), min_size=1, max_size=9), st.integers(2, 8))
def test_an_n_best_list_tells_loops_last_and_nothing_twice(source: list[int], beam_size: int) -> None:
    """Each by its score among its like."""
    model = CopyModel(is_endless=True)
    job = a_job(source, max_target_tokens=70, beam_size=beam_size, n_best=beam_size)
    hypotheses = done(alone(model, job)).hypotheses
    is_loop = [one.finish_reason == "repetition" for one in hypotheses]
    assert is_loop == sorted(is_loop)
    assert len({one.tokens for one in hypotheses}) == len(hypotheses)


@pytest.mark.parametrize(("beam_size", "num_loops"), [(1, 2), (4, 1)])
def test_no_sentence_of_our_own_runs_into_its_limit(beam_size: int, num_loops: int) -> None:
    """With the bundled model: of 288 sentences two looped to the limit greedily, one in a beam of four."""
    (folder,) = [one for one in ModelStore(STORE).latest() if one.manifest.name == "zh-en"]
    model = OnnxModel.load(folder.path, digest=folder.digest, precision="int8")
    loop = a_loop(model, pieces=folder.manifest.pieces)
    for job in jobs_of(folder, read_texts(OWN_SENTENCES, max_texts=288), beam_size=beam_size):
        loop.post(job)
    _, results = run_to_end(loop, max_ticks=5000)
    reasons = Counter(done(one).hypotheses[0].finish_reason for one in results.values())
    assert reasons == {"eos": 288 - num_loops, "repetition": num_loops}
