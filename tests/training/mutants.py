"""The defects of the article's sample code, put into a model of ours one at a time."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from service.engine.tokenizer import EOS
from tests.training.claims import forward
from tests.training.conftest import SIZES
from training.decoder import Memory, State
from training.model import Seq2SeqModel


def softmax_over_rows(model: Seq2SeqModel) -> None:
    """The weights are normalised over the wrong axis."""
    attention = model.decoder.attention
    right = attention.look

    def wrong(query: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        weights = torch.softmax(attention.scores(query, keys), dim=0)
        return right(query, keys, values, mask)[0], weights

    attention.look = wrong


def no_scale(model: Seq2SeqModel) -> None:
    """The scores are not divided by the root of the size."""
    model.decoder.attention.scale = 1.0


def no_mask(model: Seq2SeqModel) -> None:
    """Padded source positions are looked at like real ones."""
    right = model.decoder.attention.look
    model.decoder.attention.look = lambda query, keys, values, _: right(query, keys, values, None)


def context_thrown_away(model: Seq2SeqModel) -> None:
    """The weighted sum is computed and never used."""
    torch.nn.init.zeros_(model.decoder.attention.W_O.weight)


def dropout_inside_a_single_layer(model: Seq2SeqModel) -> None:
    """What nn.LSTM(dropout=…, num_layers=1) amounts to: none."""
    for part in model.modules():
        if isinstance(part, torch.nn.Dropout):
            part.p = 0.0


def no_shift(model: Seq2SeqModel) -> None:
    """The decoder is fed the token that it is to predict: each position sees the next."""
    right = model.decoder.input_gates
    model.decoder.input_gates = lambda tokens: right(torch.roll(tokens, -1, dims=-1))


def no_lengths(model: Seq2SeqModel) -> None:
    """The encoder takes every source to be as long as the longest."""
    right = model.encoder.forward
    model.encoder.forward = lambda source, lengths: right(source, torch.full_like(lengths, source.shape[1]))


def steps_without_input_feeding(model: Seq2SeqModel) -> None:
    """A step is run otherwise than training ran it."""
    right = model.decoder.unrolled

    def wrong(memory: Memory) -> Callable[[Tensor, State], tuple[State, Tensor]]:
        step = right(memory)
        return lambda gates, state: step(gates, state._replace(feed=torch.zeros_like(state.feed)))

    whole = forward(model)
    model.forward = lambda *_: whole
    model.decoder.unrolled = wrong


def eos_ignored(model: Seq2SeqModel) -> None:
    """Nothing ever ends a target."""
    right = model.decoder.logits

    def wrong(readout: Tensor) -> Tensor:
        scores = right(readout)
        scores[..., EOS] = -1e5
        return scores

    model.decoder.logits = wrong


def projection_of_one_direction_only(model: Seq2SeqModel) -> None:
    """The projection takes the encoder's output for half as wide as it is."""
    model.encoder.projection = torch.nn.Linear(SIZES.encoder_hidden, SIZES.hidden)


def a_whole_lstm_state_returned(model: Seq2SeqModel) -> None:
    """The encoder returns output, hidden and cell where two tensors are unpacked."""
    right = model.encoder.forward
    model.encoder.forward = lambda source, lengths: (*right(source, lengths), None)
