"""Our chrF, which the service compares versions by, against sacreBLEU's."""

from __future__ import annotations

import random

import pytest
import sacrebleu

from service.text.chrf import chrf


def test_it_is_that_of_sacrebleu() -> None:
    """Over random sentences of both languages, short ones among them."""
    rng = random.Random(5)
    words = ["the", "room", "is", "too", "small", "请", "把", "发票", "寄到", "a", "我", "地址"]
    metric = sacrebleu.CHRF()
    for _ in range(500):
        one, other = (" ".join(rng.choices(words, k=rng.randint(1, 8))) for _ in range(2))
        assert 100 * chrf(one, other) == pytest.approx(metric.sentence_score(one, [other]).score, abs=1e-9)
