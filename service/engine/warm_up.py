"""Runs a model once before it is called ready, so that what cannot run is found at the start."""

from __future__ import annotations

import numpy as np

from service.engine.errors import ModelFolderInvalid
from service.engine.manifest import Manifest, Pieces
from service.engine.model import Floats, Seq2SeqModel
from service.engine.scheduler import BatchLimits


def warm_up(model: Seq2SeqModel, manifest: Manifest, limits: BatchLimits) -> None:
    """One sentence alone, then the largest batch of the longest; raises ModelFolderInvalid.

    The largest shapes come first, so that memory is short now or never.
    """
    longest = manifest.limits.max_source_tokens
    try:
        _run(model, manifest.pieces, limits.max_encode, limits.max_rows, longest)
        scores = _run(model, manifest.pieces, 1, 1, 1)
    except Exception as error:
        raise _invalid(manifest, f"warm-up failed: {type(error).__name__}: {error}") from error
    if not np.isfinite(scores).all():
        raise _invalid(manifest, "warm-up gives scores that are no numbers")


def _run(model: Seq2SeqModel, pieces: Pieces, num_sources: int, num_rows: int, length: int) -> Floats:
    """Encodes, makes as many rows of it as asked for, and steps; the scores [rows, candidates]."""
    encoded = model.encode([[pieces.eos] * length] * num_sources)
    state = model.keep(encoded, np.arange(num_rows) % num_sources)
    previous = np.full(num_rows, pieces.bos, np.int64)  # [rows]
    return model.step(state, previous, previous).top_scores


def _invalid(manifest: Manifest, reason: str) -> ModelFolderInvalid:
    return ModelFolderInvalid(f"{manifest.name}/{manifest.version}", reason)
