"""The exported graphs: free axes, right in every shape, equal to PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from service.engine.tokenizer import BOS, PAD
from tests.training.running import MOVING, outputs_of, session
from training.export import rounded
from training.model import Seq2SeqModel
from training.onnx_graph import STATE, encoder_graph, step_graph
from training.onnx_lstm import onnx_gate_order

SHAPES = [(1, 1), (1, 13), (5, 1), (3, 7), (11, 13)]


def test_every_row_and_position_axis_is_free(model: Seq2SeqModel) -> None:
    """No input or output of either graph has a number where the batch or the source belongs."""
    for graph in (encoder_graph(model.encoder, model.decoder), step_graph(model.decoder)):
        for value in [*graph.graph.input, *graph.graph.output]:
            dims = value.type.tensor_type.shape.dim
            assert dims[0].dim_param == "B", value.name
            if value.name in ("source", "keys", "values", "source_mask", "attention"):
                assert dims[1].dim_param == "S", value.name


@pytest.mark.parametrize(("num_rows", "num_positions"), SHAPES)
def test_graphs_equal_pytorch_in_every_shape(model: Seq2SeqModel, num_rows: int, num_positions: int) -> None:
    """Two steps through ONNX Runtime give PyTorch's log-probabilities and weights within 1e-5."""
    model = rounded(model)
    encoder, step = session(encoder_graph(model.encoder, model.decoder)), session(step_graph(model.decoder))
    rng = np.random.default_rng(num_rows)
    lengths = np.sort(rng.integers(1, num_positions + 1, num_rows))[::-1].copy()
    lengths[0] = num_positions
    real = np.arange(num_positions) < lengths[:, None]
    source = np.where(real, rng.integers(4, 60, (num_rows, num_positions)), PAD)
    state = outputs_of(encoder, {"source": source, "source_lengths": lengths.astype(np.int32)})
    previous = np.stack([np.full(num_rows, BOS), rng.integers(4, 50, num_rows)], axis=1)
    with torch.inference_mode():
        readouts, weights = model(
            torch.from_numpy(source), torch.from_numpy(lengths), torch.from_numpy(previous)
        )
        logprobs = torch.log_softmax(model.decoder.logits(readouts), dim=-1).numpy()
    for position in range(2):
        wanted = np.full(num_rows, 30)
        outputs = outputs_of(step, {"previous": previous[:, position], "wanted": wanted, **state})
        np.testing.assert_allclose(outputs["attention"], weights[:, position].numpy(), atol=1e-5)
        np.testing.assert_allclose(outputs["wanted_scores"], logprobs[:, position, 30], atol=1e-5)
        top = np.take_along_axis(logprobs[:, position], outputs["top_tokens"], axis=1)
        np.testing.assert_allclose(outputs["top_scores"], top, atol=1e-5)
        np.testing.assert_allclose(outputs["top_scores"][:, 0], logprobs[:, position].max(axis=1), atol=1e-5)
        state |= {name: outputs[f"next_{name}"] for name in MOVING}


def test_junk_in_padded_positions_changes_nothing(model: Seq2SeqModel) -> None:
    """What stands beyond a source's length cannot be told from the outputs."""
    encoder = session(encoder_graph(model.encoder, model.decoder))
    clean, junk = np.array([[5, 6, 7, PAD, PAD]]), np.array([[5, 6, 7, 40, 41]])
    lengths = np.array([3], dtype=np.int32)
    first, second = (
        encoder.run(list(STATE), {"source": one, "source_lengths": lengths}) for one in (clean, junk)
    )
    for name, one, other in zip(STATE, first, second, strict=True):
        part = slice(0, 3) if STATE[name] == 1 else slice(None)
        np.testing.assert_array_equal(one[:, part], other[:, part], err_msg=name)


def test_a_wrong_gate_order_is_noticed(model: Seq2SeqModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison is a real test: gates left in PyTorch's order give other keys."""
    source, lengths = np.array([[5, 6, 7]]), np.array([3], dtype=np.int32)
    feeds = {"source": source, "source_lengths": lengths}
    (right,) = session(encoder_graph(model.encoder, model.decoder)).run(["keys"], feeds)
    monkeypatch.setattr("training.onnx_lstm.onnx_gate_order", lambda gates: gates)
    (wrong,) = session(encoder_graph(model.encoder, model.decoder)).run(["keys"], feeds)
    assert np.abs(right - wrong).max() > 1e-3
    assert onnx_gate_order(np.arange(4)).tolist() == [0, 3, 1, 2]
