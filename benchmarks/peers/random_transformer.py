"""A CTranslate2 transformer of about the size of our model, with random weights.

Its translations mean nothing, so whoever runs it forces the lengths; its cost is that of a trained one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
from ctranslate2.specs import transformer_spec

NUM_PIECES = 8000
_WIDTH = 256
_INNER_WIDTH = 1024
_NUM_LAYERS = 4
_NUM_HEADS = 8
_DEVIATION = 0.05


def write_random_transformer(folder: Path, *, quantization: str, seed: int = 1) -> int:
    """Writes the model folder and returns its number of parameters; `quantization` is float32 or int8.

    Embeddings of both sides and the projection to the vocabulary are one matrix each, the last two shared.
    """
    spec = transformer_spec.TransformerSpec.from_config(_NUM_LAYERS, _NUM_HEADS)
    random = np.random.default_rng(seed)
    _fill_embeddings(spec, random)
    for layer in [*spec.encoder.layer, *spec.decoder.layer]:
        for name in ("self_attention", "attention"):
            if hasattr(layer, name):
                _fill_attention(getattr(layer, name), random)
        _fill_linear(layer.ffn.linear_0, random, _INNER_WIDTH, _WIDTH)
        _fill_linear(layer.ffn.linear_1, random, _WIDTH, _INNER_WIDTH)
        _fill_norm(layer.ffn.layer_norm)
    tokens = ["<unk>", "<s>", "</s>", *(f"piece{number}" for number in range(3, NUM_PIECES))]
    spec.register_source_vocabulary(tokens)
    spec.register_target_vocabulary(tokens)
    num_parameters = _num_parameters(spec)
    spec.validate()
    spec.optimize(quantization=quantization)
    folder.mkdir(parents=True, exist_ok=True)
    spec.save(str(folder))
    return num_parameters


def _fill_embeddings(spec: Any, random: np.random.Generator) -> None:
    target = _normal(random, NUM_PIECES, _WIDTH)
    spec.encoder.embeddings[0].weight = _normal(random, NUM_PIECES, _WIDTH)
    spec.decoder.embeddings.weight = target
    spec.decoder.projection.weight = target
    spec.decoder.projection.bias = np.zeros(NUM_PIECES, np.float32)
    for side in (spec.encoder, spec.decoder):
        side.position_encodings.encodings = _normal(random, 256, _WIDTH)
        _fill_norm(side.layer_norm)


def _fill_attention(attention: Any, random: np.random.Generator) -> None:
    """Self-attention has queries, keys and values in one product, the other one keys and values."""
    widths = [3, 1] if len(attention.linear) == 2 else [1, 2, 1]
    for linear, times in zip(attention.linear, widths, strict=True):
        _fill_linear(linear, random, times * _WIDTH, _WIDTH)
    _fill_norm(attention.layer_norm)


def _fill_linear(linear: Any, random: np.random.Generator, outputs: int, inputs: int) -> None:
    linear.weight = _normal(random, outputs, inputs)
    linear.bias = np.zeros(outputs, np.float32)


def _fill_norm(norm: Any) -> None:
    norm.gamma, norm.beta = np.ones(_WIDTH, np.float32), np.zeros(_WIDTH, np.float32)


def _normal(random: np.random.Generator, *shape: int) -> np.ndarray:
    return random.normal(0.0, _DEVIATION, shape).astype(np.float32)


def _num_parameters(spec: Any) -> int:
    """Shared matrices count once; positions are no parameters where they are sines."""
    arrays = {id(array): array for name, array in spec.variables(ordered=True) if "position" not in name}
    return sum(array.size for array in arrays.values() if isinstance(array, np.ndarray))


def load(folder: Path, *, compute_type: str, workers: int = 1) -> Any:
    """The translator of a folder, one thread per worker."""
    return ctranslate2.Translator(
        str(folder), device="cpu", compute_type=compute_type, inter_threads=workers, intra_threads=1
    )
