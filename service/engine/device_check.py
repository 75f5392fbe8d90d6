"""Is what a device computes what the CPU computes? Looked at once, before a model is called ready.

A GPU that opens a model and runs it may still be wrong: a library of another version, a kernel of
another processor. Scores are compared, not tokens, so a tie says nothing.
"""

from __future__ import annotations

import numpy as np

from service.engine.errors import ModelFolderInvalid
from service.engine.loading import LoadedModel
from service.engine.model import Floats

TOLERANCES = {"fp32": 1e-3, "fp16": 0.1}  # nats; fp32 is without TF32
_NUM_STEPS = 4
_LENGTHS = (1, 5, 12)


def require_same_scores(model: LoadedModel, reference: LoadedModel) -> None:
    """Raises ModelFolderInvalid where scores are further apart than rounding explains."""
    difference = float(np.abs(_scores(model) - _scores(reference)).max())
    manifest, tolerance = model.manifest, TOLERANCES[model.running.precision]
    if not difference <= tolerance:  # so that NaN is a difference, too
        reason = f"{model.running.device} gives scores {difference:.1e} from those of the CPU"
        raise ModelFolderInvalid(f"{manifest.name}/{manifest.version}", reason)


def _scores(model: LoadedModel) -> Floats:
    """Log-probabilities of some pieces after some sources: [steps, rows]."""
    pieces, longest = model.manifest.pieces, model.manifest.limits.max_source_tokens
    random = np.random.default_rng(0)
    lengths = [min(one, longest) for one in _LENGTHS]
    sources = [random.integers(pieces.first_copy, pieces.num_source, one).tolist() for one in lengths]
    targets = random.integers(pieces.first_copy, pieces.num_target, (_NUM_STEPS, len(sources)))
    state, previous = model.encode(sources), np.full(len(sources), pieces.bos, np.int64)
    scores: list[Floats] = []
    for wanted in targets:
        step = model.step(state, previous, wanted)
        scores.append(step.wanted_scores.copy())
        state, previous = step.state, wanted
    model.keep(state, np.arange(0))
    return np.stack(scores)
