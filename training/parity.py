"""Is an exported model the trained one? Log-probabilities and greedy targets of real sentences, side by side."""

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
TOLERANCE = 1e-4  # nats, and weights


class ParityError(Exception):
    """The exported model answers otherwise than the trained one."""


@dataclass(frozen=True)
class Parity:
    """What a comparison found; differences are the largest of all positions of all sentences."""

    num_sentences: int
    logprob_difference: float
    attention_difference: float
    num_ties: int  # sentences whose greedy targets part where the two best pieces are closer than the tolerance


def check_parity(model: Seq2SeqModel, folder: Path, sentences: Sequence[str], batch_rows: int = 7) -> Parity:
    """Compares PyTorch (one sentence at a time) with the folder's graphs (in batches of uneven lengths).

    Raises ParityError where log-probabilities or weights differ by more than 1e-4, or greedy targets
    part where there is no tie.
    """
    onnx_model, tokenizer = OnnxModel.load(folder), Tokenizer.load(folder / Manifest.read(folder).tokenizers.source)
    sources = [ids for sentence in sentences if 0 < len(ids := tokenizer.encode_ids(sentence)) <= 100]
    logprob_difference = attention_difference = 0.0
    num_ties = 0
    for start in range(0, len(sources), batch_rows):
        for source, greedy in zip(batch := sources[start : start + batch_rows], _greedy(onnx_model, batch), strict=True):
            logprobs, weights = (array.numpy()[: len(greedy.logprobs)] for array in force(model, source, greedy.tokens))
            logprob_difference = max(logprob_difference, float(np.abs(logprobs - greedy.logprobs).max()))
            attention_difference = max(attention_difference, float(np.abs(weights - greedy.weights).max()))
            num_ties += _parts_at_a_tie(model, source, greedy)
    if max(logprob_difference, attention_difference) > TOLERANCE:
        raise ParityError(f"log-probabilities differ by {logprob_difference:.1e}, weights by {attention_difference:.1e}")
    return Parity(len(sources), logprob_difference, attention_difference, num_ties)


@dataclass(frozen=True)
class _Greedy:
    tokens: list[int]
    logprobs: np.ndarray  # [T + 1], EOS's at the end; [T] where the limit came first
    weights: np.ndarray  # [T + 1, S], likewise


def _greedy(onnx_model: OnnxModel, sources: Sequence[Sequence[int]]) -> list[_Greedy]:
    """Greedy targets through the seam, until every row has ended or is as long as the shortest limit allows."""
    state = onnx_model.encode(sources)
    previous = np.full(len(sources), BOS)
    tokens, scores, weights = [], [], []
    ended = np.zeros(len(sources), dtype=bool)
    while not ended.all() and len(tokens) < max_target_tokens(max(map(len, sources))):
        step = onnx_model.step(state, previous, previous)
        previous = np.array([_best(row) for row in step.top_tokens])
        tokens.append(previous)
        scores.append(step.top_scores[np.arange(len(sources)), (step.top_tokens == previous[:, None]).argmax(axis=1)])
        weights.append(step.attention)
        state, ended = step.state, ended | (previous == EOS)
    columns = zip(np.stack(tokens, 1), np.stack(scores, 1), np.stack(weights, 1), sources, strict=True)
    return [_until_end(*column) for column in columns]


def _best(candidates: np.ndarray) -> int:
    return next(int(token) for token in candidates if token not in (PAD, UNK, BOS))


def _until_end(tokens: np.ndarray, scores: np.ndarray, weights: np.ndarray, source: Sequence[int]) -> _Greedy:
    """One row's part: up to EOS, or all of it where the limit came first."""
    length = int((tokens == EOS).argmax()) if EOS in tokens else len(tokens)
    return _Greedy(tokens[:length].tolist(), scores[: length + 1], weights[: length + 1, : len(source)])


def _parts_at_a_tie(model: Seq2SeqModel, source: Sequence[int], greedy: _Greedy) -> bool:
    """Whether PyTorch would choose another piece somewhere. Raises ParityError where that is no tie."""
    with torch.inference_mode():
        readouts, _ = model(torch.tensor([source]), torch.tensor([len(source)]), torch.tensor([[BOS, *greedy.tokens]]))
        logprobs = torch.log_softmax(model.decoder.logits(readouts[0]), dim=-1)  # [T + 1, V]
        logprobs[:, [PAD, UNK, BOS]] = -torch.inf
        best, chosen = logprobs[: len(greedy.logprobs)].max(dim=1)  # 2 x [T + 1], without EOS where the limit came first
    margin = float((best.numpy() - greedy.logprobs).max())
    if margin > TOLERANCE:
        raise ParityError(f"greedy targets part where PyTorch's best piece leads by {margin:.1e}")
    return chosen.tolist() != [*greedy.tokens, EOS][: len(chosen)]
