"""The article's system, done right: Encoder, Decoder with attention at every step, Seq2SeqModel."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from service.engine.tokenizer import PAD
from training.decoder import EMBEDDING_SCALE, Decoder, Memory, State
from training.settings import ModelSettings


class Encoder(nn.Module):
    """A bidirectional LSTM that knows every length, so that its backward half never starts in padding."""

    def __init__(self, num_pieces: int, sizes: ModelSettings) -> None:
        super().__init__()
        self.embedding = nn.Embedding(num_pieces, sizes.embedding, padding_idx=PAD)
        self.lstm = nn.LSTM(sizes.embedding, sizes.encoder_hidden, batch_first=True, bidirectional=True)
        self.projection = nn.Linear(2 * sizes.encoder_hidden + sizes.embedding, sizes.hidden)
        self.to_hidden = nn.Linear(2 * sizes.encoder_hidden, sizes.hidden)
        self.dropout = nn.Dropout(sizes.dropout)

    def forward(self, source: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Memory [B, S, H] and the decoder's first hidden state [B, H] of sources [B, S] and lengths [B]."""
        embedded = self.dropout(self.embedding(source) * EMBEDDING_SCALE)  # [B, S, E]
        output, final = self._run(embedded, lengths)  # [B, S, 2L], [B, 2L]
        joined = torch.cat([self.dropout(output), embedded], dim=-1)  # [B, S, 2L + E]
        return torch.tanh(self.projection(joined)), torch.tanh(self.to_hidden(final))

    def _run(self, embedded: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        num_positions = embedded.shape[1]
        if bool((lengths == num_positions).all()):
            output, (final, _) = self.lstm(embedded)
        else:
            packed = nn.utils.rnn.pack_padded_sequence(
                embedded, lengths.cpu(), batch_first=True, enforce_sorted=False
            )
            packed_output, (final, _) = self.lstm(packed)
            output, _ = nn.utils.rnn.pad_packed_sequence(
                packed_output, batch_first=True, total_length=num_positions
            )
        return output, torch.cat([final[0], final[1]], dim=-1)


class Seq2SeqModel(nn.Module):
    """Encoder and decoder; `forward` is teacher forcing."""

    def __init__(self, num_source: int, num_target: int, sizes: ModelSettings) -> None:
        super().__init__()
        self.encoder = Encoder(num_source, sizes)
        self.decoder = Decoder(num_target, sizes)
        initialise(self)

    def start(self, source: Tensor, lengths: Tensor) -> tuple[State, Memory]:
        """State and memory before the first target token, for sources [B, S] padded with PAD."""
        output, hidden = self.encoder(source, lengths)  # [B, S, H], [B, H]
        keys, values = self.decoder.attention.project(output)
        mask = None if bool((lengths == source.shape[1]).all()) else source != PAD
        feed = hidden.new_zeros(len(source), self.decoder.readout.out_features)
        return State(hidden, torch.zeros_like(hidden), feed), Memory(keys, values, mask)

    def forward(self, source: Tensor, lengths: Tensor, previous: Tensor) -> tuple[Tensor, Tensor]:
        """Read-outs [B, T, R] and weights [B, T, S]; `previous` [B, T] is the token before each position."""
        state, memory = self.start(source, lengths)
        step = self.decoder.unrolled(memory)
        readouts, weights = [], []
        for input_gates in self.decoder.input_gates(previous).unbind(1):  # T x [B, 4H]
            state, row = step(input_gates, state)
            readouts.append(state.feed)
            weights.append(row)
        return torch.stack(readouts, dim=1), torch.stack(weights, dim=1)


def initialise(model: Seq2SeqModel) -> None:
    """Xavier per gate, orthogonal recurrence, forget bias 1, embeddings of deviation 1/16.

    With PyTorch's own initial values the attention scores barely differ and attention never starts.
    """
    for name, weights in model.named_parameters():
        if "embedding" in name:
            nn.init.normal_(weights, std=1.0 / EMBEDDING_SCALE)
            weights.data[PAD].zero_()
        elif "weight_hh" in name:
            _per_gate(weights, nn.init.orthogonal_)
        elif "weight_ih" in name:
            _per_gate(weights, nn.init.xavier_uniform_)
        elif "bias_ih" in name:
            nn.init.zeros_(weights)
            weights.data[len(weights) // 4 : len(weights) // 2] = 1.0  # the forget gate
        elif weights.dim() == 1:
            nn.init.zeros_(weights)
        else:
            nn.init.xavier_uniform_(weights)


def _per_gate(weights: Tensor, fill: Callable[[Tensor], object]) -> None:
    for gate in weights.data.chunk(4):
        fill(gate)
