"""What goes into the translator and comes out of it: options, translations, and what a model is."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from msgspec import Struct

from service.engine.beam import MAX_BEAM_SIZE as MAX_BEAM_SIZE
from service.engine.errors import InvalidOption
from service.engine.manifest import Manifest
from service.engine.messages import FinishReason, Priority
from service.engine.model import Floats
from service.engine.tokenizer import Piece

MAX_LENGTH_PENALTY = 2.0
MAX_COVERAGE_PENALTY = 2.0


class Options(Struct, frozen=True):
    """How to search, and how soon; raises InvalidOption.

    `beam_size` is 1 to 8 and `n_best` at most that. The penalties are α and β of Wu et al. (2016,
    section 7), each from 0 (none) to 2; see search.py. `bulk` waits behind `interactive`.
    """

    beam_size: int = 1
    n_best: int = 1
    length_penalty: float = 0.8
    coverage_penalty: float = 0.0
    with_attention: bool = False
    priority: Priority = "interactive"

    def __post_init__(self) -> None:
        _require_whole("beam_size", self.beam_size, MAX_BEAM_SIZE)
        _require_whole("n_best", self.n_best, self.beam_size)
        _require_within("length_penalty", self.length_penalty, MAX_LENGTH_PENALTY)
        _require_within("coverage_penalty", self.coverage_penalty, MAX_COVERAGE_PENALTY)


def _require_whole(field: str, actual: int, limit: int) -> None:
    if not 1 <= actual <= limit:
        raise InvalidOption(field, actual, f"a whole number from 1 to {limit}")


def _require_within(field: str, actual: float, limit: float) -> None:
    if not math.isfinite(actual) or not 0 <= actual <= limit:
        raise InvalidOption(field, actual, f"from 0 to {limit:g}")


class Hypothesis(Struct, frozen=True, eq=False):
    """One translation of a sentence.

    `logprobs` has one value per target token, and EOS's at the end where `finish_reason` is "eos".
    `weights` [target tokens, source tokens] float32, rows summing to 1, or None where not asked for.
    `met` tells for each required phrase, in the order given, whether the translation holds it.
    """

    text: str
    target_tokens: Sequence[Piece]
    logprobs: tuple[float, ...]
    score: float
    finish_reason: FinishReason
    weights: Floats | None
    met: tuple[bool, ...] = ()


class Timings(Struct, frozen=True):
    """Where a sentence's time went, in seconds; `encode_seconds` is that of the whole group.

    It was queued at `posted_at` in time.monotonic() seconds, 0 where it never was.
    """

    tokenize_seconds: float = 0.0
    queue_seconds: float = 0.0
    encode_seconds: float = 0.0
    decode_seconds: float = 0.0
    posted_at: float = 0.0


class Translation(Struct, frozen=True, eq=False):
    """One sentence's best hypothesis, the others (`alternatives`), and where they come from.

    Spans of `source_tokens` lie in the sentence given, those of `target_tokens` in `text`. A
    sentence without a token has the translation "" without tokens or log-probabilities.
    """

    text: str
    source_tokens: Sequence[Piece]
    target_tokens: Sequence[Piece]
    logprobs: tuple[float, ...]
    score: float
    finish_reason: FinishReason
    weights: Floats | None
    alternatives: tuple[Hypothesis, ...]
    model: str
    version: str
    timings: Timings
    met: tuple[bool, ...] = ()


class Partial(Struct, frozen=True, eq=False):
    """What of a translation will not change any more: each extends the one before.

    `text` begins the final text, spans of `target_tokens` lie in it; a character whose bytes are not all
    there is left out with its tokens. `weights` [target tokens, source tokens] as in Hypothesis. The last
    one of a sentence has its whole `translation`.
    """

    text: str
    source_tokens: Sequence[Piece]
    target_tokens: Sequence[Piece]
    weights: Floats | None
    translation: Translation | None = None


OnPartial = Callable[[int, Partial], None]  # the number of the sentence, and what it has come to


@dataclass(frozen=True, slots=True)
class LoadedModelInfo:
    """A model that is served. `actual_device` and `precision` are "" until an engine has told them."""

    manifest: Manifest
    digest: str
    requested_device: str
    actual_device: str
    precision: str
    load_seconds: float

    @property
    def name(self) -> str:
        return self.manifest.name

    @property
    def version(self) -> str:
        return self.manifest.version

    @property
    def source(self) -> str:
        return self.manifest.source

    @property
    def target(self) -> str:
        return self.manifest.target

    @property
    def fell_back(self) -> bool:
        """True where another device was asked for than could be used."""
        return self.requested_device == "auto" and self.actual_device == "cpu"
