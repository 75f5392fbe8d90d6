"""Beam search against brute force, forced decoding against search, alignment error against a worked example."""

from __future__ import annotations

import itertools

import pytest
import torch

from service.engine.tokenizer import EOS, PAD
from tests.training.conftest import SIZES
from training.alignment_error import GoldSentence, error_rate
from training.decode import force, translate
from training.model import Seq2SeqModel


def test_a_wide_beam_finds_what_brute_force_finds() -> None:
    """With few pieces and few positions, beam search equals scoring every possible target."""
    torch.manual_seed(5)
    model = Seq2SeqModel(10, 7, SIZES).eval()
    source = [4, 5, 6]
    with torch.no_grad():
        model.decoder.output_bias[EOS] = 1.5
    targets = [list(t) for length in range(4) for t in itertools.product(range(4, 7), repeat=length)]
    scores = {tuple(t): float(force(model, source, t)[0].sum()) / (len(t) + 1) ** 0.8 for t in targets}
    found = translate(model, [source], beam_size=8)[0]
    assert len(found) < 4
    assert tuple(found) == max(scores, key=lambda target: scores[target])


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
