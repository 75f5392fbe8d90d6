"""One translated sentence as plain objects for an answer; places are code points of the whole texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from service.engine.translation import Hypothesis, Translation
from service.pipeline.items import Item, Sentence
from service.text.alignment import Link, entropy, link_words, merge_weights
from service.text.heatmap import HeatMap
from service.text.tokens import Token, Word, merge_words, place_tokens

_WEIGHT_DECIMALS: Final = 8
"""Enough for the rows to sum to 1 within 1e-5, with a hundred and more columns."""
_SCORE_DECIMALS: Final = 6


@dataclass(frozen=True, slots=True)
class SegmentView:
    """A sentence with its tokens and words in their places."""

    translation: Translation
    source_tokens: tuple[Token, ...]
    target_tokens: tuple[Token, ...]
    source_words: tuple[Word, ...]
    target_words: tuple[Word, ...]

    @classmethod
    def all_of(cls, item: Item) -> list[SegmentView]:
        """The views of all sentences of an item, in order."""
        return [cls.of(sentence, item) for sentence in item.sentences]

    @classmethod
    def of(cls, sentence: Sentence, item: Item) -> SegmentView:
        """The view of one sentence of `item`."""
        source = place_tokens(sentence.translation.source_tokens, sentence.source_start)
        target = place_tokens(sentence.translation.target_tokens, sentence.target_start)
        source_words, target_words = merge_words(source, item.source_text), merge_words(target, item.text)
        return cls(sentence.translation, source, target, source_words, target_words)

    @property
    def finish_reason(self) -> str:
        """`eos`, or `length` where the translation was cut at the model's limit."""
        return self.translation.finish_reason

    @property
    def weights(self) -> NDArray[np.floating[Any]]:
        """Attention [T, S]; asked for with the translation."""
        if self.translation.weights is None:
            raise ValueError("the translation was made without attention")
        return self.translation.weights

    def model(self) -> dict[str, str]:
        """Who translated it."""
        return {"name": self.translation.model, "version": self.translation.version}

    def tokens(self) -> dict[str, Any]:
        """The sub-words of both sides."""
        return {"source_tokens": _places(self.source_tokens), "target_tokens": _places(self.target_tokens)}

    def attention(self) -> dict[str, Any]:
        """The matrix [T, S], the same between words, and the entropy of each row in nats."""
        merged = merge_weights(self.weights, self.source_words, self.target_words)  # [words, words]
        return {
            "weights": _rounded(self.weights, _WEIGHT_DECIMALS),
            "words": {
                "source": _places(self.source_words),
                "target": _places(self.target_words),
                "weights": _rounded(merged, _WEIGHT_DECIMALS),
            },
            "entropy": _rounded(entropy(self.weights), _SCORE_DECIMALS),
        }

    def alignment(self) -> list[dict[str, Any]]:
        """Links between words: half-open spans of both texts, and the share of attention behind each."""
        return [_link(link) for link in self.links()]

    def links(self) -> tuple[Link, ...]:
        """The same as values."""
        return link_words(self.weights, self.source_words, self.target_words)

    def scores(self) -> dict[str, Any]:
        """Log-probability (natural) of each target token, and of ending there; scores of the alternatives."""
        num_tokens = len(self.target_tokens)
        logprobs = [round(value, _SCORE_DECIMALS) for value in self.translation.logprobs]
        scores: dict[str, Any] = {
            "logprob": logprobs[:num_tokens],
            "eos_logprob": next(iter(logprobs[num_tokens:]), None),
            "score": round(self.translation.score, _SCORE_DECIMALS),
            "finish_reason": self.finish_reason,
        }
        if self.translation.alternatives:
            scores["alternatives"] = [_alternative(one) for one in self.translation.alternatives]
        return scores

    def heat_map(self) -> HeatMap:
        """The matrix as a picture would show it."""
        source = tuple(token.text for token in self.source_tokens)
        target = tuple(token.text for token in self.target_tokens)
        return HeatMap(source, target, self.weights)


def _places(parts: Sequence[Token | Word]) -> list[dict[str, Any]]:
    return [{"text": part.text, "start": part.start, "end": part.end} for part in parts]


def _alternative(one: Hypothesis) -> dict[str, Any]:
    score = round(one.score, _SCORE_DECIMALS)
    return {"text": one.text, "score": score, "finish_reason": one.finish_reason}


def _rounded(values: NDArray[np.floating[Any]], decimals: int) -> list[Any]:
    rounded: list[Any] = np.round(values.astype(np.float64), decimals).tolist()
    return rounded


def _link(link: Link) -> dict[str, Any]:
    return {
        "src": [link.source_start, link.source_end],
        "tgt": [link.target_start, link.target_end],
        "p": round(link.weight, _SCORE_DECIMALS),
    }
