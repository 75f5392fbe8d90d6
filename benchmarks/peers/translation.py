"""The user code that the peers serve: tokenizers, two ONNX graphs, greedy search over a static batch.

Two policies: `naive` decodes until the longest sentence of the batch is done, `drop` lets finished rows
leave the batch. Neither lets a sentence enter: that would be an engine of its own.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import onnxruntime
import sentencepiece

from benchmarks.peers.options import PeerOptions
from service.engine.manifest import Graphs, Manifest

_STATE = ("hidden", "cell", "feed", "keys", "values", "source_mask")
_CARRIED = ("hidden", "cell", "feed")
_OUTPUTS = ("top_tokens", *(f"next_{name}" for name in _CARRIED))
Arrays = dict[str, Any]
Decode = Callable[[Sequence[Sequence[int]]], list[list[int]]]


@dataclass(slots=True)
class Sources:
    """The rows of a batch: their state, what they may emit, and after how many tokens they are stopped."""

    state: Arrays  # each [rows, ...]
    copies: list[set[int]]
    limits: list[int]


class Translator:
    """Texts in, texts out; one thread of ONNX Runtime."""

    def __init__(self, folder: Path, *, precision: str = "fp32", policy: str = "drop") -> None:
        self._manifest = Manifest.read(folder)
        graphs = graphs_of(self._manifest, precision)
        self._encoder = _session(folder / graphs.encoder)
        self._step = _session(folder / graphs.step)
        self._source = _tokenizer(folder / self._manifest.tokenizers.source)
        self._target = _tokenizer(folder / self._manifest.tokenizers.target)
        self._is_banned = _banned(self._manifest)
        policies: dict[str, Decode] = {"naive": self._decode_naively, "drop": self._decode_and_drop}
        self._decode = policies[policy]

    @classmethod
    def from_options(cls, options: PeerOptions) -> Translator:
        """The translator that a peer was told to serve."""
        return cls(options.model_folder, precision=options.precision, policy=options.policy)

    def translate(self, texts: Sequence[str]) -> list[str]:
        """The translations of one batch of sentences, greedily."""
        return [self.text_of(tokens) for tokens in self.target_tokens(texts)]

    def text_of(self, tokens: Sequence[int]) -> str:
        """The text that target tokens make."""
        text: str = self._target.decode(list(tokens)).strip()
        return text

    def target_tokens(self, texts: Sequence[str]) -> list[list[int]]:
        """The target tokens of each text, EOS left out."""
        return self._decode(self._source.encode(list(texts)))

    def _decode_naively(self, sources: Sequence[Sequence[int]]) -> list[list[int]]:
        batch = self._encode(sources)
        targets: list[list[int]] = [[] for _ in sources]
        is_done = [False] * len(sources)
        previous = np.full(len(sources), self._manifest.pieces.bos, np.int64)  # [rows]
        while not all(is_done):
            previous = self._advance(batch, previous)
            for row, token in enumerate(previous.tolist()):
                if not is_done[row]:
                    is_done[row] = self._take(targets[row], token, batch.limits[row])
        return targets

    def _decode_and_drop(self, sources: Sequence[Sequence[int]]) -> list[list[int]]:
        batch = self._encode(sources)
        targets: list[list[int]] = [[] for _ in sources]
        running = list(range(len(sources)))  # whose row is where
        previous = np.full(len(sources), self._manifest.pieces.bos, np.int64)  # [rows]
        while running:
            previous = self._advance(batch, previous)
            kept = [
                row
                for row, (owner, token) in enumerate(zip(running, previous.tolist(), strict=True))
                if not self._take(targets[owner], token, batch.limits[row])
            ]
            if len(kept) < len(running):
                running = [running[row] for row in kept]
                previous = previous[kept]
                _keep(batch, kept)
        return targets

    def _take(self, target: list[int], token: int, limit: int) -> bool:
        """Appends a token; true where the sentence is at its end."""
        if token == self._manifest.pieces.eos:
            return True
        target.append(token)
        return len(target) == limit

    def _encode(self, sources: Sequence[Sequence[int]]) -> Sources:
        lengths = np.array([len(one) for one in sources], np.int32)  # [rows]
        source = np.zeros((len(sources), lengths.max()), np.int64)  # [rows, source]
        for row, ids in enumerate(sources):
            source[row, : len(ids)] = ids
        arrays = self._encoder.run(list(_STATE), {"source": source, "source_lengths": lengths})
        most = self._manifest.limits.max_target_tokens
        copies = self._manifest.pieces.copies
        symbols = set(range(copies.start, copies.stop))
        return Sources(
            dict(zip(_STATE, arrays, strict=True)),
            [symbols.intersection(ids) for ids in sources],
            [min(most, 2 * len(ids) + 10) for ids in sources],
        )

    def _advance(self, batch: Sources, previous: np.ndarray) -> np.ndarray:
        """The next token of every row [rows]; the state of the batch moves on."""
        feeds = {"previous": previous, "wanted": previous, **batch.state}  # the wanted score is not read
        candidates, *carried = self._step.run(list(_OUTPUTS), feeds)  # [rows, 9], best first
        batch.state.update(zip(_CARRIED, carried, strict=True))
        is_usable = ~self._is_banned[candidates]
        for row, copies in enumerate(batch.copies):
            if copies:
                is_usable[row] |= np.isin(candidates[row], list(copies))
        chosen: np.ndarray = candidates[np.arange(len(candidates)), is_usable.argmax(axis=1)]
        return chosen


def graphs_of(manifest: Manifest, precision: str) -> Graphs:
    """The graphs that compute in a precision; raises ValueError where there are none."""
    graphs = {"fp32": manifest.graphs, "int8": manifest.int8}.get(precision)
    if graphs is None:
        raise ValueError(f"{manifest.name} has no graphs in {precision}")
    return graphs


def _keep(batch: Sources, rows: list[int]) -> None:
    batch.state = {name: array[rows] for name, array in batch.state.items()}
    batch.copies = [batch.copies[row] for row in rows]
    batch.limits = [batch.limits[row] for row in rows]


def _banned(manifest: Manifest) -> np.ndarray:
    """True for the pieces that are never emitted unless the source holds them [target pieces]."""
    pieces = manifest.pieces
    is_banned = np.zeros(pieces.num_target, bool)
    is_banned[[pieces.pad, pieces.unk, pieces.bos]] = True
    is_banned[pieces.copies] = True
    return is_banned


def _session(path: Path) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def _tokenizer(path: Path) -> Any:
    return sentencepiece.SentencePieceProcessor(model_file=str(path))
