"""The decoder: an LSTM that attends at every step, run as a whole target or one step at a time."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from service.engine.tokenizer import PAD
from training.attention import Attention
from training.repeated_linear import RepeatedLinear, working_dtype
from training.settings import ModelSettings

LOGIT_SCALE = 0.125  # keeps the first softmax soft although the tied embeddings are large
EMBEDDING_SCALE = 16.0


class State(NamedTuple):
    """What the decoder remembers; `feed` is its last read-out (input feeding, Luong et al. 2015, 3.3)."""

    hidden: Tensor  # [B, H]
    cell: Tensor  # [B, H]
    feed: Tensor  # [B, R]


class Memory(NamedTuple):
    """What the decoder looks at; mask is true at real source positions, None where nothing is padded."""

    keys: Tensor  # [B, S, H]
    values: Tensor  # [B, S, H]
    mask: Tensor | None  # [B, S]


class Decoder(nn.Module):
    """An LSTM with input feeding; read-outs see state and context; the softmax is tied to the embedding."""

    def __init__(self, num_pieces: int, sizes: ModelSettings) -> None:
        super().__init__()
        self.embedding = nn.Embedding(num_pieces, sizes.embedding, padding_idx=PAD)
        self.cell = nn.LSTMCell(sizes.embedding + sizes.readout, sizes.hidden)
        self.attention = Attention(sizes.hidden, sizes.hidden, sizes.hidden)
        self.readout = nn.Linear(2 * sizes.hidden, sizes.readout)
        self.output_bias = nn.Parameter(torch.zeros(num_pieces))
        self.dropout = nn.Dropout(sizes.dropout)
        if sizes.readout != sizes.embedding:
            raise ValueError("the tied softmax needs readout == embedding")

    def embed(self, tokens: Tensor) -> Tensor:
        """Target embeddings [..., E] of tokens [...]."""
        return self.dropout(self.embedding(tokens) * EMBEDDING_SCALE)

    def input_gates(self, tokens: Tensor) -> Tensor:
        """What the tokens [...] add to the gates [..., 4H]: the part of the step that no state enters."""
        bias = self.cell.bias_ih + self.cell.bias_hh
        return nn.functional.linear(
            self.embed(tokens), self.cell.weight_ih[:, : self.embedding.embedding_dim], bias
        )

    def unrolled(self, memory: Memory) -> DecoderStep:
        """The step over one memory, its weights made ready for many uses."""
        return DecoderStep(self, memory)

    def logits(self, readout: Tensor) -> Tensor:
        """Scores of every target piece: [..., V] for read-outs [..., R]."""
        return nn.functional.linear(self.scaled(readout), self.embedding.weight, self.output_bias)

    def scaled(self, readout: Tensor) -> Tensor:
        """The read-out as it meets the tied embedding."""
        return self.dropout(readout) * (EMBEDDING_SCALE * LOGIT_SCALE)


class DecoderStep:
    """One target position at a time: LSTM, attention, read-out, in that order (Luong et al. 2015, section 3).

    Dropout of the hidden state keeps one mask over all steps (Gal and Ghahramani 2016, arXiv:1512.05287).
    """

    def __init__(self, decoder: Decoder, memory: Memory) -> None:
        cell = decoder.cell
        recurrent = torch.cat([cell.weight_ih[:, decoder.embedding.embedding_dim :], cell.weight_hh], dim=1)
        self._decoder, self._memory = decoder, memory
        self._keep = decoder.dropout(torch.ones_like(memory.keys[:, 0]))  # [B, H], one mask for all steps
        self._recurrent = RepeatedLinear(recurrent)  # [4H, R + H]
        self._query = RepeatedLinear(decoder.attention.W_Q.weight)
        self._output = RepeatedLinear(decoder.attention.W_O.weight)
        self._readout = RepeatedLinear(decoder.readout.weight)
        self._readout_bias = decoder.readout.bias.to(working_dtype(recurrent))

    def __call__(self, input_gates: Tensor, state: State) -> tuple[State, Tensor]:
        """The next state and the attention weights [B, S]; input_gates is [B, 4H]."""
        decoder, (keys, values, mask) = self._decoder, self._memory
        gates = input_gates + self._recurrent(torch.cat([state.feed, state.hidden], dim=-1))  # [B, 4H]
        hidden, cell = _lstm(gates, state.cell)  # 2 x [B, H]
        summed, weights = decoder.attention.look(self._query(hidden), keys, values, mask)  # [B, H], [B, S]
        joined = torch.cat([hidden * self._keep, self._output(summed)], dim=-1)  # [B, 2H]
        return State(hidden, cell, torch.tanh(self._readout(joined) + self._readout_bias)), weights


def _lstm(gates: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
    """Hidden and cell state [B, H] from the gates [B, 4H] in PyTorch's order: input, forget, cell, output."""
    admit, forget, candidate, output = gates.chunk(4, dim=-1)
    cell = torch.sigmoid(forget) * cell + torch.sigmoid(admit) * torch.tanh(candidate)
    return torch.sigmoid(output) * torch.tanh(cell), cell
