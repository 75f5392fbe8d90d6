"""Beam search against a reference that knows the whole distribution and enumerates everything."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.engine.beam import BeamSearch
from service.engine.errors import ModelFailed
from service.engine.messages import Found
from service.engine.model import Floats
from service.engine.search import Rules, SingleSearch

EOS = 3
NEVER = -math.inf
NUM_SOURCE = 3

Prefix = tuple[int, ...]
Ends = list[tuple[float, Prefix]]
seeds = st.integers(0, 10_000)
length_penalties = st.sampled_from([0.0, 0.8, 1.0, 2.0])
coverage_penalties = st.sampled_from([0.0, 0.2, 1.0])


@dataclass(frozen=True)
class Language:
    """What follows every prefix: the log-probability of each next token, and where attention lies."""

    logprobs: dict[Prefix, list[float]]
    attention: dict[Prefix, Floats]  # [source] each

    def said(self, tokens: Prefix) -> list[float]:
        """The log-probabilities of the tokens, each after those before it."""
        return [self.logprobs[tokens[:place]][token] for place, token in enumerate(tokens)]

    def looked(self, num_tokens: int, tokens: Prefix) -> Floats:
        """The attention of the first tokens [tokens, source]."""
        rows = [self.attention[tokens[:place]] for place in range(num_tokens)]
        return np.array(rows, np.float32).reshape(num_tokens, NUM_SOURCE)


def a_language(seed: int, *, num_tokens: int, depth: int) -> Language:
    """Random log-probabilities of EOS (3) and of the tokens 4, 5, …; attention that is often nought."""
    random = np.random.default_rng(seed)
    language = Language({}, {})
    for length in range(depth):
        for prefix in itertools.product(range(4, 4 + num_tokens), repeat=length):
            logits = random.normal(scale=1.5, size=num_tokens + 1)
            logprobs = logits - np.log(np.exp(logits).sum())
            language.logprobs[prefix] = [NEVER] * EOS + [float(one) for one in logprobs]
            weights = random.dirichlet([0.3] * NUM_SOURCE).round(1)
            language.attention[prefix] = weights.astype(np.float32)
    return language


def rules_of(
    limit: int, length_penalty: float = 0.8, coverage_penalty: float = 0.0, *, with_attention: bool = False
) -> Rules:
    """Rules from BOS (2) to EOS (3)."""
    return Rules(2, EOS, limit, length_penalty, coverage_penalty, NUM_SOURCE, with_attention)


def searched(language: Language, rules: Rules, *, beam_size: int, n_best: int = 1) -> tuple[Found, ...]:
    """What BeamSearch finds, fed with the nine best candidates of every row."""
    search = BeamSearch(rules, beam_size=beam_size, n_best=n_best)
    prefixes: list[Prefix] = [()]
    while prefixes:
        logprobs = [language.logprobs[one] for one in prefixes]
        ranked = [np.argsort([-score for score in row])[:9].tolist() for row in logprobs]
        scores = [[row[token] for token in tokens] for row, tokens in zip(logprobs, ranked, strict=True)]
        attention = np.array([language.attention[one] for one in prefixes])
        parents = search.advance(ranked, scores, attention)
        attention.fill(math.nan)  # a model may use the place again
        prefixes = [
            (*prefixes[parent], token) for parent, token in zip(parents, search.previous, strict=True)
        ]
    return search.found()


Score = Callable[[list[float], Floats], float]


def plainly(logprobs: list[float], attention: Floats) -> float:
    """The score of plain beam search: log P(Y | X)."""
    return math.fsum(logprobs)


def by_wu_et_al(rules: Rules) -> Score:
    """Equation 14 of Wu et al. (2016), written down again in float64."""

    def score(logprobs: list[float], attention: Floats) -> float:
        lp = (5 + len(logprobs)) ** rules.length_penalty / (5 + 1) ** rules.length_penalty
        coverage = np.minimum(attention.astype(np.float64).sum(axis=0), 1.0)
        cp = rules.coverage_penalty * np.log(np.maximum(coverage, 2.0**-23)).sum()
        return float(np.sum(np.float64(logprobs)) / lp + cp)

    return score


def ending(language: Language, tokens: Prefix, score: Score) -> tuple[float, Prefix]:
    """The score of tokens, the last of which may be EOS, and the tokens without EOS."""
    without_eos = tokens[:-1] if tokens[-1] == EOS else tokens
    return score(language.said(tokens), language.looked(len(without_eos), tokens)), without_eos


def best_of_all(language: Language, limit: int, score: Score) -> Ends:
    """Every possible translation with its score, best first."""
    ends = []
    for prefix, logprobs in language.logprobs.items():
        last = range(EOS, len(logprobs)) if len(prefix) == limit - 1 else [EOS]
        ends += [ending(language, (*prefix, token), score) for token in last]
    return sorted(ends, key=lambda end: -end[0])


def reference(language: Language, limit: int, beam_size: int, score: Score) -> Ends:
    """Beam search written down plainly over the whole distribution, stopping by count alone; best first."""
    live: list[Prefix] = [()]
    ends: Ends = []
    for depth in range(1, limit + 1):
        grown = [(*prefix, token) for prefix in live for token in range(EOS, len(language.logprobs[prefix]))]
        grown.sort(key=lambda tokens: -sum(language.said(tokens)))
        ends += [ending(language, one, score) for one in grown[:beam_size] if one[-1] == EOS]
        live = [one for one in grown if one[-1] != EOS][:beam_size]
        if len(ends) >= beam_size and depth < limit:
            break
        if depth == limit:
            ends += [ending(language, one, score) for one in grown[:beam_size] if one[-1] != EOS]
    return sorted(ends, key=lambda end: -end[0])


def assert_finds(found: tuple[Found, ...], ends: Ends) -> None:
    """Asserts that the same hypotheses were found in the same order, with the same scores."""
    assert [one.tokens for one in found] == [tokens for _, tokens in ends]
    assert [one.score for one in found] == pytest.approx([score for score, _ in ends], abs=1e-12)


@settings(max_examples=100, deadline=None)
@given(seeds, length_penalties, coverage_penalties)
def test_a_beam_wider_than_the_language_finds_the_best_of_all(
    seed: int, length_penalty: float, coverage_penalty: float
) -> None:
    """With 2 tokens and at most 2 steps a beam of 8 drops nothing: n-best is the head of the full list."""
    rules = rules_of(2, length_penalty, coverage_penalty)
    language = a_language(seed, num_tokens=2, depth=2)
    everything = best_of_all(language, rules.limit, by_wu_et_al(rules))
    assert_finds(searched(language, rules, beam_size=8), everything[:1])
    assert_finds(searched(language, rules, beam_size=8, n_best=5), everything[:5])


@settings(max_examples=100, deadline=None)
@given(seeds, st.integers(2, 8), st.integers(2, 9), st.data())
def test_without_penalties_it_is_plain_beam_search(
    seed: int, beam_size: int, num_tokens: int, data: st.DataObject
) -> None:
    """α = β = 0: what a beam over the whole distribution finds by the sum of log-probabilities alone."""
    n_best = data.draw(st.integers(1, beam_size))
    language = a_language(seed, num_tokens=num_tokens, depth=4)
    found = searched(language, rules_of(4, 0.0, 0.0), beam_size=beam_size, n_best=n_best)
    assert_finds(found, reference(language, 4, beam_size, plainly)[:n_best])


@settings(max_examples=150, deadline=None)
@given(seeds, st.integers(1, 8), st.integers(2, 4), length_penalties, coverage_penalties, st.data())
def test_stopping_early_changes_nothing(
    seed: int,
    beam_size: int,
    num_tokens: int,
    length_penalty: float,
    coverage_penalty: float,
    data: st.DataObject,
) -> None:
    """The n-best are those of a search that goes on until enough have finished or the limit is reached."""
    n_best = data.draw(st.integers(1, beam_size))
    rules = rules_of(5, length_penalty, coverage_penalty)
    language = a_language(seed, num_tokens=num_tokens, depth=5)
    found = searched(language, rules, beam_size=beam_size, n_best=n_best)
    assert_finds(found, reference(language, 5, beam_size, by_wu_et_al(rules))[:n_best])


@settings(max_examples=100, deadline=None)
@given(seeds, st.integers(1, 8), length_penalties, coverage_penalties)
def test_a_score_is_that_of_what_is_told(
    seed: int, beam_size: int, length_penalty: float, coverage_penalty: float
) -> None:
    """Log-probabilities and attention are the hypothesis's own, and the score follows from them."""
    rules = rules_of(5, length_penalty, coverage_penalty, with_attention=True)
    language = a_language(seed, num_tokens=3, depth=5)
    found = searched(language, rules, beam_size=beam_size, n_best=beam_size)
    for one in found:
        said = one.tokens if one.finish_reason == "length" else (*one.tokens, EOS)
        assert list(one.logprobs) == language.said(said)
        assert one.attention == language.looked(len(one.tokens), one.tokens).tobytes()
        attention = np.frombuffer(one.attention, np.float32).reshape(-1, NUM_SOURCE)
        assert one.score == pytest.approx(by_wu_et_al(rules)(list(one.logprobs), attention), abs=1e-12)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert len({one.tokens for one in found}) == len(found)


