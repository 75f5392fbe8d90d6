"""Beam search against a reference that knows the whole distribution and enumerates everything."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.engine.beam import BeamSearch
from service.engine.errors import ModelFailed
from service.engine.messages import Found
from service.engine.search import Rules, SingleSearch, penalised

EOS = 3
NEVER = -math.inf

# A language is a function from a prefix to the log-probability of each next token.
Scores = dict[tuple[int, ...], list[float]]


def a_language(seed: int, num_tokens: int, depth: int) -> Scores:
    """Random log-probabilities of EOS (3) and of the tokens 4, 5, … after every prefix."""
    random = np.random.default_rng(seed)
    tokens = range(4, 4 + num_tokens)
    language: Scores = {}
    for length in range(depth):
        for prefix in itertools.product(tokens, repeat=length):
            logits = random.normal(scale=1.5, size=num_tokens + 1)
            logprobs = logits - np.log(np.exp(logits).sum())
            language[prefix] = [NEVER] * EOS + [float(one) for one in logprobs]
    return language


def searched(language: Scores, rules: Rules, *, beam_size: int, n_best: int = 1) -> tuple[Found, ...]:
    """What BeamSearch finds, fed with the nine best candidates of every row."""
    search = BeamSearch(rules, beam_size=beam_size, n_best=n_best)
    prefixes: list[tuple[int, ...]] = [()]
    while prefixes:
        ranked = [np.argsort([-score for score in language[one]])[:9].tolist() for one in prefixes]
        scores = [[language[one][t] for t in row] for one, row in zip(prefixes, ranked, strict=True)]
        parents = search.advance(ranked, scores, np.zeros((len(prefixes), 1), np.float32))
        prefixes = [
            (*prefixes[parent], token) for parent, token in zip(parents, search.previous, strict=False)
        ]
    return search.found()


def best_of_all(language: Scores, rules: Rules) -> list[tuple[float, tuple[int, ...]]]:
    """Every possible translation with its score, best first."""
    ends: list[tuple[float, tuple[int, ...]]] = []
    for prefix, scores in language.items():
        total = sum(language[prefix[:i]][token] for i, token in enumerate(prefix))
        ends.append((penalised(total + scores[EOS], len(prefix) + 1, rules.length_penalty), prefix))
        if len(prefix) == rules.limit - 1:
            for token in range(EOS + 1, len(scores)):
                score = penalised(total + scores[token], rules.limit, rules.length_penalty)
                ends.append((score, (*prefix, token)))
    return sorted(ends, key=lambda end: -end[0])


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.8, 1.0, 2.0]))
def test_a_beam_wider_than_the_language_finds_the_best_of_all(seed: int, penalty: float) -> None:
    """With 2 tokens and at most 2 steps a beam of 8 drops nothing: it must find the brute-force optimum."""
    rules = Rules(2, EOS, 2, penalty, None)
    language = a_language(seed, num_tokens=2, depth=2)
    (found,) = searched(language, rules, beam_size=8)
    score, tokens = best_of_all(language, rules)[0]
    assert found.tokens == tokens
    assert found.score == pytest.approx(score, abs=1e-12)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000))
def test_n_best_are_the_n_best_of_all(seed: int) -> None:
    """With room for everything the n-best list is the head of the brute-force list, in its order."""
    rules = Rules(2, EOS, 2, 0.8, None)
    language = a_language(seed, num_tokens=2, depth=2)
    found = searched(language, rules, beam_size=8, n_best=5)
    assert [one.tokens for one in found] == [tokens for _, tokens in best_of_all(language, rules)[:5]]


def reference(language: Scores, rules: Rules, beam_size: int) -> tuple[float, tuple[int, ...]]:
    """Beam search written down plainly over the whole distribution, without early stopping but by count."""
    live: list[tuple[float, tuple[int, ...]]] = [(0.0, ())]
    ended: list[tuple[float, tuple[int, ...]]] = []
    for depth in range(1, rules.limit + 1):
        grown = [
            (total + score, (*prefix, token))
            for total, prefix in live
            for token, score in enumerate(language[prefix])
            if score > NEVER
        ]
        grown.sort(key=lambda one: -one[0])
        for total, tokens in grown[:beam_size]:
            if tokens[-1] == EOS:
                ended.append((penalised(total, depth, rules.length_penalty), tokens[:-1]))
        live = [one for one in grown if one[1][-1] != EOS][:beam_size]
        if len(ended) >= beam_size and depth < rules.limit:
            return max(ended)
    ended += [(penalised(total, rules.limit, rules.length_penalty), tokens) for total, tokens in live]
    return max(ended)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 8), st.integers(2, 9), st.sampled_from([0.0, 0.8, 1.0]))
def test_a_narrow_beam_equals_the_plain_reference(
    seed: int, beam_size: int, num_tokens: int, penalty: float
) -> None:
    """Nine candidates per row and stopping early lose nothing against the whole distribution to the end."""
    rules = Rules(2, EOS, 4, penalty, None)
    language = a_language(seed, num_tokens=num_tokens, depth=4)
    (found,) = searched(language, rules, beam_size=beam_size)
    score, tokens = reference(language, rules, beam_size)
    assert found.tokens == tokens
    assert found.score == pytest.approx(score, abs=1e-12)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000))
def test_a_beam_of_one_is_greedy_search(seed: int) -> None:
    """Same tokens, same log-probabilities, same score, to the bit."""
    rules = Rules(2, EOS, 4, 0.8, None)
    language = a_language(seed, num_tokens=4, depth=4)
    greedy = SingleSearch(rules)
    prefix: tuple[int, ...] = ()
    goes_on = True
    while goes_on:
        token = max(range(len(language[prefix])), key=language[prefix].__getitem__)
        goes_on = greedy.advance(token, language[prefix][token], np.zeros(1, np.float32))
        prefix = (*prefix, token)
    assert searched(language, rules, beam_size=1) == greedy.found()


def test_attention_follows_the_hypotheses() -> None:
    """The rows told are those of the beam's own ancestors, not those that happened to lie in its place."""
    search = BeamSearch(Rules(2, EOS, 9, 0.0, 2), beam_size=2, n_best=2)
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


