"""Is an exported model the trained one? Scores and greedy targets of real sentences, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from service.engine.manifest import Manifest
from service.engine.onnx_model import OnnxModel
from service.engine.tokenizer import BOS, EOS, PAD, UNK, Tokenizer
from training.decode import force, max_target_tokens
from training.model import Seq2SeqModel

MIN_SENTENCES = 300
MAX_SOURCE_TOKENS = 100
TOLERANCE = 1e-4  # nats, and weights


class ParityError(Exception):
    """The exported model answers otherwise than the trained one."""


@dataclass(frozen=True)
class Parity:
    """What a comparison found; differences are the largest of all positions of all sentences.

    Ties are sentences whose greedy targets part where the two best pieces are closer than the tolerance.
    """

    num_sentences: int
    logprob_difference: float
    attention_difference: float
    num_ties: int


def check_parity(model: Seq2SeqModel, folder: Path, sentences: Sequence[str], batch_rows: int = 7) -> Parity:
    """Compares PyTorch (one sentence at a time) with the folder's graphs (in batches of uneven lengths).

    Raises ParityError where log-probabilities or weights differ by more than 1e-4 or are no numbers, where
    greedy targets part without a tie, or where there is no sentence to compare.
    """
    onnx_model = OnnxModel.load(folder)
    sources = sources_of(folder, sentences)
    greedy = [
        one
        for start in range(0, len(sources), batch_rows)
        for one in greedy_targets(onnx_model, sources[start : start + batch_rows])
    ]
    pairs = list(zip(sources, greedy, strict=True))
    differences = np.max([_differences(model, source, one) for source, one in pairs], axis=0)  # [2]
    if not (differences <= TOLERANCE).all():  # so that NaN is a difference, too
        raise ParityError("log-probabilities differ by {:.1e}, weights by {:.1e}".format(*differences))
    num_ties = sum(_parts_at_a_tie(model, source, one) for source, one in pairs)
    return Parity(len(sources), float(differences[0]), float(differences[1]), num_ties)


def sources_of(folder: Path, sentences: Sequence[str]) -> list[list[int]]:
    """The sentences as the folder's tokens, without those that are empty or too long.

    Raises ParityError where none is left.
    """
    tokenizer = Tokenizer.load(folder / Manifest.read(folder).tokenizers.source)
    encoded = map(tokenizer.encode_ids, sentences)
    sources = [ids for ids in encoded if 0 < len(ids) <= MAX_SOURCE_TOKENS]
    if not sources:
        raise ParityError("there is no sentence to compare")
    return sources


@dataclass(frozen=True)
class Greedy:
    """A greedy target and what it was chosen by."""

    tokens: list[int]
    logprobs: np.ndarray  # [T + 1], EOS's at the end; [T] where the limit came first
    weights: np.ndarray  # [T + 1, S], likewise


def greedy_targets(onnx_model: OnnxModel, sources: Sequence[Sequence[int]]) -> list[Greedy]:
    """Greedy targets through the seam, until every row has ended or the longest source's limit is reached."""
    state = onnx_model.encode(sources)
    previous = np.full(len(sources), BOS)
    tokens: list[np.ndarray] = []  # T x [B]
    scores: list[np.ndarray] = []  # T x [B]
    weights: list[np.ndarray] = []  # T x [B, S]
    ended = np.zeros(len(sources), dtype=bool)
    while not ended.all() and len(tokens) < max_target_tokens(max(map(len, sources))):
        step = onnx_model.step(state, previous, previous)
        best = best_candidates(step.top_tokens)  # [B, 1]
        previous = np.take_along_axis(step.top_tokens, best, axis=1)[:, 0]
        tokens.append(previous)
        scores.append(np.take_along_axis(step.top_scores, best, axis=1)[:, 0])
        weights.append(step.attention.copy())
        state, ended = step.state, ended | (previous == EOS)
    columns = zip(np.stack(tokens, 1), np.stack(scores, 1), np.stack(weights, 1), sources, strict=True)
    return [_until_end(*column) for column in columns]


def best_candidates(top_tokens: np.ndarray) -> np.ndarray:
    """Which candidate [B, 1] of each row is the first that may be written."""
    return np.isin(top_tokens, (PAD, UNK, BOS)).argmin(axis=1)[:, None]


def _until_end(tokens: np.ndarray, scores: np.ndarray, weights: np.ndarray, source: Sequence[int]) -> Greedy:
    """One row's part: up to EOS, or all of it where the limit came first."""
    length = int((tokens == EOS).argmax()) if EOS in tokens else len(tokens)
    return Greedy(tokens[:length].tolist(), scores[: length + 1], weights[: length + 1, : len(source)])


def _differences(model: Seq2SeqModel, source: Sequence[int], greedy: Greedy) -> tuple[float, float]:
    """The largest differences of log-probabilities and of weights."""
    length = len(greedy.logprobs)
    logprobs, weights = (part.numpy()[:length] for part in force(model, source, greedy.tokens))
    return (
        float(np.abs(logprobs - greedy.logprobs).max()),
        float(np.abs(weights - greedy.weights).max()),
    )


def _parts_at_a_tie(model: Seq2SeqModel, source: Sequence[int], greedy: Greedy) -> bool:
    """Whether PyTorch would choose another piece somewhere. Raises ParityError where that is no tie."""
    with torch.inference_mode():
        readouts, _ = model(
            torch.tensor([source]), torch.tensor([len(source)]), torch.tensor([[BOS, *greedy.tokens]])
        )
        logprobs = torch.log_softmax(model.decoder.logits(readouts[0]), dim=-1)  # [T + 1, V]
        logprobs[:, [PAD, UNK, BOS]] = -torch.inf
        best, chosen = logprobs[: len(greedy.logprobs)].max(dim=1)  # 2 x [T + 1], or [T] at the limit
    margin = float((best.numpy() - greedy.logprobs).max())
    if margin > TOLERANCE:
        raise ParityError(f"greedy targets part where PyTorch's best piece leads by {margin:.1e}")
    return chosen.tolist() != [*greedy.tokens, EOS][: len(chosen)]
