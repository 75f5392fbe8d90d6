"""`POST /attention-weights`: matrices, links and pictures of our translations and of given ones."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from service.api.answers import AttentionAnswer, AttentionAnswers
from service.text.detection import LanguageDetector
from tests.api.serving import POLICY, Api, serving


async def test_one_text_gives_one_result(api: Api) -> None:
    """A row per target token, a column per source token, places in the whole text."""
    answer = (await api.post("/attention-weights", q="ab. 你c.", source="en", target="zh")).json()
    AttentionAnswer.model_validate(answer)
    assert answer["translatedText"] == "AB.你C."
    first, second = answer["segments"]
    assert first["weights"] == [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    assert first["entropy"] == [0.0, 0.0, 0.0]
    assert first["words"]["weights"] == [[1.0]]
    assert second["source_tokens"][0] == {"text": "你", "start": 4, "end": 5}
    assert second["target_tokens"][0] == {"text": "你", "start": 3, "end": 4}
    assert second["alignment"] == [
        {"src": [4, 5], "tgt": [3, 4], "p": 1.0},
        {"src": [5, 7], "tgt": [4, 6], "p": 1.0},
    ]
    assert answer["model"] == {"name": "en-zh", "version": "1"}


async def test_a_list_gives_results(api: Api) -> None:
    """One result per text, with no segments where there was nothing to translate."""
    answer = (await api.post("/attention-weights", q=["a", "", "5"], source="en", target="zh")).json()
    AttentionAnswers.model_validate(answer)
    assert [one["translatedText"] for one in answer["results"]] == ["A", "", "5"]
    assert [len(one["segments"]) for one in answer["results"]] == [1, 0, 0]


async def test_a_given_translation_is_looked_at_as_it_is(api: Api) -> None:
    """It comes back unchanged, and its sentences are paired with those of the text."""
    answer = (
        await api.post(
            "/attention-weights", q="ab. cd.", translation=" 一二。 三。", source="en", target="zh"
        )
    ).json()
    assert answer["translatedText"] == " 一二。 三。"
    assert [one["target_tokens"][0]["start"] for one in answer["segments"]] == [1, 5]
    assert len(answer["segments"][1]["weights"]) == 2


async def test_a_given_translation_with_other_sentences_is_one_segment(api: Api) -> None:
    """Where the numbers of sentences differ, the texts are looked at as wholes."""
    answer = (
        await api.post("/attention-weights", q="ab. cd. ", translation="一二", source="en", target="zh")
    ).json()
    assert api.translator.calls[0][0] == ["ab. cd."]
    assert len(answer["segments"]) == 1


async def test_blank_given_translations_have_no_segments(api: Api) -> None:
    """There is nothing to look at on one side."""
    answer = await api.post(
        "/attention-weights", q=["a", ""], translation=["", "b"], source="en", target="zh"
    )
    assert [one["translatedText"] for one in answer.json()["results"]] == ["", "b"]
    assert [one["segments"] for one in answer.json()["results"]] == [[], []]


@pytest.mark.parametrize("how", ["accept", "format"])
async def test_a_picture_on_request(api: Api, how: str) -> None:
    """As an SVG with a cell per weight, by header or by field."""
    headers = {"Accept": "text/html, image/svg+xml;q=0.9"} if how == "accept" else {}
    fields = {"q": "a<b", "source": "en", "target": "zh"} | ({"format": "svg"} if how == "format" else {})
    answer = await api.client.post("/attention-weights", json=fields, headers=headers)
    assert answer.headers["content-type"] == "image/svg+xml"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    root = ElementTree.fromstring(answer.content)
    assert len(root.findall(".//{*}g/{*}rect")) == 9


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("image/svg+xml", "image/svg+xml"),
        ("IMAGE/SVG+XML; charset=utf-8, */*;q=0.1", "image/svg+xml"),
        ("application/json;q=0.5, image/svg+xml", "image/svg+xml"),
        ("application/json, image/svg+xml;q=0.5", "application/json"),
        ("image/svg+xml;q=0", "application/json"),
        ("image/svg+xml;q=much", "application/json"),
        ("image/*, */*", "application/json"),
        (",;=", "application/json"),
    ],
)
async def test_the_welcomer_form_is_sent(api: Api, accept: str, kind: str) -> None:
    """A picture only where it is named, and JSON is not wanted more."""
    fields = {"q": "a", "source": "en", "target": "zh"}
    answer = await api.client.post("/attention-weights", json=fields, headers={"Accept": accept})
    assert answer.headers["content-type"] == kind


async def test_a_picture_has_a_limit(detector: LanguageDetector) -> None:
    """A picture of thousands of tokens would hold up everybody and help nobody."""
    async with serving(detector, replace(POLICY, max_characters=1000, max_attention_characters=1000)) as api:
        picture = {"source": "en", "target": "zh", "format": "svg"}
        assert (await api.post("/attention-weights", q="a" * 200, **picture)).status_code == 200
        answer = await api.post("/attention-weights", q="a" * 201, **picture)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["limit"] == 40_000 < answer.json()["errors"][0]["actual"]


async def test_a_picture_shows_one_text(api: Api) -> None:
    """A list of several has no one picture."""
    answer = await api.post("/attention-weights", q=["a", "b"], source="en", target="zh", format="svg")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "q"


@pytest.mark.parametrize(
    ("q", "translation", "field"),
    [("a", ["a"], "translation"), (["a"], "a", "translation"), (["a", "b"], ["a"], "translation")],
)
async def test_translations_have_the_shape_of_the_texts(
    api: Api, q: object, translation: object, field: str
) -> None:
    """One for each text, in a list where the texts are one."""
    answer = await api.post("/attention-weights", q=q, translation=translation, source="en", target="zh")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


async def test_weights_are_bounded_by_the_length_of_the_request(api: Api) -> None:
    """Matrices grow with the square of a sentence, so all texts together have a limit."""
    answer = await api.post("/attention-weights", q=["a" * 60, "b" * 60], source="en", target="zh")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["limit"] == 100
    with_attention = {"q": "a" * 120, "source": "en", "target": "zh", "include": ["attention"]}
    assert (await api.client.post("/translate", json=with_attention)).status_code == 400
