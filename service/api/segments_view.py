"""One translated sentence as plain objects for an answer, with places in the whole texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from service.api.places import Placing, placings
from service.api.schemas import Offsets
from service.engine.translation import Translation
from service.pipeline.items import Item, Rendition, Sentence
from service.pipeline.wording import Wording
from service.text.alignment import Link, entropy, merge_weights
from service.text.heatmap import HeatMap
from service.text.tokens import Token, Word

_WEIGHT_DECIMALS: Final = 8
"""Enough for the rows to sum to 1 within 1e-5, with a hundred and more columns."""
_SCORE_DECIMALS: Final = 6


@dataclass(frozen=True, slots=True)
class SegmentView:
    """A sentence with the wording of both its sides, and who tells its places in the whole texts."""

    sentence: Sentence
    wording: Wording
    source_at: Placing
    target_at: Placing

    @classmethod
    def all_of(cls, item: Item, offsets: Offsets = "code_points") -> list[SegmentView]:
        """The views of all sentences of an item that have a translation in its text, in order."""
        if item.is_unsure:
            return []
        source, target = placings(item, offsets)
        return [
            cls(one, Wording.of(one), source(one.source_shift), target(one.target_shift))
            for one in item.sentences
            if one.fate != "source_kept"
        ]

    @property
    def translation(self) -> Translation:
        """What the engine gave."""
        return self.sentence.translation

    @property
    def finish_reason(self) -> str:
        """`eos`, or `length` where the translation was cut at the model's limit."""
        return self.translation.finish_reason

    def model(self) -> dict[str, str]:
        """Who translated it."""
        return {"name": self.translation.model, "version": self.translation.version}

    def tokens(self) -> dict[str, Any]:
        """The sub-words of both sides."""
        return {
            "source_tokens": _places(self.wording.source_tokens, self.source_at),
            "target_tokens": _places(self.wording.target_tokens, self.target_at),
        }

    def attention(self) -> dict[str, Any]:
        """The matrix [T, S], the same between words, and the entropy of each row in nats."""
        merged = merge_weights(
            self.wording.weights, self.wording.source_words, self.wording.target_words
        )  # [words, words]
        return {
            "weights": _rounded(self.wording.weights, _WEIGHT_DECIMALS),
            "words": {
                "source": _places(self.wording.source_words, self.source_at),
                "target": _places(self.wording.target_words, self.target_at),
                "weights": _rounded(merged, _WEIGHT_DECIMALS),
            },
            "entropy": _rounded(entropy(self.wording.weights), _SCORE_DECIMALS),
        }

    def alignment(self) -> list[dict[str, Any]]:
        """Links between words: half-open spans of both texts, and the share of attention behind each."""
        return [self._link(link) for link in self.wording.links]

    def links(self) -> tuple[Link, ...]:
        """The same as values, in code points of the whole texts."""
        return tuple(self._moved(link) for link in self.wording.links)

    def scores(self) -> dict[str, Any]:
        """Log-probability (natural) of each target token, and of ending there; scores of the alternatives."""
        num_tokens = len(self.wording.target_tokens)
        logprobs = [round(value, _SCORE_DECIMALS) for value in self.translation.logprobs]
        scores: dict[str, Any] = {
            "logprob": logprobs[:num_tokens],
            "eos_logprob": next(iter(logprobs[num_tokens:]), None),
            "score": round(self.translation.score, _SCORE_DECIMALS),
            "finish_reason": self.finish_reason,
        }
        if self.sentence.alternatives:
            scores["alternatives"] = [_alternative(one) for one in self.sentence.alternatives]
        return scores

    def heat_map(self) -> HeatMap:
        """The matrix as a picture would show it."""
        source = tuple(token.text for token in self.wording.source_tokens)
        target = tuple(token.text for token in self.wording.target_tokens)
        return HeatMap(source, target, self.wording.weights)

    def _moved(self, link: Link) -> Link:
        """The link in the whole texts."""
        source = self.sentence.source_shift(link.source_start, link.source_end)
        target = self.sentence.target_shift(link.target_start, link.target_end)
        return Link(*source, *target, link.weight)

    def _link(self, link: Link) -> dict[str, Any]:
        return {
            "src": self.source_at(link.source_start, link.source_end),
            "tgt": self.target_at(link.target_start, link.target_end),
            "p": round(link.weight, _SCORE_DECIMALS),
        }


def _places(parts: Sequence[Token | Word], placing: Placing) -> list[dict[str, Any]]:
    placed = ((part.text, placing(part.start, part.end)) for part in parts)
    return [{"text": text, "start": start, "end": end} for text, (start, end) in placed]


def _alternative(one: Rendition) -> dict[str, Any]:
    score = round(one.hypothesis.score, _SCORE_DECIMALS)
    return {"text": one.text, "score": score, "finish_reason": one.hypothesis.finish_reason}


def _rounded(values: NDArray[np.floating[Any]], decimals: int) -> list[Any]:
    rounded: list[Any] = np.round(values.astype(np.float64), decimals).tolist()
    return rounded
