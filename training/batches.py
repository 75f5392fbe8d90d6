"""Prepared pairs and the batches of an epoch: sources of one length together, so that none is padded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from service.engine.tokenizer import BOS, EOS, PAD

Ids = np.ndarray


@dataclass(frozen=True)
class Batch:
    """Padded with PAD; `previous` begins with BOS, `following` ends with EOS; links' rows sum to 1 or 0."""

    source: Tensor  # [B, S]
    lengths: Tensor  # [B]
    previous: Tensor  # [B, T]
    following: Tensor  # [B, T]
    links: Tensor  # [B, T, S]

    @property
    def num_tokens(self) -> int:
        return int((self.following != PAD).sum())

    def to(self, device: str) -> Batch:
        """The same batch on a device; lengths stay, the encoder reads them on the host."""
        source, previous, following, links = (
            part.to(device) for part in (self.source, self.previous, self.following, self.links)
        )
        return Batch(source, self.lengths, previous, following, links)


class PreparedPairs:
    """The arrays that `prepare` wrote, seen from one direction."""

    def __init__(self, path: Path, source: str, target: str) -> None:
        arrays = np.load(path, allow_pickle=False)
        self._source, self._source_at = arrays[source].astype(np.int64), arrays[f"{source}_offsets"]
        self._target, self._target_at = arrays[target].astype(np.int64), arrays[f"{target}_offsets"]
        links = arrays["links"] if source == "en" else arrays["links"][:, ::-1]
        self._links, self._links_at = links.astype(np.int64), arrays["links_offsets"]
        self._corpora, self._names = arrays["corpora"], [str(name) for name in arrays["names"]]

    def __len__(self) -> int:
        return len(self._corpora)

    def pair(self, index: int) -> tuple[Ids, Ids, Ids]:
        """Source ids [S], target ids [T] and links [L, 2] (source position, target position)."""
        return (
            self._source[self._source_at[index] : self._source_at[index + 1]],
            self._target[self._target_at[index] : self._target_at[index + 1]],
            self._links[self._links_at[index] : self._links_at[index + 1]],
        )

    def sample(self, weights: Mapping[str, float], rng: np.random.Generator) -> Ids:
        """The pairs of one epoch: each as often as its corpus's weight says, the fraction by chance."""
        times = np.array([weights.get(name, 0.0) for name in self._names])[self._corpora]
        return np.repeat(np.arange(len(self)), np.floor(times + rng.random(len(self))).astype(np.int64))

    def batches(
        self, weights: Mapping[str, float], batch_tokens: int, rng: np.random.Generator
    ) -> Iterator[Batch]:
        """One epoch, its batches in random order."""
        indices = self.sample(weights, rng)
        sources, targets = np.diff(self._source_at)[indices], np.diff(self._target_at)[indices]
        order = np.lexsort((rng.random(len(indices)), targets, sources))
        groups = _grouped(sources[order], targets[order] + 1, batch_tokens)
        for group in rng.permutation(len(groups)):
            first, last = groups[group]
            yield make_batch([self.pair(index) for index in indices[order[first:last]]])


def _grouped(sources: Ids, targets: Ids, batch_tokens: int) -> list[tuple[int, int]]:
    """Ranges of neighbours of one source length whose padded targets stay within `batch_tokens`."""
    groups: list[tuple[int, int]] = []
    first = 0
    for index in range(1, len(sources) + 1):
        full = index < len(sources) and targets[index] * (index + 1 - first) > batch_tokens
        if index == len(sources) or sources[index] != sources[first] or full:
            groups.append((first, index))
            first = index
    return groups


def make_batch(pairs: Sequence[tuple[Ids, Ids, Ids]]) -> Batch:
    """Pads pairs into one batch; a target position's links share its 1 evenly between source positions."""
    num_source = max(len(source) for source, _, _ in pairs)
    num_target = max(len(target) for _, target, _ in pairs) + 1
    source = np.full((len(pairs), num_source), PAD)
    previous, following = np.full((len(pairs), num_target), PAD), np.full((len(pairs), num_target), PAD)
    links = np.zeros((len(pairs), num_target, num_source), dtype=np.float32)
    for row, (source_ids, target_ids, pair_links) in enumerate(pairs):
        source[row, : len(source_ids)] = source_ids
        previous[row, : len(target_ids) + 1] = [BOS, *target_ids]
        following[row, : len(target_ids) + 1] = [*target_ids, EOS]
        links[row, pair_links[:, 1], pair_links[:, 0]] = 1.0
    links /= np.maximum(links.sum(axis=2, keepdims=True), 1.0)
    lengths = torch.tensor([len(source_ids) for source_ids, _, _ in pairs])
    tensors = [torch.from_numpy(array) for array in (previous, following, links)]
    return Batch(torch.from_numpy(source), lengths, *tensors)
