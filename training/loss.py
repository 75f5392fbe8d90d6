"""The two losses: label-smoothed cross-entropy of the tokens, and of the attention with known links."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from service.engine.tokenizer import PAD
from training.decoder import Decoder

TINY = 1e-30
CHUNK_ROWS = 1024  # enough for full speed of the products, and 16 MB of scores


class SmoothedCrossEntropy(torch.autograd.Function):
    """Sum over the rows of cross-entropy with label smoothing (Szegedy et al. 2016, section 7).

    Softmax, loss and gradient of a chunk of rows are made while its scores are in the cache, so the
    scores of a whole batch, rows x vocabulary, never exist. What smoothing and the right answer add to
    the gradient (p - (1 - e) y - e / V) is added outside the large products. Rows must not hold padding.
    """

    @staticmethod
    def forward(
        ctx: Any, readouts: Tensor, weight: Tensor, bias: Tensor, targets: Tensor, smoothing: float
    ) -> Tensor:
        """readouts [N, R] (their type is the products' type), weight [V, R], bias [V], targets [N].

        Returns two sums in nats: the smoothed loss, and the plain one, which is not differentiated.
        """
        num_pieces, dtype = weight.shape[0], readouts.dtype
        matrix, offsets = weight.to(dtype), bias.to(dtype)
        grad_readouts = torch.empty_like(readouts)
        grad_weight, grad_bias = torch.zeros_like(weight), torch.zeros_like(bias)
        plain = of_target_scores = 0.0
        for start in range(0, len(readouts), CHUNK_ROWS):
            rows = readouts[start : start + CHUNK_ROWS]  # [C, R]
            chosen = targets[start : start + CHUNK_ROWS].unsqueeze(1)  # [C, 1]
            scores = torch.addmm(offsets, rows, matrix.t())  # [C, V]
            of_target_scores += float(scores.gather(1, chosen).float().sum())
            probabilities = torch.softmax(scores, dim=1)  # [C, V]
            plain -= float(probabilities.gather(1, chosen).float().clamp_min(TINY).log().sum())
            grad_readouts[start : start + CHUNK_ROWS] = probabilities @ matrix
            grad_weight += probabilities.t() @ rows
            grad_bias += (rows.new_ones(1, len(rows)) @ probabilities).squeeze(0)
        total = readouts.sum(dim=0, dtype=weight.dtype)  # [R]
        mean_scores = float(total @ weight.mean(dim=0) + len(readouts) * bias.mean())
        grad_readouts -= (1 - smoothing) * matrix[targets] + smoothing * weight.mean(dim=0).to(dtype)
        grad_weight.index_add_(0, targets, readouts.to(weight.dtype), alpha=smoothing - 1)
        grad_weight -= (smoothing / num_pieces) * total
        grad_bias -= smoothing / num_pieces * len(readouts)
        grad_bias.index_add_(0, targets, torch.ones_like(targets, dtype=bias.dtype), alpha=smoothing - 1)
        ctx.save_for_backward(grad_readouts, grad_weight, grad_bias)
        return bias.new_tensor([plain + smoothing * (of_target_scores - mean_scores), plain])

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, Tensor, None, None]:
        """Only the first sum is differentiated."""
        grad_readouts, grad_weight, grad_bias = ctx.saved_tensors
        return grad_readouts * grad[0], grad_weight * grad[0], grad_bias * grad[0], None, None


def token_losses(decoder: Decoder, readouts: Tensor, following: Tensor, smoothing: float) -> Tensor:
    """The two sums of SmoothedCrossEntropy for read-outs [B, T, R] and the tokens [B, T] that follow them.

    PAD adds nothing.
    """
    real = following != PAD  # [B, T]
    rows = decoder.scaled(readouts)[real]  # [N, R]
    weight, bias = decoder.embedding.weight, decoder.output_bias
    sums: Tensor = SmoothedCrossEntropy.apply(rows, weight, bias, following[real], smoothing)
    return sums


def guided_alignment(weights: Tensor, links: Tensor) -> Tensor:
    """Cross-entropy of the attention with links, summed over linked target positions (Chen et al. 2016, 3).

    weights and links are [B, T, S]; a row of links sums to 1, or to 0 where the target token has no link.
    """
    return -(links * torch.log(weights + 1e-6)).sum()
