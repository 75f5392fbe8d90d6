"""Scaled dot-product attention: queries from the decoder look at keys and values from the encoder."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class Attention(nn.Module):
    """Score, weight, weighted sum: softmax(QKᵀ/√d)V over the source positions (Vaswani et al. 2017, 3.2.1).

    Keys and values are projected once per sentence; DecoderStep applies W_Q and W_O at every step.
    No projection has a bias, so that W_Q and W_K can be folded into one matrix for serving.
    """

    def __init__(self, query_size: int, memory_size: int, size: int) -> None:
        super().__init__()
        self.W_Q = nn.Linear(query_size, size, bias=False)
        self.W_K = nn.Linear(memory_size, size, bias=False)
        self.W_V = nn.Linear(memory_size, size, bias=False)
        self.W_O = nn.Linear(size, size, bias=False)
        self.scale = 1.0 / math.sqrt(size)

    def project(self, memory: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values [B, S, size] of an encoder output [B, S, memory_size]."""
        return self.W_K(memory), self.W_V(memory)  # 2 x [B, S, size]

    def scores(self, query: Tensor, keys: Tensor) -> Tensor:
        """QKᵀ/√d before the mask: [B, S] for projected queries [B, size]."""
        return torch.bmm(keys, (query * self.scale).unsqueeze(2)).squeeze(2)  # [B, S]

    def look(self, query: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """The weighted sum of the values [B, size] and the weights [B, S], for projected queries [B, size].

        mask [B, S] is true at real source positions; None means that none is padded.
        """
        scores = self.scores(query, keys).float()  # [B, S]
        if mask is not None:
            scores = scores.masked_fill(~mask, -torch.inf)
        weights = torch.softmax(scores, dim=-1)  # [B, S]
        return torch.bmm(weights.to(values.dtype).unsqueeze(1), values).squeeze(1), weights
