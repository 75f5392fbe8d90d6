"""Losses and the repeated product, against PyTorch's own."""

from __future__ import annotations

import gc
import weakref

import torch

from training.loss import SmoothedCrossEntropy, guided_alignment
from training.repeated_linear import RepeatedLinear


def doubles(*shape: int) -> torch.Tensor:
    """Random numbers precise enough to compare gradients."""
    return torch.randn(*shape, dtype=torch.float64).requires_grad_()


def test_smoothed_cross_entropy_and_its_gradients_are_pytorchs() -> None:
    """Value and all three gradients equal F.cross_entropy with label smoothing, over several chunks."""
    torch.manual_seed(0)
    rows, weight, bias, targets = doubles(2500, 8), doubles(30, 8), doubles(30), torch.randint(30, (2500,))
    SmoothedCrossEntropy.apply(rows, weight, bias, targets, 0.1)[0].backward()
    ours = [tensor.grad for tensor in (rows, weight, bias)]
    for tensor in (rows, weight, bias):
        tensor.grad = None
    scores = rows @ weight.t() + bias
    expected = torch.nn.functional.cross_entropy(scores, targets, label_smoothing=0.1, reduction="sum")
    expected.backward()
    found = SmoothedCrossEntropy.apply(rows, weight, bias, targets, 0.1)
    torch.testing.assert_close(found[0], expected)
    torch.testing.assert_close(found[1], torch.nn.functional.cross_entropy(scores, targets, reduction="sum"))
    for mine, tensor in zip(ours, (rows, weight, bias), strict=True):
        torch.testing.assert_close(mine, tensor.grad)


def test_guided_alignment_is_lowest_where_attention_follows_the_links() -> None:
    """Attention on the linked position costs less than beside it, and unlinked positions cost nothing."""
    links = torch.tensor([[[1.0, 0.0], [0.0, 0.0]]])
    on_it, beside_it = torch.tensor([[[0.9, 0.1], [0.5, 0.5]]]), torch.tensor([[[0.1, 0.9], [0.5, 0.5]]])
    assert float(guided_alignment(on_it, links)) < float(guided_alignment(beside_it, links))
    torch.testing.assert_close(guided_alignment(on_it, links), -torch.log(torch.tensor(0.9 + 1e-6)))


def test_a_repeated_linear_has_autograds_gradients() -> None:
    """Values and gradients through a loop equal those of a plain product."""
    torch.manual_seed(0)
    weight, rows = doubles(6, 6), doubles(3, 6)
    linear, ours = RepeatedLinear(weight), rows
    for _ in range(4):
        ours = torch.tanh(linear(ours))
    ours.sum().backward()
    grads = [weight.grad, rows.grad]
    weight.grad = rows.grad = None
    plain = rows
    for _ in range(4):
        plain = torch.tanh(plain @ weight.t())
    plain.sum().backward()
    torch.testing.assert_close(ours, plain)
    torch.testing.assert_close(grads, [weight.grad, rows.grad])


def test_a_repeated_linear_frees_its_graph() -> None:
    """After the backward pass nothing keeps the rows alive: no ring of tape and graph."""
    weight = torch.randn(4, 4, requires_grad=True)
    linear = RepeatedLinear(weight)
    rows = torch.tanh(linear(torch.randn(2, 4)))
    ends = torch.tanh(linear(rows))
    gone = weakref.ref(rows)
    ends.sum().backward()
    del linear, rows, ends
    gc.collect()
    assert gone() is None
