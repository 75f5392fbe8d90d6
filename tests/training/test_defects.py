"""Every defect of the article's sample code: a claim that our model keeps and that a mutated model breaks."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from service.engine.tokenizer import BOS, EOS, PAD
from tests.training.conftest import SIZES
from training.decode import max_target_tokens, translate
from training.model import Memory, Seq2SeqModel, State
from training.train import MIN_SCORE_SPREAD

SOURCE = torch.tensor([[9, 8, 7, 6, 5], [11, 12, 13, PAD, PAD]])
LENGTHS = torch.tensor([5, 3])
PREVIOUS = torch.tensor([[BOS, 5, 6, 7], [BOS, 8, 9, 10]])


def forward(model: Seq2SeqModel) -> tuple[Tensor, Tensor]:
    with torch.inference_mode():
        result: tuple[Tensor, Tensor] = model(SOURCE, LENGTHS, PREVIOUS)
    return result


def weights_sum_to_one_over_the_source(model: Seq2SeqModel) -> None:
    """Each target position's weights [S] sum to 1: the softmax runs over source positions."""
    _, weights = forward(model)
    torch.testing.assert_close(weights.sum(dim=-1), torch.ones(2, 4))


def scores_are_scaled_by_the_root_of_the_size(model: Seq2SeqModel) -> None:
    """Attention equals PyTorch's own scaled dot-product attention."""
    attention = model.decoder.attention
    query, memory = torch.randn(2, SIZES.hidden), torch.randn(2, 6, SIZES.hidden)
    keys, values = attention.project(memory)
    with torch.inference_mode():
        context, _ = attention(query, keys, values)
        expected = torch.nn.functional.scaled_dot_product_attention(attention.W_Q(query).unsqueeze(1), keys, values)
        torch.testing.assert_close(context, attention.W_O(expected.squeeze(1)))


def padding_gets_no_weight(model: Seq2SeqModel) -> None:
    """The weights of padded source positions are exactly 0."""
    _, weights = forward(model)
    assert float(weights[1, :, 3:].abs().max()) == 0.0


def the_read_out_depends_on_the_source(model: Seq2SeqModel) -> None:
    """With the decoder's start held fixed, other values lead to another read-out: the context is used."""
    with torch.inference_mode():
        state, memory = model.start(SOURCE, LENGTHS)
        gates = model.decoder.input_gates(PREVIOUS[:, 0])
        other = Memory(memory.keys, memory.values + 1.0, memory.mask)
        first, second = (model.decoder.unrolled(one)(gates, state)[0].feed for one in (memory, other))
    assert not torch.allclose(first, second)


def dropout_acts_in_training(model: Seq2SeqModel) -> None:
    """Two passes in training mode differ, two in evaluation mode do not."""
    torch.testing.assert_close(forward(model), forward(model), rtol=0, atol=0)
    model.train()
    assert not torch.allclose(forward(model)[0], forward(model)[0])


def a_position_sees_only_earlier_targets(model: Seq2SeqModel) -> None:
    """Changing the target from position 2 on leaves the read-outs of positions 0 and 1 as they were."""
    changed = PREVIOUS.clone()
    changed[:, 2:] = 20
    with torch.inference_mode():
        first, second = (model(SOURCE, LENGTHS, previous)[0] for previous in (PREVIOUS, changed))
    torch.testing.assert_close(first[:, :2], second[:, :2])
    assert not torch.allclose(first[:, 2:], second[:, 2:])


def padding_does_not_reach_a_sentence(model: Seq2SeqModel) -> None:
    """A short sentence beside a longer one is encoded as alone, forwards and backwards."""
    with torch.inference_mode():
        together, hidden = model.encoder(SOURCE, LENGTHS)
        alone, hidden_alone = model.encoder(SOURCE[1:, :3], LENGTHS[1:])
    torch.testing.assert_close(together[1:, :3], alone)
    torch.testing.assert_close(hidden[1:], hidden_alone)


def steps_equal_the_whole(model: Seq2SeqModel) -> None:
    """Running a step at a time gives the read-outs and weights of teacher forcing."""
    readouts, weights = forward(model)
    with torch.inference_mode():
        state, memory = model.start(SOURCE, LENGTHS)
        step = model.decoder.unrolled(memory)
        for position in range(PREVIOUS.shape[1]):
            state, row = step(model.decoder.input_gates(PREVIOUS[:, position]), state)
            torch.testing.assert_close(state.feed, readouts[:, position])
            torch.testing.assert_close(row, weights[:, position])


def decoding_stops_at_eos(model: Seq2SeqModel) -> None:
    """A model that prefers EOS ends at once, and one that never does ends at the limit."""
    with torch.no_grad():
        model.decoder.output_bias[EOS] = 1e4
    assert translate(model, [[9, 8, 7]]) == [[]]
    with torch.no_grad():
        model.decoder.output_bias[EOS] = -1e4
    assert len(translate(model, [[9, 8, 7]])[0]) <= max_target_tokens(3)


