"""A model folder of our own back into PyTorch: the weights are read out of its two fp32 graphs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, numpy_helper
from torch import nn

from service.engine.manifest import Manifest
from training.decoder import EMBEDDING_SCALE
from training.model import Encoder, Seq2SeqModel
from training.onnx_graph import encoder_graph, step_graph
from training.onnx_lstm import torch_gate_order
from training.settings import ModelSettings


class NotOurGraphs(Exception):
    """The graphs are not those that `onnx_graph.py` writes of a model."""


def restore(folder: Path) -> Seq2SeqModel:
    """The model of a folder, its weights as 16 bits keep them, ready for evaluation.

    Raises NotOurGraphs where graphs written from what was found are not the folder's graphs.
    """
    names = Manifest.read(folder).graphs
    encoder, step = (onnx.load(folder / name) for name in (names.encoder, names.step))
    model = _filled(_weights(encoder), _weights(step))
    written = encoder_graph(model.encoder, model.decoder), step_graph(model.decoder)
    for found, expected in zip((encoder, step), written, strict=True):
        if found.graph != expected.graph:
            raise NotOurGraphs(f"{folder}: the graph {found.graph.name!r} holds something else")
    return model


def _weights(graph: onnx.ModelProto) -> list[np.ndarray]:
    """The weights kept in 16 bits, in the order in which they were written."""
    kept = [one for one in graph.graph.initializer if one.data_type == TensorProto.FLOAT16]
    return [numpy_helper.to_array(one).astype(np.float32) for one in kept]


def _filled(encoder: Sequence[np.ndarray], step: Sequence[np.ndarray]) -> Seq2SeqModel:
    """A model of the sizes that the weights have, with these weights."""
    if (len(encoder), len(step)) != (13, 6):
        raise NotOurGraphs(f"{len(encoder)} and {len(step)} weights instead of 13 and 6")
    (num_source, embedding), (num_target, readout) = encoder[0].shape, step[0].shape
    encoder_hidden, hidden = encoder[2].shape[-1], encoder[4].shape[-1]
    sizes = ModelSettings(
        embedding=embedding, encoder_hidden=encoder_hidden, hidden=hidden, readout=readout, dropout=0.0
    )
    model = Seq2SeqModel(num_source, num_target, sizes).eval()
    with torch.no_grad():
        _fill_encoder(model.encoder, encoder[:8])
        _fill_decoder(model, encoder[8:], step)
    return model


def _fill_encoder(encoder: Encoder, weights: Sequence[np.ndarray]) -> None:
    table, inputs, recurrent, biases, projection, projection_bias, to_hidden, to_hidden_bias = weights
    _copy(encoder.embedding.weight, table / EMBEDDING_SCALE)
    halves = zip(inputs, recurrent, biases, ("", "_reverse"), strict=True)
    for input_half, recurrent_half, bias_half, suffix in halves:
        input_bias, recurrent_bias = np.split(bias_half, 2)
        parts = {"weight_ih": input_half, "weight_hh": recurrent_half}
        parts |= {"bias_ih": input_bias, "bias_hh": recurrent_bias}
        for kind, part in parts.items():
            _copy(getattr(encoder.lstm, f"{kind}_l0{suffix}"), torch_gate_order(part))
    _copy_layer(encoder.projection, projection, projection_bias)
    _copy_layer(encoder.to_hidden, to_hidden, to_hidden_bias)


def _fill_decoder(model: Seq2SeqModel, folded: Sequence[np.ndarray], step: Sequence[np.ndarray]) -> None:
    """`folded` are the attention's matrices and the read-out's context half, which the encoder applies."""
    decoder, attention = model.decoder, model.decoder.attention
    key, query, value, output, context_half = folded
    table, gates, gate_bias, hidden_half, readout_bias, output_bias = step
    pairs = {attention.W_K: key.T, attention.W_Q: query, attention.W_V: value.T, attention.W_O: output.T}
    for module, weight in pairs.items():
        _copy(module.weight, weight)
    _copy(decoder.embedding.weight, table)
    num_inputs = decoder.cell.input_size
    _copy(decoder.cell.weight_ih, gates[:num_inputs].T)
    _copy(decoder.cell.weight_hh, gates[num_inputs:].T)
    _copy(decoder.cell.bias_ih, gate_bias)
    decoder.cell.bias_hh.zero_()
    _copy_layer(decoder.readout, np.concatenate([hidden_half, context_half]), readout_bias)
    _copy(decoder.output_bias, output_bias)


def _copy_layer(layer: nn.Linear, weight: np.ndarray, bias: np.ndarray) -> None:
    """Weight [inputs, outputs], as the graphs have it, and bias [outputs]."""
    _copy(layer.weight, weight.T)
    _copy(layer.bias, bias)


def _copy(parameter: nn.Parameter, value: np.ndarray) -> None:
    parameter.copy_(torch.from_numpy(np.ascontiguousarray(value)))
