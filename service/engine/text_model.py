"""One pair's way from text to jobs and from results to text: tokenizers, limits and spans, no queue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from service.engine.errors import InvalidText, TooLong
from service.engine.folder import ModelFolder
from service.engine.golden import Golden
from service.engine.messages import Done, Found
from service.engine.model import Floats
from service.engine.phrases import Phrase
from service.engine.pieces import Pieces
from service.engine.tokenizer import Tokenizer
from service.engine.translation import Hypothesis, Partial, Timings, Translation

_TOKENS_PER_SOURCE_TOKEN = 2  # a target sentence is hardly ever longer than this many times the source
_SPARE_TOKENS = 10
MAX_REQUIRED_PHRASES = 64  # of one sentence
_LONE_SURROGATE = "holds a lone surrogate"


class Prepared(Struct, frozen=True):
    """A sentence in pieces, with `target` a translation of it to be scored, or with `required` phrases."""

    source: Pieces
    tokenize_seconds: float
    target_text: str | None = None
    target: Pieces | None = None
    required: tuple[Phrase, ...] = ()


class TextModel:
    """The tokenizers and limits of one model folder."""

    def __init__(self, folder: ModelFolder) -> None:
        manifest = folder.manifest
        self.folder = folder
        self._source = _tokenizer(folder, manifest.tokenizers.source, manifest.pieces.num_source)
        self._target = _tokenizer(folder, manifest.tokenizers.target, manifest.pieces.num_target)

    @property
    def name(self) -> str:
        return self.folder.manifest.name

    @property
    def key(self) -> tuple[str, str]:
        """Name and version."""
        return self.name, self.folder.manifest.version

    def require_golden(self) -> None:
        """Raises ModelFolderInvalid where a golden sentence has other tokens, or its tokens another text."""
        golden = Golden.of(self.folder)
        for number, one in enumerate(golden.sentences if golden else (), 1):
            is_same = tuple(self._source.encode_ids(one.text)) == one.source
            if not is_same or self.text_of(one.target) != one.translation:
                raise self.folder.invalid(f"golden sentence {number} has other tokens than it had")

    def source_pieces(self, text: str, field: str) -> Pieces:
        """The pieces of a sentence; raises InvalidText, TooLong."""
        return _pieces(self._source, text, field, self.folder.manifest.limits.max_source_tokens)

    def target_pieces(self, text: str, field: str) -> Pieces:
        """The pieces of a given translation; raises InvalidText, TooLong."""
        return _pieces(self._target, text, field, self.folder.manifest.limits.max_target_tokens)

    def num_source_pieces(self, text: str) -> int:
        """The number of pieces of a text of any length; raises InvalidText."""
        return len(_encoded(self._source, text, "text").ids)

    def required_pieces(self, phrases: Sequence[str], source: Pieces, field: str) -> tuple[Phrase, ...]:
        """The pieces of phrases that the translation of `source` must hold, wherever in it they stand.

        Raises TooLong for too many phrases, or more tokens than a translation may have, and InvalidText
        for one that is empty or asks for a copy symbol more often than the source holds it.
        """
        if len(phrases) > MAX_REQUIRED_PHRASES:
            raise TooLong(field, MAX_REQUIRED_PHRASES, len(phrases), "phrases")
        if phrases and not source:
            raise InvalidText(field, "has phrases for a sentence that is empty")
        found = tuple(self._phrase(text, f"{field}[{place}]") for place, text in enumerate(phrases))
        num_tokens, limit = sum(map(len, found)), self.folder.manifest.limits.max_target_tokens
        if num_tokens > limit:
            raise TooLong(field, limit, num_tokens)
        copies = self.folder.manifest.pieces.copies
        asked_for = Counter(token for phrase in found for token in phrase)
        if any(asked_for[symbol] > source.ids.count(symbol) for symbol in range(copies.start, copies.stop)):
            raise InvalidText(field, "asks for a copy symbol more often than its sentence holds it")
        return found

    def _phrase(self, text: str, field: str) -> Phrase:
        try:
            tokens = tuple(self._target.encode_inside(text.strip()))
        except ValueError as error:
            raise InvalidText(field, _LONE_SURROGATE) from error
        if not text.strip() or not tokens:
            raise InvalidText(field, "is empty")
        return tokens

    def max_target_tokens(self, num_source: int, *, num_required: int = 0) -> int:
        """After how many tokens a translation of `num_source` tokens is stopped.

        So many more are allowed as there are tokens of required phrases.
        """
        likely = _TOKENS_PER_SOURCE_TOKEN * num_source + _SPARE_TOKENS + num_required
        return min(self.folder.manifest.limits.max_target_tokens, likely)

    def text_of(self, tokens: Sequence[int]) -> str:
        """The text that target tokens stand for."""
        return self._target.decode_text(tokens)

    def translation(self, prepared: Prepared, done: Done) -> Translation:
        """The translation that a result means."""
        hypotheses = [self._hypothesis(prepared, found) for found in done.hypotheses]
        timings = Timings(
            prepared.tokenize_seconds,
            done.queue_seconds,
            done.encode_seconds,
            done.decode_seconds,
            done.posted_at,
        )
        return self._translation(prepared, hypotheses, timings)

    def partial(self, prepared: Prepared, tokens: Sequence[int], attention: bytes | None) -> Partial:
        """What the first target tokens of a translation mean, without the bytes of half a character."""
        whole = tuple(tokens[: self._target.num_whole(tokens)])
        weights = None if attention is None else _weights(attention, prepared)[: len(whole)]
        pieces = Pieces(whole, lambda: self._target.decode(whole)[1])
        return Partial(self.text_of(whole), prepared.source, pieces, weights)

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
            best.met,
        )

    def _hypothesis(self, prepared: Prepared, found: Found) -> Hypothesis:
        if prepared.target_text is None or prepared.target is None:
            text = self.text_of(found.tokens)
            pieces = Pieces(found.tokens, lambda: self._target.decode(found.tokens)[1])
        else:
            text, pieces = prepared.target_text, prepared.target
        weights = None if found.attention is None else _weights(found.attention, prepared)
        return Hypothesis(text, pieces, found.logprobs, found.score, found.finish_reason, weights, found.met)


def _weights(attention: bytes, prepared: Prepared) -> Floats:
    """Attention as it was told, as an array [target, source]."""
    return np.frombuffer(attention, np.float32).reshape(-1, len(prepared.source))


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
        raise InvalidText(field, _LONE_SURROGATE) from error