def softmax_over_rows(model: Seq2SeqModel) -> None:
    attention = model.decoder.attention
    right = attention.look

    def wrong(query: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        weights = torch.softmax(attention.scores(query, keys), dim=0)
        return right(query, keys, values, mask)[0], weights

    attention.look = wrong  # type: ignore[method-assign]


def no_scale(model: Seq2SeqModel) -> None:
    model.decoder.attention.scale = 1.0


def no_mask(model: Seq2SeqModel) -> None:
    right = model.decoder.attention.look
    model.decoder.attention.look = lambda query, keys, values, _: right(query, keys, values, None)  # type: ignore[method-assign]


def context_thrown_away(model: Seq2SeqModel) -> None:
    torch.nn.init.zeros_(model.decoder.attention.W_O.weight)


def dropout_inside_a_single_layer(model: Seq2SeqModel) -> None:
    """What nn.LSTM(dropout=…, num_layers=1) amounts to: none."""
    for part in model.modules():
        if isinstance(part, torch.nn.Dropout):
            part.p = 0.0


def no_shift(model: Seq2SeqModel) -> None:
    """The decoder is fed the token that it is to predict: each position sees the next."""
    right = model.decoder.input_gates
    model.decoder.input_gates = lambda tokens: right(torch.roll(tokens, -1, dims=-1))  # type: ignore[method-assign]


def no_lengths(model: Seq2SeqModel) -> None:
    right = model.encoder.forward
    model.encoder.forward = lambda source, lengths: right(source, torch.full_like(lengths, source.shape[1]))  # type: ignore[method-assign]


def steps_without_input_feeding(model: Seq2SeqModel) -> None:
    right = model.decoder.unrolled

    def wrong(memory: Memory) -> Callable[[Tensor, State], tuple[State, Tensor]]:
        step = right(memory)
        return lambda gates, state: step(gates, state._replace(feed=torch.zeros_like(state.feed)))

    forward(model)
    whole = forward(model)
    model.forward = lambda *_: whole  # type: ignore[method-assign]
    model.decoder.unrolled = wrong  # type: ignore[method-assign,assignment]


def eos_ignored(model: Seq2SeqModel) -> None:
    right = model.decoder.logits

    def wrong(readout: Tensor) -> Tensor:
        scores = right(readout)
        scores[..., EOS] = -1e5
        return scores

    model.decoder.logits = wrong  # type: ignore[method-assign]


Claim = Callable[[Seq2SeqModel], None]
DEFECTS: list[tuple[Claim, Claim]] = [
    (weights_sum_to_one_over_the_source, softmax_over_rows),
    (scores_are_scaled_by_the_root_of_the_size, no_scale),
    (padding_gets_no_weight, no_mask),
    (the_read_out_depends_on_the_source, context_thrown_away),
    (dropout_acts_in_training, dropout_inside_a_single_layer),
    (a_position_sees_only_earlier_targets, no_shift),
    (padding_does_not_reach_a_sentence, no_lengths),
    (steps_equal_the_whole, steps_without_input_feeding),
    (decoding_stops_at_eos, eos_ignored),
]


@pytest.mark.parametrize(("claim", "_"), DEFECTS, ids=[claim.__name__ for claim, _ in DEFECTS])
def test_our_model_keeps_the_claim(model: Seq2SeqModel, claim: Claim, _: Claim) -> None:
    """The model of training/ has none of the defects."""
    claim(model)


@pytest.mark.parametrize(("claim", "mutate"), DEFECTS, ids=[mutate.__name__ for _, mutate in DEFECTS])
def test_a_model_with_the_defect_breaks_the_claim(model: Seq2SeqModel, claim: Claim, mutate: Claim) -> None:
    """The claim is a real test: the mutated model fails it."""
    mutate(model)
    with pytest.raises(AssertionError):
        claim(model)


def test_shapes_are_those_of_the_docstrings(model: Seq2SeqModel) -> None:
    """Sizes of query, memory and attention may all differ; outputs have the documented shapes."""
    readouts, weights = forward(model)
    assert readouts.shape == (2, 4, SIZES.readout)
    assert weights.shape == (2, 4, 5)
    assert model.decoder.logits(readouts).shape == (2, 4, model.decoder.embedding.num_embeddings)


def test_attention_scores_differ_before_training(model: Seq2SeqModel) -> None:
    """The spread of the first scores is large enough for attention to start, and the loss is near log V."""
    with torch.inference_mode():
        state, memory = model.start(SOURCE, LENGTHS)
        attention = model.decoder.attention
        scores = attention.scores(attention.W_Q(state.hidden), memory.keys)
        logprobs = torch.log_softmax(model.decoder.logits(forward(model)[0]), dim=-1)
    assert float(scores[0].std()) > MIN_SCORE_SPREAD
    assert float(-logprobs.mean()) < 2 * math.log(logprobs.shape[-1])
