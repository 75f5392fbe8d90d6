"""What is looked at: one sentence, its translation, and what the model thought while writing it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from service.engine.translation import Translation
from service.text.tokens import Placed


class Span(NamedTuple):
    """Half-open, in code points of the sentence's own text."""

    start: int
    end: int


class Evidence(Struct, frozen=True, eq=False):
    """One translated sentence; places of tokens lie in `source_text` and `target_text`.

    `logprobs` (natural) has one value per target token, `eos_logprob` that of ending there, None where
    the translation was cut. `weights` is the attention [T, S], rows summing to 1.
    `finish_reason` is "eos", "length" or "repetition".
    The protected spans are verified elsewhere: numbers, names and codes in them get no second look.
    Languages are codes as `zh` and `en`; where nothing is known about one, the warnings that read its
    words (number, negation) say nothing.
    """

    source_text: str
    target_text: str
    source_language: str
    target_language: str
    source_tokens: Sequence[Placed]
    target_tokens: Sequence[Placed]
    logprobs: Sequence[float]
    eos_logprob: float | None
    weights: NDArray[np.floating]
    finish_reason: str
    protected_source: Sequence[Span] = ()
    protected_target: Sequence[Span] = ()

    @classmethod
    def of(cls, translation: Translation, source_text: str, source: str, target: str) -> Evidence:
        """What the engine gave for the sentence `source_text`, from one language to another.

        Raises ValueError where the translation was made without attention.
        """
        if translation.weights is None:
            raise ValueError("the translation was made without attention")
        num_tokens = len(translation.target_tokens)
        return cls(
            source_text,
            translation.text,
            source,
            target,
            translation.source_tokens,
            translation.target_tokens,
            translation.logprobs[:num_tokens],
            next(iter(translation.logprobs[num_tokens:]), None),
            translation.weights,
            translation.finish_reason,
        )


def is_inside(span: Span, others: Sequence[Span]) -> bool:
    """True where the span shares a character with one of the others."""
    return any(span.start < other.end and other.start < span.end for other in others)
