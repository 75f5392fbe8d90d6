"""Adds the int8 precision to a model folder: both graphs, files of their own beside those in fp32."""

from __future__ import annotations

from pathlib import Path

from service.engine.manifest import Graphs
from training.int8_encoder import int8_encoder_graph
from training.int8_step import int8_step_graph
from training.model import Seq2SeqModel

INT8 = Graphs(encoder="encoder.int8.onnx", step="step.int8.onnx")


def write_int8_graphs(model: Seq2SeqModel, folder: Path) -> None:
    """Writes the int8 graphs of a model whose weights are rounded already."""
    encoder = int8_encoder_graph(model.encoder, model.decoder)
    (folder / INT8.encoder).write_bytes(encoder.SerializeToString())
    (folder / INT8.step).write_bytes(int8_step_graph(model.decoder).SerializeToString())
