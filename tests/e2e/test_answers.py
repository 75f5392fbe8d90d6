"""Real processes, real engines: what comes back does not depend on who else asks."""

from __future__ import annotations

from typing import Any

import httpx
import numpy as np
import pytest

from service.api.answers import AttentionAnswer, TranslateAnswer
from tests.e2e.concurrency import compare
from tests.e2e.sentences import chinese, english
from tests.e2e.server import Server

NUM_SENTENCES = 200


def requests() -> list[dict[str, Any]]:
    """Both directions in turn; greedy but for every fifth, some with scores and links."""
    pairs = zip(english(NUM_SENTENCES // 2), chinese(NUM_SENTENCES // 2), strict=True)
    texts = [
        (text, *way) for pair in pairs for text, way in zip(pair, (("en", "zh"), ("zh", "en")), strict=True)
    ]
    return [
        {"q": text, "source": source, "target": target, "beam_size": 1 if number % 5 else 4}
        | ({"include": ["scores", "alignment", "attention"]} if number % 7 == 0 else {})
        for number, (text, source, target) in enumerate(texts)
    ]


async def test_sixty_four_connections_get_the_answers_of_one(server: Server) -> None:
    """All are answered, and every text, score and weight is the same to the last digit."""
    together, _ = await compare(server.url, requests())
    assert len(together.answers) == NUM_SENTENCES


@pytest.mark.parametrize(
    ("q", "source", "target"), [("Hello. Where is my order?", "en", "zh"), ("你好，我想退货。", "zh", "en")]
)
def test_attention_rows_sum_to_one_and_the_translation_is_the_same(
    client: httpx.Client, q: str, source: str, target: str
) -> None:
    """Over the source tokens of the sentence, without padding, in the answer as it arrives."""
    fields = {"q": q, "source": source, "target": target}
    translated = TranslateAnswer.model_validate(client.post("/translate", json=fields).json())
    answer = AttentionAnswer.model_validate(client.post("/attention-weights", json=fields).json())
    assert answer.translatedText == translated.translatedText
    for segment in answer.segments:
        weights = np.array(segment.weights)
        shape = (len(segment.target_tokens), len(segment.source_tokens))
        assert weights.reshape(-1, shape[1]).shape == shape
        for rows in (segment.weights, segment.words.weights):
            assert [sum(row) for row in rows] == pytest.approx([1.0] * len(rows), abs=1e-5)
        assert len(segment.logprob) == len(segment.entropy) == len(segment.target_tokens)
        for token in segment.source_tokens:
            assert 0 <= token.start <= token.end <= len(q)


def test_a_given_translation_is_scored_to_its_end(client: httpx.Client) -> None:
    """A given translation comes back as it is, with a row for each of its tokens."""
    fields = {"q": "Where is my order?", "source": "en", "target": "zh"}
    given = fields | {"translation": "我的订单在哪里？"}
    answer = AttentionAnswer.model_validate(client.post("/attention-weights", json=given).json())
    assert answer.translatedText == "我的订单在哪里？"
    (segment,) = answer.segments
    assert segment.target_tokens[-1].end == len("我的订单在哪里？")
    assert np.array(segment.weights).sum(axis=1) == pytest.approx(1.0, abs=1e-5)


def test_strictly_a_sentence_over_the_model_s_limit_is_refused(client: httpx.Client) -> None:
    """400 with the limit and the number of tokens; the same words as several sentences pass."""
    limit = client.get("/models").json()["models"][0]["limits"]["max_source_tokens"]
    long = "refund " * (limit + 1)
    answer = client.post(
        "/translate", json={"q": ["ok", long], "source": "en", "target": "zh", "strict": True}
    )
    assert answer.status_code == 400
    (field,) = answer.json()["errors"]
    assert field["field"] == "q[1]"
    assert field["limit"] == limit < field["actual"]
    assert "refund" not in answer.text
    several = {"q": "No refund. " * 20, "source": "en", "target": "zh", "beam_size": 1}
    assert client.post("/translate", json=several).json()["usage"]["segments"] == 20


def test_alternatives_differ_from_the_best(client: httpx.Client) -> None:
    """They are other texts, in the order of their scores."""
    fields = {"q": "Where is my order?", "source": "en", "target": "zh", "alternatives": 2}
    answer = client.post("/translate", json=fields).json()
    assert len(answer["alternatives"]) == 2


def test_blank_and_untranslatable_items_come_back(client: httpx.Client) -> None:
    """In their places among the others."""
    answer = client.post(
        "/translate", json={"q": ["", "你好", " \n", "😀"], "source": "auto", "target": "en"}
    )
    texts = answer.json()["translatedText"]
    assert [texts[0], texts[2], texts[3]] == ["", " \n", "😀"]
