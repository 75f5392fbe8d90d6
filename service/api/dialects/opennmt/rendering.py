"""Items as OpenNMT's hypotheses: a list per rank, in it an answer per input.

Alignment is Pharaoh's: `0-1` links word 0 of the source to word 1 of the target, a string per sentence with
numbers that begin anew in each. `src_words` and `tgt_words` are the words that are counted, for Chinese has
no white space to count by; OpenNMT has no such fields, and its clients pass over them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from service.api.segments_view import SegmentView
from service.engine.translation import Hypothesis
from service.pipeline.items import Item
from service.text.alignment import link_words
from service.text.tokens import Word, merge_words, place_tokens

_DECIMALS = 6


def render_hypotheses(items: Sequence[Item], n_best: int) -> list[list[dict[str, Any]]]:
    """The answer: outer list by rank, inner list by input."""
    views = [SegmentView.all_of(item) for item in items]
    return [
        [_render(item, of_item, rank, n_best) for item, of_item in zip(items, views, strict=True)]
        for rank in range(n_best)
    ]


def _render(item: Item, views: Sequence[SegmentView], rank: int, n_best: int) -> dict[str, Any]:
    sentences = [_Ranked(view, rank) for view in views]
    scores = [one.hypothesis.score for one in sentences]
    text = item.alternatives[rank - 1] if 0 < rank <= len(item.alternatives) else item.text
    return {
        "src": item.source_text,
        "tgt": text,
        "n_best": n_best,
        "pred_score": round(sum(scores) / len(scores), _DECIMALS) if scores else 0.0,
        **_alignment(sentences),
    }


def _alignment(sentences: Sequence[_Ranked]) -> dict[str, list[Any]]:
    links = [one.links() for one in sentences]
    return {
        "align": [" ".join(f"{source}-{target}" for source, target, _ in found) for found in links],
        "align_score": [" ".join(f"{share:.4f}" for *_, share in found) for found in links],
        "src_words": [[word.text for word in one.source_words] for one in sentences],
        "tgt_words": [[word.text for word in one.target_words] for one in sentences],
    }


class _Ranked:
    """A sentence in its translation of some rank; the best where it has fewer."""

    def __init__(self, view: SegmentView, rank: int) -> None:
        alternatives = view.translation.alternatives
        self.source_words = view.source_words
        if 0 < rank <= len(alternatives):
            self.hypothesis = alternatives[rank - 1]
            self.target_words = _words(self.hypothesis)
            return
        best = view.translation
        self.hypothesis = Hypothesis(
            best.text, best.target_tokens, best.logprobs, best.score, best.finish_reason, best.weights
        )
        self.target_words = view.target_words

    def links(self) -> list[tuple[int, int, float]]:
        """Number of the source word, that of the target word, share of its attention; by target word."""
        assert self.hypothesis.weights is not None
        sources = {word.start: number for number, word in enumerate(self.source_words)}
        targets = {word.start: number for number, word in enumerate(self.target_words)}
        return [
            (sources[link.source_start], targets[link.target_start], link.weight)
            for link in link_words(self.hypothesis.weights, self.source_words, self.target_words)
        ]


def _words(hypothesis: Hypothesis) -> tuple[Word, ...]:
    return merge_words(place_tokens(hypothesis.target_tokens, 0), hypothesis.text)
