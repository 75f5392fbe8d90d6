"""How alike two translations of one sentence are, by their characters: chrF, from 0 to 1.

Popović (2015, "chrF: character n-gram F-score for automatic MT evaluation", section 2) with n-grams of 1
to 6 characters, white space left out, recall counted twice as much as precision.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

_MAX_ORDER: Final = 6
_RECALL_WEIGHT: Final = 4.0  # β² for β = 2


def chrf(hypothesis: str, reference: str) -> float:
    """1 for equal texts, 0 where they have no character in common.

    Orders count for which both texts are long enough.
    """
    left, right = "".join(hypothesis.split()), "".join(reference.split())
    if left == right:
        return 1.0
    num_orders = min(_MAX_ORDER, len(left), len(right))
    precision = recall = 0.0
    for order in range(1, num_orders + 1):
        mine, theirs = _ngrams(left, order), _ngrams(right, order)
        num_matches = (mine & theirs).total()
        precision += num_matches / mine.total() / num_orders
        recall += num_matches / theirs.total() / num_orders
    if not precision + recall:
        return 0.0
    return (1 + _RECALL_WEIGHT) * precision * recall / (_RECALL_WEIGHT * precision + recall)


def _ngrams(text: str, order: int) -> Counter[str]:
    return Counter(text[start : start + order] for start in range(len(text) - order + 1))