def test_a_finished_hypothesis_that_cannot_be_beaten_ends_the_search() -> None:
    """It stops although only one of four has finished: no other can come back from -20."""
    search = BeamSearch(Rules(2, EOS, 30, 0.8, None), beam_size=4, n_best=1)
    attention = np.zeros((4, 1), np.float32)
    assert search.advance([[EOS, 4, 5, 6]], [[-0.01, -20.0, -21.0, -22.0]], attention) == []
    assert [one.tokens for one in search.found()] == [()]


def test_a_longer_hypothesis_that_may_still_win_keeps_the_search_going() -> None:
    """With a length penalty a running one may gain on the finished one, so the search goes on."""
    search = BeamSearch(Rules(2, EOS, 30, 1.0, None), beam_size=4, n_best=1)
    attention = np.zeros((4, 1), np.float32)
    assert search.advance([[EOS, 4]], [[-0.5, -0.6]], attention) == [0]


def test_a_score_that_is_no_number_fails_the_search() -> None:
    """A NaN is never ranked."""
    search = BeamSearch(Rules(2, EOS, 30, 1.0, None), beam_size=2, n_best=1)
    with pytest.raises(ModelFailed):
        search.advance([[4, 5]], [[-0.5, math.nan]], np.zeros((1, 1), np.float32))


def test_a_search_without_a_candidate_fails() -> None:
    """Where every candidate is banned there is nothing to tell."""
    search = BeamSearch(Rules(2, EOS, 30, 1.0, None), beam_size=2, n_best=1)
    assert search.advance([[0, 1]], [[NEVER, NEVER]], np.zeros((1, 1), np.float32)) == []
    with pytest.raises(ModelFailed):
        search.found()
