"""The tokens and words of a sentence and of one of its translations, in places of these two texts."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from service.pipeline.items import Rendition, Sentence
from service.text.alignment import Link, link_words
from service.text.masking import MaskedSentence
from service.text.tokens import Token, Word, merge_words, place_tokens


class Wording(Struct, frozen=True, eq=False, dict=True):
    """Everything is found when it is looked at."""

    masked: MaskedSentence
    rendition: Rendition

    @classmethod
    def of(cls, sentence: Sentence) -> Wording:
        """That of a sentence and its best rendition."""
        return cls(sentence.masked, sentence.best)

    @cached_property
    def source_tokens(self) -> tuple[Token, ...]:
        masked = self.masked
        return place_tokens(self.rendition.source_pieces, masked.rewriting.to_old, masked.sentence)

    @cached_property
    def target_tokens(self) -> tuple[Token, ...]:
        rendition = self.rendition
        return place_tokens(rendition.hypothesis.target_tokens, rendition.to_text, rendition.text)

    @cached_property
    def source_words(self) -> tuple[Word, ...]:
        return merge_words(self.source_tokens, self.masked.sentence)

    @cached_property
    def target_words(self) -> tuple[Word, ...]:
        return merge_words(self.target_tokens, self.rendition.text)

    @property
    def weights(self) -> NDArray[np.floating[Any]]:
        """Attention [T, S]; asked for with the translation."""
        if self.rendition.hypothesis.weights is None:
            raise ValueError("the translation was made without attention")
        return self.rendition.hypothesis.weights

    @cached_property
    def links(self) -> tuple[Link, ...]:
        """Links between the words of both sides."""
        return link_words(self.weights, self.source_words, self.target_words)
