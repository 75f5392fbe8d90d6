"""Items as OpenNMT's hypotheses: a list per rank, in it an answer per input.

Alignment is Pharaoh's: `0-1` links word 0 of the source to word 1 of the target, a string per sentence with
numbers that begin anew in each. `src_words` and `tgt_words` are the words that are counted, for Chinese has
no white space to count by; OpenNMT has no such fields, and its clients pass over them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from service.api.segments_view import SegmentView
from service.pipeline.items import Item
from service.pipeline.wording import Wording
from service.text.pharaoh import numbered_links, pharaoh

_DECIMALS = 6


def render_hypotheses(items: Sequence[Item], n_best: int) -> list[list[dict[str, Any]]]:
    """The answer: outer list by rank, inner list by input."""
    views = [SegmentView.all_of(item) for item in items]
    return [
        [_render(item, of_item, rank, n_best) for item, of_item in zip(items, views, strict=True)]
        for rank in range(n_best)
    ]


def _render(item: Item, views: Sequence[SegmentView], rank: int, n_best: int) -> dict[str, Any]:
    wordings = [_ranked(view, rank) for view in views]
    scores = [one.rendition.hypothesis.score for one in wordings]
    text = item.alternatives[rank - 1] if 0 < rank <= len(item.alternatives) else item.text
    return {
        "src": item.source_text,
        "tgt": text,
        "n_best": n_best,
        "pred_score": round(sum(scores) / len(scores), _DECIMALS) if scores else 0.0,
        **_alignment(wordings),
    }


def _alignment(wordings: Sequence[Wording]) -> dict[str, list[Any]]:
    links = [numbered_links(one.links, one.source_words, one.target_words) for one in wordings]
    return {
        "align": [pharaoh(one.links, one.source_words, one.target_words) for one in wordings],
        "align_score": [" ".join(f"{share:.4f}" for *_, share in found) for found in links],
        "src_words": [[word.text for word in one.source_words] for one in wordings],
        "tgt_words": [[word.text for word in one.target_words] for one in wordings],
    }


def _ranked(view: SegmentView, rank: int) -> Wording:
    """A sentence in its translation of some rank; the best where it has fewer."""
    alternatives = view.sentence.alternatives
    if 0 < rank <= len(alternatives):
        return Wording(view.sentence.masked, alternatives[rank - 1])
    return view.wording
