"""Runs a model before it is called ready, so that what cannot run is found at the start."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from service.engine.buckets import Buckets
from service.engine.errors import ModelFailed, ModelFolderInvalid
from service.engine.manifest import Manifest, Pieces
from service.engine.model import Floats, Seq2SeqModel
from service.engine.scheduler import BatchLimits

_Shape = tuple[int, int, int]  # sources, rows, tokens of each source
_NUM_STEPS = 2  # a state has two memories, read and written in turn


def warm_up(
    model: Seq2SeqModel, manifest: Manifest, limits: BatchLimits, buckets: Buckets | None = None
) -> None:
    """The largest batch of the longest sentences, or every one of `buckets`; then a short sentence alone.

    The largest shapes come first, so that memory is short now or never. Raises ModelFolderInvalid.
    """
    longest = manifest.limits.max_source_tokens
    shapes = [(limits.max_encode, limits.max_rows, longest)]
    if buckets is not None:
        shapes = list(_bucket_shapes(buckets, limits, longest))
    try:
        for shape in shapes:
            _run(model, manifest.pieces, shape, num_steps=1 if buckets is None else _NUM_STEPS)
        scores = _run(model, manifest.pieces, (1, 1, 1), num_steps=1)
    except ModelFailed as error:
        raise _invalid(manifest, f"warm-up failed: {error.reason}") from error
    except Exception as error:
        raise _invalid(manifest, f"warm-up failed: {type(error).__name__}: {error}") from error
    if not np.isfinite(scores).all():
        raise _invalid(manifest, "warm-up gives scores that are no numbers")


def _bucket_shapes(buckets: Buckets, limits: BatchLimits, longest: int) -> Iterable[_Shape]:
    """One shape for each bucket, as far as the limits let a batch grow."""
    for num_rows, width in buckets.largest_first():
        rows = min(num_rows, limits.max_rows)
        yield min(rows, limits.max_encode), rows, min(width, longest)


def _run(model: Seq2SeqModel, pieces: Pieces, shape: _Shape, *, num_steps: int) -> Floats:
    """Encodes, makes as many rows of it as asked for, and steps; the first scores [rows, candidates]."""
    num_sources, num_rows, length = shape
    encoded = model.encode([[pieces.eos] * length] * num_sources)
    state = model.keep(encoded, np.arange(num_rows) % num_sources)
    previous = np.full(num_rows, pieces.bos, np.int64)  # [rows]
    step = model.step(state, previous, previous)
    scores = step.top_scores.copy()
    for _ in range(1, num_steps):
        step = model.step(step.state, previous, previous)
    model.keep(step.state, np.arange(0))  # the memory of these rows is free for others
    return scores


def _invalid(manifest: Manifest, reason: str) -> ModelFolderInvalid:
    return ModelFolderInvalid(f"{manifest.name}/{manifest.version}", reason)
