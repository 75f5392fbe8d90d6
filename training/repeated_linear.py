"""A linear map that a loop applies at every step, made cheap: cast once, its weight's gradient made once."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

Tape = list[tuple[Tensor, Tensor]]  # the input and the output's gradient of each use


class RepeatedLinear:
    """x Wᵀ for many x. The weight is cast once for autocast, and its gradient is one product over all uses.

    Without this, each of T decoder steps would write a gradient as large as the weight and add it to the sum.
    """

    def __init__(self, weight: Tensor) -> None:
        """`weight` is [outputs, inputs]; uses belong to one forward pass."""
        self._tape: Tape = []
        self._token = _Open.apply(weight, self._tape)
        self._weight = weight.detach().to(working_dtype(weight))

    def __call__(self, rows: Tensor) -> Tensor:
        """[B, outputs] for rows [B, inputs]."""
        result: Tensor = _Use.apply(rows, self._token, self._weight, self._tape)
        return result


def working_dtype(tensor: Tensor) -> torch.dtype:
    """bfloat16 (or what autocast says) inside an autocast region, the tensor's own elsewhere."""
    device = tensor.device.type
    return torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else tensor.dtype


class _Open(torch.autograd.Function):
    """Gives a token to all uses; autograd comes back here after them, when the tape is complete."""

    @staticmethod
    def forward(ctx: Any, weight: Tensor, tape: Tape) -> Tensor:
        ctx.tape, ctx.dtype = tape, weight.dtype
        return weight.new_zeros(())

    @staticmethod
    def backward(ctx: Any, _: Tensor) -> tuple[Tensor, None]:
        rows, grads = (torch.cat(part) for part in zip(*ctx.tape, strict=True))  # [N, inputs], [N, outputs]
        ctx.tape.clear()
        return (grads.t() @ rows).to(ctx.dtype), None


class _Use(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, rows: Tensor, token: Tensor, weight: Tensor, tape: Tape) -> Tensor:
        # Detached: a tape that led back into the graph would be a ring that nothing ever frees.
        ctx.rows, ctx.weight, ctx.tape = rows.detach().to(weight.dtype), weight, tape
        ctx.dtype, ctx.token_dtype = rows.dtype, token.dtype
        return ctx.rows @ weight.t()

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None, None]:
        grad = grad.to(ctx.weight.dtype)
        ctx.tape.append((ctx.rows, grad))
        return (grad @ ctx.weight).to(ctx.dtype), grad.new_zeros((), dtype=ctx.token_dtype), None, None
