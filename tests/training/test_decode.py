"""Beam search against brute force, forced decoding, alignment error against a worked example."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
import torch

from service.engine.tokenizer import EOS, PAD
from tests.training.conftest import SIZES
from training.alignment_error import GoldSentence, error_rate
from training.decode import force, max_target_tokens, translate
from training.model import Seq2SeqModel

SOURCE = [4, 5, 6]
LIMIT = 4


@pytest.mark.parametrize("eos_bias", [-2.0, 0.0, 1.5])
@pytest.mark.parametrize("length_penalty", [0.0, 0.8, 2.0])
def test_a_wide_beam_finds_what_brute_force_finds(
    monkeypatch: pytest.MonkeyPatch, length_penalty: float, eos_bias: float
) -> None:
    """With few pieces and 4 positions, a beam that holds all targets equals scoring every one of them."""
    monkeypatch.setattr("training.decode.max_target_tokens", lambda _: LIMIT)
    torch.manual_seed(5)
    model = Seq2SeqModel(10, 7, SIZES).eval()
    with torch.no_grad():
        model.decoder.output_bias[EOS] = eos_bias
    targets = [t for length in range(LIMIT + 1) for t in itertools.product(range(4, 7), repeat=length)]
    scores = {target: score(model, target, length_penalty) for target in targets}
    found = translate(model, [SOURCE], beam_size=81, length_penalty=length_penalty)[0]
    assert scores[tuple(found)] == pytest.approx(max(scores.values()))


def score(model: Seq2SeqModel, target: Sequence[int], length_penalty: float) -> float:
    """The score of a target by Wu et al. (2016), without EOS where it is as long as the limit."""
    logprobs = force(model, SOURCE, target)[0][:LIMIT]
    return float(logprobs.sum()) * (5 + 1) ** length_penalty / (5 + len(logprobs)) ** length_penalty


def test_an_unending_target_is_as_long_as_its_own_limit(model: Seq2SeqModel) -> None:
    """Without EOS each target grows to the limit of its source, also beside a longer one."""
    with torch.no_grad():
        model.decoder.output_bias[EOS] = -1e4
    found = translate(model, [[5], [6, 7, 8]], beam_size=2)
    assert [len(target) for target in found] == [max_target_tokens(1), max_target_tokens(3)]


@pytest.mark.parametrize("beam_size", [1, 3])
def test_a_translation_does_not_depend_on_its_batch(model: Seq2SeqModel, beam_size: int) -> None:
    """Sources translated together come out as each alone."""
    sources = [[5, 6, 7, 8, 9], [10, 11], [12], [13, 14, 15, 16]]
    together = translate(model, sources, beam_size=beam_size)
    assert together == [translate(model, [source], beam_size=beam_size)[0] for source in sources]


def test_forced_decoding_scores_the_given_target(model: Seq2SeqModel) -> None:
    """One log-probability per token and EOS, and weights that sum to 1 over the source."""
    logprobs, weights = force(model, [5, 6, 7], [8, 9])
    assert logprobs.shape == (3,)
    torch.testing.assert_close(weights.sum(dim=1), torch.ones(3))
    assert PAD == 0


def test_error_rate_is_that_of_a_worked_example() -> None:
    """Och and Ney's measure: 3 links found, 2 sure (1 hit), 1 more possible (hit): 1 - (1 + 2) / (3 + 2)."""
    gold = GoldSentence((), (), frozenset({(0, 0), (1, 1)}), frozenset({(0, 0), (1, 1), (2, 2)}))
    assert error_rate([frozenset({(0, 0), (2, 2), (3, 3)})], [gold]) == pytest.approx(0.4)
    assert error_rate([gold.sure], [gold]) == 0.0


@pytest.mark.parametrize("beam_size", [1, 4])
def test_a_copy_symbol_is_written_only_where_the_source_holds_it(model: Seq2SeqModel, beam_size: int) -> None:
    """However likely the model thinks it."""
    with torch.no_grad():
        model.decoder.output_bias[[8, 9]] = 50.0
        model.decoder.output_bias[EOS] = -50.0
    without, having = translate(model, [[20, 21], [20, 9]], beam_size=beam_size, copies=range(4, 12))
    assert not set(without) & set(range(4, 12))
    assert set(having) & set(range(4, 12)) == {9}
