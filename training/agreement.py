"""Does int8 choose as fp32 does? The fp32 graphs' greedy targets, led through the graphs declared as int8."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from service.engine.onnx_model import OnnxModel
from service.engine.tokenizer import BOS, EOS
from training.parity import Greedy, ParityError, best_candidates, greedy_targets, sources_of

MIN_AGREEMENT = 0.95
BATCH_ROWS = 16


@dataclass(frozen=True)
class Agreement:
    """How often the best piece is the same after the same prefix, and how far log-probabilities are apart.

    The distance is the mean over all positions, in nats.
    """

    num_sentences: int
    num_positions: int
    token_agreement: float
    mean_logprob_difference: float


def check_agreement(folder: Path, sentences: Sequence[str]) -> Agreement:
    """Compares the two precisions of a folder; EOS counts as a piece.

    Raises ParityError where they agree at fewer than 95 of 100 positions: real models of ours agree at
    98, and a wrong scale or a sum that overflowed is far below.
    """
    fp32, int8 = (OnnxModel.load(folder, precision=precision) for precision in ("fp32", "int8"))
    sources = sources_of(folder, sentences)
    same: list[bool] = []
    differences: list[float] = []
    for start in range(0, len(sources), BATCH_ROWS):
        batch = sources[start : start + BATCH_ROWS]
        for is_same, difference in _positions(int8, batch, greedy_targets(fp32, batch)):
            same.append(is_same)
            differences.append(difference)
    found = Agreement(len(sources), len(same), float(np.mean(same)), float(np.mean(differences)))
    if not found.token_agreement >= MIN_AGREEMENT:
        raise ParityError(f"int8 agrees with fp32 at {found.token_agreement:.1%} of the positions")
    return found


def _positions(
    model: OnnxModel, sources: Sequence[Sequence[int]], targets: Sequence[Greedy]
) -> Iterator[tuple[bool, float]]:
    """For every position of every target: is it the model's choice, and the distance of log-probabilities."""
    state = model.encode(sources)
    previous = np.full(len(sources), BOS)
    for position in range(max(len(one.logprobs) for one in targets)):
        wanted = np.array([_token_at(one, position) for one in targets])
        step = model.step(state, previous, wanted)
        chosen = np.take_along_axis(step.top_tokens, best_candidates(step.top_tokens), axis=1)[:, 0]
        for row, one in enumerate(targets):
            if position < len(one.logprobs):
                difference = float(abs(step.wanted_scores[row] - one.logprobs[position]))
                yield bool(chosen[row] == wanted[row]), difference
        state, previous = step.state, wanted


def _token_at(target: Greedy, position: int) -> int:
    """The token at a position, EOS behind the last."""
    return target.tokens[position] if position < len(target.tokens) else EOS