@settings(max_examples=50, deadline=None)
@given(seeds, length_penalties, coverage_penalties, st.booleans())
def test_a_beam_of_one_is_greedy_search(
    seed: int, length_penalty: float, coverage_penalty: float, with_attention: bool
) -> None:
    """Same tokens, same log-probabilities, same attention, same score, to the bit."""
    rules = rules_of(4, length_penalty, coverage_penalty, with_attention=with_attention)
    language = a_language(seed, num_tokens=4, depth=4)
    greedy = SingleSearch(rules)
    prefix: Prefix = ()
    goes_on = True
    while goes_on:
        logprobs = language.logprobs[prefix]
        token = max(range(len(logprobs)), key=logprobs.__getitem__)
        goes_on = greedy.advance(token, logprobs[token], language.attention[prefix])
        prefix = (*prefix, token)
    assert searched(language, rules, beam_size=1) == greedy.found()


def test_equals_are_ranked_by_row_and_then_by_candidate() -> None:
    """So the same scores give the same translation, always."""
    search = BeamSearch(rules_of(9), beam_size=3, n_best=1)
    attention = np.zeros((3, NUM_SOURCE), np.float32)
    assert search.advance([[7, 5, 6, 4]], [[-1.0] * 4], attention) == [0, 0, 0]
    assert search.previous == [7, 5, 6]
    scores = [[-1.0, -1.0], [-1.0, -1.0], [-0.5, -1.0]]
    assert search.advance([[8, 4], [9, 6], [5, 7]], scores, attention) == [2, 0, 0]
    assert search.previous == [5, 8, 4]


