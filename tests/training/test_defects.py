"""Every defect of the article's sample code: a claim that our model keeps and that a mutated model breaks."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch

from tests.training import claims, mutants
from training.batches import make_batch
from training.model import Seq2SeqModel
from training.train import MIN_SCORE_SPREAD, score_spread

Claim = Callable[[Seq2SeqModel], None]
DEFECTS: list[tuple[Claim, Claim]] = [
    (claims.weights_sum_to_one_over_the_source, mutants.softmax_over_rows),
    (claims.scores_are_scaled_by_the_root_of_the_size, mutants.no_scale),
    (claims.padding_gets_no_weight, mutants.no_mask),
    (claims.the_read_out_depends_on_the_source, mutants.context_thrown_away),
    (claims.the_parts_fit_together, mutants.projection_of_one_direction_only),
    (claims.the_parts_fit_together, mutants.a_whole_lstm_state_returned),
    (claims.dropout_acts_in_training, mutants.dropout_inside_a_single_layer),
    (claims.a_position_sees_only_earlier_targets, mutants.no_shift),
    (claims.padding_does_not_reach_a_sentence, mutants.no_lengths),
    (claims.steps_equal_the_whole, mutants.steps_without_input_feeding),
    (claims.decoding_stops_at_eos, mutants.eos_ignored),
]
# Defects of what surrounds the model: the name that is bound to a token which no text holds.
MISSING_SIGNS: list[tuple[Claim, str]] = [
    (claims.targets_begin_with_bos_and_end_with_eos, "training.batches.BOS"),
    (claims.targets_begin_with_bos_and_end_with_eos, "training.batches.EOS"),
    (claims.target_padding_adds_nothing_to_the_losses, "training.loss.PAD"),
]
CLAIMS = list(dict.fromkeys(claim for claim, _ in [*DEFECTS, *MISSING_SIGNS]))


@pytest.mark.parametrize("claim", CLAIMS, ids=[claim.__name__ for claim in CLAIMS])
def test_our_model_keeps_the_claim(model: Seq2SeqModel, claim: Claim) -> None:
    """The model of training/ has none of the defects."""
    claim(model)


@pytest.mark.parametrize(("claim", "mutate"), DEFECTS, ids=[mutate.__name__ for _, mutate in DEFECTS])
def test_a_model_with_the_defect_breaks_the_claim(model: Seq2SeqModel, claim: Claim, mutate: Claim) -> None:
    """The claim is a real test: the mutated model fails it."""
    mutate(model)
    with pytest.raises(AssertionError):
        claim(model)


@pytest.mark.parametrize(("claim", "sign"), MISSING_SIGNS, ids=[sign for _, sign in MISSING_SIGNS])
def test_training_without_the_sign_breaks_the_claim(
    model: Seq2SeqModel, claim: Claim, sign: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Batches without BOS or EOS, and a loss that knows no PAD, are noticed."""
    monkeypatch.setattr(sign, -1)
    with pytest.raises(AssertionError):
        claim(model)


def test_attention_scores_differ_before_training(model: Seq2SeqModel) -> None:
    """The spread of the first scores is large enough for attention to start, and the loss is near log V."""
    with torch.inference_mode():
        logprobs = torch.log_softmax(model.decoder.logits(claims.forward(model)[0]), dim=-1)
    assert score_spread(model, make_batch(claims.PAIRS[:1])) > MIN_SCORE_SPREAD
    assert float(-logprobs.mean()) < 2 * math.log(logprobs.shape[-1])
