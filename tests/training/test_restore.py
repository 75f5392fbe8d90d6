"""Weights out of a model folder: the rounding of 16 bits and nothing else."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest
import torch

from service.engine.manifest import Limits, Manifest, Pieces
from training.export import rounded
from training.model import Seq2SeqModel
from training.onnx_graph import encoder_graph, step_graph
from training.restore import NotOurGraphs, restore


@pytest.fixture
def folder(model: Seq2SeqModel, tmp_path: Path) -> Path:
    """The small random model as a folder of two graphs."""
    rounded(model)
    onnx.save(encoder_graph(model.encoder, model.decoder), tmp_path / "encoder.onnx")
    onnx.save(step_graph(model.decoder), tmp_path / "step.onnx")
    manifest = Manifest(
        name="random",
        version="1",
        source="zh",
        target="en",
        architecture="attention-lstm",
        num_parameters=0,
        licence="CC0-1.0",
        pieces=Pieces(num_source=60, num_target=50),
        limits=Limits(max_source_tokens=20, max_target_tokens=20),
        state=(),
        files={},
    )
    manifest.write(tmp_path)
    return tmp_path


def test_a_folder_gives_its_weights_back(model: Seq2SeqModel, folder: Path) -> None:
    """Every parameter of the model that was written, to the bit."""
    restored = restore(folder).state_dict()
    assert restored.keys() == model.state_dict().keys()
    for name, tensor in model.state_dict().items():
        torch.testing.assert_close(restored[name], tensor, rtol=0, atol=0, msg=name)


def test_graphs_that_compute_something_else_are_refused(folder: Path) -> None:
    """A folder whose step scales its embedding otherwise holds the same weights and another model."""
    step = onnx.load(folder / "step.onnx")
    scale = next(one for one in step.graph.initializer if one.float_data or one.data_type == 1)
    scale.raw_data = b"\0\0\0\0"
    onnx.save(step, folder / "step.onnx")
    with pytest.raises(NotOurGraphs, match="step"):
        restore(folder)


def test_graphs_of_another_shape_are_refused(folder: Path) -> None:
    """Two graphs without the weights that ours have."""
    onnx.save(onnx.load(folder / "step.onnx"), folder / "encoder.onnx")
    with pytest.raises(NotOurGraphs, match="instead of 13"):
        restore(folder)
