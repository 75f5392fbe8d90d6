"""One pair's way from text to jobs and from results to text: tokenizers, limits and spans, no queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from service.engine.errors import InvalidText, TooLong
from service.engine.folder import ModelFolder
from service.engine.messages import Done, Found
from service.engine.pieces import Pieces
from service.engine.tokenizer import Tokenizer
from service.engine.translation import Hypothesis, Timings, Translation

_TOKENS_PER_SOURCE_TOKEN = 2  # a target sentence is hardly ever longer than this many times the source
_SPARE_TOKENS = 10


@dataclass(frozen=True, slots=True)
class Prepared:
    """A sentence in pieces, and with `target` a translation of it to be scored."""

    source: Pieces
    tokenize_seconds: float
    target_text: str | None = None
    target: Pieces | None = None


class TextModel:
    """The tokenizers and limits of one model folder."""

    def __init__(self, folder: ModelFolder) -> None:
        manifest = folder.manifest
        self.folder = folder
        self._source = _tokenizer(folder, manifest.tokenizers.source, manifest.pieces.num_source)
        self._target = _tokenizer(folder, manifest.tokenizers.target, manifest.pieces.num_target)

    def source_pieces(self, text: str, field: str) -> Pieces:
        """The pieces of a sentence; raises InvalidText, TooLong."""
        return _pieces(self._source, text, field, self.folder.manifest.limits.max_source_tokens)

    def target_pieces(self, text: str, field: str) -> Pieces:
        """The pieces of a given translation; raises InvalidText, TooLong."""
        return _pieces(self._target, text, field, self.folder.manifest.limits.max_target_tokens)

    def num_source_pieces(self, text: str) -> int:
        """The number of pieces of a text of any length; raises InvalidText."""
        return len(_encoded(self._source, text, "text").ids)

    def max_target_tokens(self, num_source: int) -> int:
        """After how many tokens a translation of `num_source` tokens is stopped."""
        likely = _TOKENS_PER_SOURCE_TOKEN * num_source + _SPARE_TOKENS
        return min(self.folder.manifest.limits.max_target_tokens, likely)

    def translation(self, prepared: Prepared, done: Done) -> Translation:
        """The translation that a result means."""
        hypotheses = [self._hypothesis(prepared, found) for found in done.hypotheses]
        timings = Timings(
            prepared.tokenize_seconds, done.queue_seconds, done.encode_seconds, done.decode_seconds
        )
        return self._translation(prepared, hypotheses, timings)

    def empty(self, prepared: Prepared, *, with_attention: bool) -> Translation:
        """The translation of a sentence without a token."""
        weights = np.zeros((0, 0), np.float32) if with_attention else None
        nothing = Hypothesis("", (), (), 0.0, "eos", weights)
        return self._translation(prepared, [nothing], Timings(prepared.tokenize_seconds))

    def _translation(
        self, prepared: Prepared, hypotheses: Sequence[Hypothesis], timings: Timings
    ) -> Translation:
        best, *others = hypotheses
        return Translation(
            best.text,
            prepared.source,
            best.target_tokens,
            best.logprobs,
            best.score,
            best.finish_reason,
            best.weights,
            tuple(others),
            self.folder.manifest.name,
            self.folder.manifest.version,
            timings,
        )

    def _hypothesis(self, prepared: Prepared, found: Found) -> Hypothesis:
        if prepared.target_text is None or prepared.target is None:
            text = self._target.decode_text(found.tokens)
            pieces = Pieces(found.tokens, lambda: self._target.decode(found.tokens)[1])
        else:
            text, pieces = prepared.target_text, prepared.target
        weights = None
        if found.attention is not None:
            shape = (len(found.tokens), len(prepared.source))
            weights = np.frombuffer(found.attention, np.float32).reshape(shape)  # [target, source]
        return Hypothesis(text, pieces, found.logprobs, found.score, found.finish_reason, weights)


def _tokenizer(folder: ModelFolder, file: str, num_pieces: int) -> Tokenizer:
    content = folder.read(file)
    try:
        tokenizer = Tokenizer(content)
    except (RuntimeError, OSError) as error:
        raise folder.invalid(f"{file} is no tokenizer") from error
    if tokenizer.num_pieces != num_pieces:
        raise folder.invalid(f"{file} has {tokenizer.num_pieces} pieces, the manifest says {num_pieces}")
    return tokenizer


def _pieces(tokenizer: Tokenizer, text: str, field: str, limit: int) -> Pieces:
    pieces = _encoded(tokenizer, text, field)
    if len(pieces) > limit:
        raise TooLong(field, limit, len(pieces))
    return pieces


def _encoded(tokenizer: Tokenizer, text: str, field: str) -> Pieces:
    try:
        return Pieces(tokenizer.encode_ids(text), lambda: tokenizer.encode(text))
    except ValueError as error:
        raise InvalidText(field, "holds a lone surrogate") from error
