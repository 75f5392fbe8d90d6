"""The requests of OpenNMT's clients, which are no packages, against the real service."""

from __future__ import annotations

import json

import httpx

from service.api.dialects.opennmt.described import OpenNmtHypothesis

TEXT = "Hello. Where is my order?"


def test_a_text_is_translated_with_its_alignment(client: httpx.Client) -> None:
    """As curl sends it in OpenNMT's own tutorial; links are those of our own route."""
    models = {
        one["models"][0].partition("/")[0]: one["model_id"] for one in client.get("/translator/models").json()
    }
    body = json.dumps([{"src": TEXT, "id": models["en-zh"]}, {"src": "Thanks!"}])
    answer = client.post("/translator/translate", content=body, headers={"Content-Type": "application/json"})
    ((found, _),) = [[OpenNmtHypothesis.model_validate(one) for one in rank] for rank in answer.json()]
    fields = {"q": TEXT, "source": "en", "target": "zh", "include": ["alignment"]}
    ours = client.post("/translate", json=fields).json()
    assert found.tgt == ours["translatedText"]
    links = [pair.split("-") for sentence in found.align for pair in sentence.split()]
    assert len(links) == len(ours["translations"][0]["alignment"])
    for words, others, sentence in zip(found.src_words, found.tgt_words, found.align, strict=True):
        for source, target in (pair.split("-") for pair in sentence.split()):
            assert words[int(source)]
            assert others[int(target)]


def test_several_hypotheses(client: httpx.Client) -> None:
    """The best first."""
    answer = client.post("/translator/translate", json=[{"src": TEXT, "id": 100, "n_best": 3}])
    scores = [rank[0]["pred_score"] for rank in answer.json()]
    assert len(scores) == 3
    assert scores == sorted(scores, reverse=True)