def test_attention_follows_the_hypotheses() -> None:
    """The rows told are those of the beam's own ancestors, not those that happened to lie in its place."""
    rules = Rules(2, EOS, 9, 0.0, 0.0, num_source=2, with_attention=True)
    search = BeamSearch(rules, beam_size=2, n_best=2)
    first = np.array([[0.9, 0.1, 7]], np.float32)  # the third column is padding
    assert search.advance([[4, 5]], [[-0.1, -0.2]], first) == [0, 0]
    second = np.array([[0.5, 0.5, 7], [0.2, 0.8, 7]], np.float32)
    assert search.advance([[6, 7], [6, 7]], [[-9, -9], [-0.1, -0.2]], second) == [1, 1]
    assert search.previous == [6, 7]
    third = np.array([[0.3, 0.7, 7], [0.4, 0.6, 7]], np.float32)
    assert search.advance([[EOS], [EOS]], [[-0.1], [-0.1]], third) == []
    best, other = search.found()
    assert (best.tokens, other.tokens) == ((5, 6), (5, 7))
    expected = np.array([[0.9, 0.1], [0.2, 0.8]], np.float32)
    assert best.attention == other.attention == expected.tobytes()


def test_a_hypothesis_that_misses_a_word_loses_to_one_that_does_not() -> None:
    """Coverage orders what has finished: a little likelier is worth less than a word."""
    whole, half = np.array([0.5, 0.5, 0.0], np.float32), np.array([1.0, 0.0, 0.0], np.float32)

    def best(coverage_penalty: float) -> tuple[int, ...]:
        rules = Rules(2, EOS, 9, 0.8, coverage_penalty, num_source=2, with_attention=False)
        search = BeamSearch(rules, beam_size=2, n_best=1)
        search.advance([[4, 5]], [[-0.7, -0.7]], whole[None])
        search.advance([[6, 7], [6, 7]], [[-0.1, -9.0], [-0.2, -9.0]], np.array([half, whole]))
        assert search.advance([[EOS, 4]] * 2, [[-0.1, -9.0]] * 2, np.array([whole, whole])) == []
        return search.found()[0].tokens

    assert best(0.0) == (4, 6)
    assert best(0.2) == (5, 6)


