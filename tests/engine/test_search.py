"""Greedy and forced search: what may be said, when it ends, and what is told of it."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.engine.errors import ModelFailed
from service.engine.manifest import Pieces
from service.engine.messages import Done
from service.engine.search import (
    Rules,
    SingleSearch,
    best_candidates,
    length_divisor,
    log_coverage,
    usable_scores,
)
from tests.engine.driving import a_job, alone, done
from tests.fakes import PIECES, CopyModel, FixedStateModel, GrowingStateModel

sources = st.lists(st.integers(4, 15), min_size=1, max_size=12)
NOWHERE = np.zeros(1, np.float32)


def a_search(limit: int = 9, *, coverage_penalty: float = 0.0, num_source: int = 1) -> SingleSearch:
    """A greedy search with a length penalty, from BOS (2) to EOS (3)."""
    return SingleSearch(Rules(2, 3, limit, 0.8, coverage_penalty, num_source, with_attention=False))


def test_pad_unk_and_bos_are_never_said() -> None:
    """A banned token is passed over even where it has the best score."""
    is_banned = np.array([True, True, True, False, False])
    tokens = np.array([[1, 0, 4], [2, 3, 4]])
    scores = usable_scores(tokens, np.array([[-0.1, -0.2, -3.0], [-0.1, -0.2, -0.3]], np.float32), is_banned)
    chosen, told = best_candidates(tokens, scores)
    assert chosen == [4, 3]
    assert told == pytest.approx([-3.0, -0.2])


@pytest.mark.parametrize("worst", [math.nan, math.inf, -math.inf])
def test_a_score_that_is_no_number_is_never_chosen_by(worst: float) -> None:
    """Wherever in the row it stands, or where nothing else stands, the sentence fails instead."""
    is_banned = np.zeros(5, bool)
    row = [worst] * 3 if worst == -math.inf else [-0.5, worst, -1.0]
    tokens = np.array([[4, 3, 2]])
    chosen, scores = best_candidates(tokens, usable_scores(tokens, np.array([row], np.float32), is_banned))
    with pytest.raises(ModelFailed):
        a_search().advance(chosen[0], scores[0], NOWHERE)


def test_a_sentence_that_ends_at_once_is_empty() -> None:
    """EOS as the first token: no token, one log-probability, no row of attention."""
    search = SingleSearch(Rules(2, 3, 5, 0.8, 0.0, num_source=1, with_attention=True))
    assert search.advance(3, -0.5, NOWHERE) is False
    (found,) = search.found()
    assert (found.tokens, found.logprobs, found.score) == ((), (-0.5,), -0.5)
    assert (found.finish_reason, found.attention) == ("eos", b"")


@pytest.mark.parametrize(("length", "divisor"), [(1, 1.0), (7, 2.0), (13, 3.0)])
def test_the_length_is_penalised_as_by_wu_et_al(length: int, divisor: float) -> None:
    """(5 + length) ** α / 6 ** α: nothing for α = 0, and nothing for a single token."""
    assert length_divisor(length, 0.0) == 1.0
    assert length_divisor(length, 1.0) == divisor
    assert length_divisor(length, 2.0) == divisor**2


def test_the_score_counts_eos_in_the_length() -> None:
    """Three log-probabilities, so the sum is divided by (8 / 6) ** α."""
    search = a_search()
    assert [search.advance(token, -0.5, NOWHERE) for token in (4, 5, 3)] == [True, True, False]
    assert search.found()[0].score == pytest.approx(-1.5 / (8 / 6) ** 0.8)


def test_the_coverage_is_that_of_a_worked_example() -> None:
    """A source token that got half its due counts log 0.5; more than 1 is no better than 1."""
    attention = np.array([[0.75, 0.25, 0.0], [0.75, 0.25, 0.0]], np.float32)
    assert log_coverage(attention[:, :2]) == pytest.approx(math.log(0.5))
    assert log_coverage(attention) == pytest.approx(math.log(0.5) - 23 * math.log(2))


def test_the_score_looks_at_attention_that_is_not_told() -> None:
    """The coverage penalty is for the source tokens alone: neither padding nor EOS's attention counts."""
    search = a_search(coverage_penalty=0.2, num_source=2)
    row = np.array([0.75, 0.25, 7], np.float32)  # the third column is padding
    assert [search.advance(token, -0.5, row) for token in (4, 5)] == [True, True]
    row[:] = [0.0, 1.0, 7]  # a model may answer in the same place again
    assert search.advance(3, -0.5, row) is False
    (found,) = search.found()
    assert found.score == pytest.approx(-1.5 / (8 / 6) ** 0.8 + 0.2 * math.log(0.5))
    assert found.attention is None


def test_an_empty_translation_covers_nothing_and_still_has_a_score() -> None:
    """Every source token costs as much as one that is missed altogether, and no more."""
    search = a_search(coverage_penalty=0.2, num_source=3)
    assert search.advance(3, -0.5, np.zeros(3, np.float32)) is False
    assert search.found()[0].score == pytest.approx(-0.5 - 0.2 * 3 * 23 * math.log(2))


@pytest.mark.parametrize("weight", [math.nan, math.inf, -math.inf])
def test_attention_that_is_no_number_is_never_scored_by(weight: float) -> None:
    """Also where it is not told: the sentence fails instead."""
    search = a_search(limit=1, coverage_penalty=0.2)
    search.advance(4, -0.5, np.array([weight], np.float32))
    with pytest.raises(ModelFailed):
        search.found()


