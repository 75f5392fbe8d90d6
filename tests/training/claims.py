"""What our model claims of itself, against each defect of the article's sample code."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from service.engine.tokenizer import BOS, EOS, PAD
from tests.training.conftest import NUM_TARGET, SIZES
from training.batches import Batch, make_batch
from training.decode import max_target_tokens, translate
from training.decoder import Memory
from training.loss import guided_alignment, token_losses
from training.model import Seq2SeqModel

SOURCE = torch.tensor([[9, 8, 7, 6, 5], [11, 12, 13, PAD, PAD]])
LENGTHS = torch.tensor([5, 3])
PREVIOUS = torch.tensor([[BOS, 5, 6, 7], [BOS, 8, 9, 10]])
PAIRS = [
    (np.array([7, 8, 9]), np.array([5, 6]), np.array([[0, 0], [2, 1]])),
    (np.array([10]), np.array([7]), np.array([[0, 0]])),
]


def forward(model: Seq2SeqModel) -> tuple[Tensor, Tensor]:
    """Read-outs [2, 4, R] and weights [2, 4, 5] of the sentences above."""
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
        summed, _ = attention.look(attention.W_Q(query), keys, values, None)
        queries = attention.W_Q(query).unsqueeze(1)  # [2, 1, H]
        expected = torch.nn.functional.scaled_dot_product_attention(queries, keys, values)
    torch.testing.assert_close(summed, expected.squeeze(1))


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


def the_parts_fit_together(model: Seq2SeqModel) -> None:
    """All sizes differ, each part takes what the part before it gives, and outputs have their shapes."""
    try:
        readouts, weights = forward(model)
        logits = model.decoder.logits(readouts)
    except (RuntimeError, TypeError, ValueError) as error:
        raise AssertionError("the parts do not fit together") from error
    assert readouts.shape == (2, 4, SIZES.readout)
    assert weights.shape == (2, 4, 5)
    assert logits.shape == (2, 4, NUM_TARGET)


def targets_begin_with_bos_and_end_with_eos(_: Seq2SeqModel) -> None:
    """The decoder is fed BOS first and is to predict EOS last; PAD fills the rest."""
    batch = make_batch(PAIRS)
    assert batch.previous.tolist() == [[BOS, 5, 6], [BOS, 7, PAD]]
    assert batch.following.tolist() == [[5, 6, EOS], [7, EOS, PAD]]


def target_padding_adds_nothing_to_the_losses(model: Seq2SeqModel) -> None:
    """The losses of two pairs of uneven length are the sums of what each costs alone."""
    together, *alone = (_losses(model, make_batch(pairs)) for pairs in (PAIRS, PAIRS[:1], PAIRS[1:]))
    torch.testing.assert_close(together, alone[0] + alone[1])


def _losses(model: Seq2SeqModel, batch: Batch) -> Tensor:
    """The smoothed loss, the plain one, and the attention's: [3]."""
    with torch.inference_mode():
        readouts, weights = model(batch.source, batch.lengths, batch.previous)
        sums = token_losses(model.decoder, readouts, batch.following, 0.1)
        return torch.cat([sums, guided_alignment(weights, batch.links).view(1)])