def test_a_finished_hypothesis_that_cannot_be_beaten_ends_the_search() -> None:
    """It stops although only one of four has finished: no other can come back from -20."""
    search = BeamSearch(rules_of(30), beam_size=4, n_best=1)
    attention = np.zeros((4, NUM_SOURCE), np.float32)
    assert search.advance([[EOS, 4, 5, 6]], [[-0.01, -20.0, -21.0, -22.0]], attention) == []
    assert [one.tokens for one in search.found()] == [()]


@pytest.mark.parametrize("penalties", [(1.0, 0.0), (0.0, 1.0)])
def test_a_longer_hypothesis_that_may_still_win_keeps_the_search_going(
    penalties: tuple[float, float],
) -> None:
    """With either penalty a running one may gain on the finished one, so the search goes on."""
    search = BeamSearch(rules_of(30, *penalties), beam_size=4, n_best=1)
    attention = np.zeros((4, NUM_SOURCE), np.float32)
    assert search.advance([[EOS, 4]], [[-0.5, -0.6]], attention) == [0]


@pytest.mark.parametrize("score", [math.nan, math.inf])
@pytest.mark.parametrize("beside", [-1.0, NEVER])
def test_a_score_that_is_no_number_fails_the_search(score: float, beside: float) -> None:
    """It is never ranked, nor hidden by a banned candidate."""
    search = BeamSearch(rules_of(30), beam_size=2, n_best=1)
    with pytest.raises(ModelFailed):
        search.advance([[4, 5, 6]], [[-0.5, score, beside]], np.zeros((1, NUM_SOURCE), np.float32))


def test_attention_that_is_no_number_fails_a_search_that_scores_by_it() -> None:
    """Also where it is not told."""
    search = BeamSearch(rules_of(1, 0.8, 0.2), beam_size=2, n_best=1)
    with pytest.raises(ModelFailed):
        search.advance([[4, 5]], [[-0.5, -0.6]], np.full((1, NUM_SOURCE), math.inf, np.float32))


def test_a_search_without_a_candidate_fails() -> None:
    """Where every candidate is banned there is nothing to tell."""
    search = BeamSearch(rules_of(30), beam_size=2, n_best=1)
    assert search.advance([[0, 1]], [[NEVER, NEVER]], np.zeros((1, NUM_SOURCE), np.float32)) == []
    with pytest.raises(ModelFailed):
        search.found()