def test_a_sentence_stops_at_its_limit() -> None:
    """An endless model is cut after `max_target_tokens`, and the reason says so."""
    result = done(alone(CopyModel(is_endless=True), a_job([5, 6], max_target_tokens=5)))
    (found,) = result.hypotheses
    assert (found.tokens, found.finish_reason) == ((5, 6, 5, 6, 5), "length")
    assert len(found.logprobs) == 5


def test_a_sentence_as_long_as_its_limit_is_cut_before_eos() -> None:
    """The limit counts tokens without EOS; the step that would say EOS is not made."""
    (found,) = done(alone(CopyModel(), a_job([5, 6, 7], max_target_tokens=3))).hypotheses
    assert (found.tokens, found.finish_reason) == ((5, 6, 7), "length")
    (found,) = done(alone(CopyModel(), a_job([5, 6, 7], max_target_tokens=4))).hypotheses
    assert (found.tokens, found.finish_reason) == ((5, 6, 7), "eos")


@pytest.mark.parametrize("model", [FixedStateModel, GrowingStateModel])
@settings(max_examples=40, deadline=None)
@given(sources)
def test_forcing_what_was_said_gives_the_same_scores_and_attention(
    model: type[FixedStateModel], source: list[int]
) -> None:
    """Forced decoding of a translation tells what free decoding told of it, to the bit."""
    options = {"with_attention": True, "coverage_penalty": 0.2}
    free = done(alone(model(), a_job(source, max_target_tokens=60, **options)))
    said = free.hypotheses[0]
    if said.finish_reason == "eos":
        forced = done(alone(model(), a_job(source, target=said.tokens, **options)))
        assert forced.hypotheses == free.hypotheses


def test_a_forced_target_is_followed_past_every_limit() -> None:
    """Whatever the model would have said, and wherever it would have stopped."""
    job = a_job([5], target=(9, 9, 9, 9), max_target_tokens=2, with_attention=True)
    (found,) = done(alone(CopyModel(), job)).hypotheses
    assert (found.tokens, found.finish_reason) == ((9, 9, 9, 9), "eos")
    assert found.logprobs == (-5.0, -5.0, -5.0, -5.0, -0.25)


@settings(max_examples=40, deadline=None)
@given(sources)
def test_a_beam_of_one_says_what_greedy_search_says(source: list[int]) -> None:
    """Through the loop too: asking for a beam of one costs nothing and changes nothing."""
    greedy = alone(FixedStateModel(), a_job(source, id=1))
    beam = alone(FixedStateModel(), a_job(source, id=1, beam_size=1))
    assert greedy == beam


@settings(max_examples=40, deadline=None)
@given(sources, st.integers(2, 8))
def test_the_n_best_come_best_first_and_once(source: list[int], beam_size: int) -> None:
    """Those that loop come behind all that do not, whatever their scores."""
    result = alone(FixedStateModel(), a_job(source, beam_size=beam_size, n_best=beam_size))
    assert isinstance(result, Done)
    ranks = [(one.finish_reason == "repetition", -one.score) for one in result.hypotheses]
    assert ranks == sorted(ranks)
    assert len({one.tokens for one in result.hypotheses}) == len(result.hypotheses)


@pytest.mark.parametrize("beam_size", [1, 4])
def test_a_copy_symbol_is_said_only_where_the_source_holds_it(beam_size: int) -> None:
    """A model that likes copy symbols says none of its own; where they are no symbols it says them."""
    symbols = Pieces(PIECES.num_source, PIECES.num_target, first_copy=4, num_copy=6)
    jobs = [[10, 11, 12], [4, 10, 11], [10, 5, 6, 12], [13, 14], [15, 10, 9]]

    def said(source: list[int], pieces: Pieces) -> set[int]:
        job = a_job(source, beam_size=beam_size)
        hypotheses = done(alone(FixedStateModel(), job, pieces=pieces)).hypotheses
        return {token for one in hypotheses for token in one.tokens} & set(range(4, 10))

    assert all(said(source, symbols) <= set(source) for source in jobs)
    assert any(said(source, PIECES) - set(source) for source in jobs)


@pytest.mark.parametrize("beam_size", [1, 2, 4, 8])
@pytest.mark.parametrize("num_copy", [6, 12])
def test_a_copy_symbol_is_said_no_more_often_than_the_source_holds_it(beam_size: int, num_copy: int) -> None:
    """By each hypothesis for itself, even where no candidate is anything else; no sentence fails of it.

    Where they are no symbols, some are said more often.
    """
    symbols = Pieces(PIECES.num_source, PIECES.num_target, first_copy=4, num_copy=num_copy)
    random = np.random.default_rng(beam_size)
    jobs = [random.integers(4, 16, 5).tolist() for _ in range(20)]

    def excess(source: list[int], pieces: Pieces) -> int:
        job = a_job(source, beam_size=beam_size, n_best=beam_size, with_attention=True)
        hypotheses = done(alone(FixedStateModel(), job, pieces=pieces)).hypotheses
        said = [
            Counter(token for token in one.tokens if token in range(4, 4 + num_copy)) for one in hypotheses
        ]
        return max((one - Counter(source)).total() for one in said)

    assert [excess(source, symbols) for source in jobs] == [0] * len(jobs)
    assert any(excess(source, PIECES) for source in jobs)


def test_a_symbol_that_stands_twice_in_the_source_is_said_twice() -> None:
    """A model that would say it for ever is not made to say another: the sentence ends, at EOS's price."""
    symbols = Pieces(PIECES.num_source, PIECES.num_target, first_copy=4, num_copy=2)
    model = CopyModel(is_endless=True)
    (found,) = done(alone(model, a_job([4, 4]), pieces=symbols)).hypotheses
    assert (found.tokens, found.finish_reason, found.logprobs) == ((4, 4), "eos", (-0.25, -0.25, -5.0))
